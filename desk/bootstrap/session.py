"""A new session, everything wired."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from desk import __version__
from desk.approval.console import Prompt
from desk.bootstrap.desk import Desk
from desk.bootstrap.guard import executor_tools
from desk.bootstrap.models import answers_for, chat_for
from desk.bootstrap.people import approver_for
from desk.bootstrap.venues import elapsed_since_now, venue_for
from desk.bootstrap.wishes import Wishes, check_wishes
from desk.config import Settings
from desk.deliberation.roles import load as load_prompts
from desk.domain import ids
from desk.domain.brief import Brief
from desk.domain.canonical import Json
from desk.errors import UsageError
from desk.execution.log import SessionLog
from desk.execution.room import Parts
from desk.execution.tape import Tape
from desk.home.clock import BriefClock, WallClock
from desk.home.identity import RandomIds, SeededIds
from desk.ports import Clock, Ids, Screen
from desk.session import Given


class Hands(Struct, frozen=True, kw_only=True):
    """What a process lends a session: who is looking and who answers."""

    screen: Screen
    prompt: Prompt | None
    person: str


def clock_for(name: str, as_of: datetime) -> Clock:
    return BriefClock(as_of) if name == "brief" else WallClock()


def ids_for(seed: str | None, brief: Brief, account: str | None) -> Ids:
    return RandomIds() if seed is None else SeededIds(seed, brief.sha256, account)


def given(
    desk: Desk,
    wishes: Wishes,
    brief: Brief,
    hands: Hands,
) -> Given:
    """A new session, everything wired.

    Raises:
        UsageError: the seeded session exists already, or the flags contradict each other.
    """
    check_wishes(wishes)
    named = wishes.account or brief.account or desk.settings.account
    clock = clock_for(wishes.clock, brief.as_of)
    new_ids = ids_for(wishes.seed, brief, named)
    session_id = _unused(desk, new_ids.new(ids.SESSION, "desk"))
    account = named or f"{wishes.venue}:{session_id}"
    venue = venue_for(desk, wishes, brief, account, elapsed_since_now(wishes.clock))
    log = SessionLog(clock, new_ids, session_id, account)
    approver = approver_for(desk, wishes, session_id, hands.prompt, hands.person)
    parts = Parts(
        journal=desk.journal,
        venue=venue,
        clock=clock,
        new_ids=new_ids,
        halt=desk.halt,
        approver=approver,
        tickets=desk.tickets,
        tape=Tape(),
        screen=hands.screen,
        log=log,
        folds=desk.snapshots,
        limits=desk.settings.limits,
        mode="live" if wishes.live else "paper",
        policy=desk.settings.policy,
    )
    return Given(
        brief=brief,
        parts=parts,
        answers=answers_for(desk, wishes, clock, hands.screen),
        chat=chat_for(wishes),
        prompts=load_prompts(),
        models=wishes.models,
        tools=executor_tools(),
        budget=wishes.budget,
        clock=wishes.clock,
        seed=wishes.seed,
        settings=settings_document(wishes, desk.settings, named),
        desk_version=__version__,
    )


def _unused(desk: Desk, session_id: str) -> str:
    if desk.journal.version(ids.session_stream(session_id)):
        raise UsageError(
            f"session {session_id} exists already",
            why="the same seed on the same brief gives the same session",
            fix="Look at it with `desk show`, or use another --seed",
            code="SESSION_EXISTS",
        )
    return session_id


def settings_document(wishes: Wishes, settings: Settings, named: str | None) -> dict[str, Json]:
    """What a resume or a replay must know of the run's flags. No secret and no path is among it."""
    return {
        "models": dict(wishes.models),
        "venue": wishes.venue,
        "account": named,
        "approve": wishes.approve,
        "budget": wishes.budget.document(),
        "limits": dict(settings.limits.document()),
        "live": wishes.live,
        "policy": settings.policy.document(),
    }
