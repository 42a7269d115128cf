"""A session's surroundings made again from its record: for resume with the world, for replay without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk import bootstrap
from desk.bootstrap import Desk, Hands, Wishes
from desk.deliberation.floor import drive
from desk.domain.brief import Brief
from desk.domain.budget import Budget
from desk.domain.canonical import Json, document
from desk.domain.limits import Limits, tightened_since
from desk.domain.shape import unshaped
from desk.execution.log import SessionLog
from desk.execution.room import Parts
from desk.execution.tape import Tape
from desk.execution.tickets import Tickets
from desk.home.clock import BriefClock
from desk.home.identity import SeededIds
from desk.journal import Key
from desk.ports import Journal, Screen
from desk.replay.nowhere import NoAnswers, NoApprover, NoHalt, NoVenue
from desk.replay.record import Record
from desk.replay.resume import brief_of, prompts_of
from desk.session import Given


def wishes_of(record: Record) -> Wishes:
    """The flags that the recorded run was given. Not the cache: who resumes, asks."""
    settings: Mapping[str, Any] = record.opened.settings
    return Wishes(
        models=dict(settings["models"]),
        venue=str(settings["venue"]),
        account=settings["account"],
        approve=str(settings["approve"]),
        budget=unshaped(Budget, settings["budget"]),
        clock=record.opened.clock,
        seed=record.opened.seed,
        live=bool(settings["live"]),
    )


def limits_of(record: Record) -> Limits:
    return unshaped(Limits, record.opened.settings["limits"])


def with_world(desk: Desk, record: Record, hands: Hands) -> Given:
    """Everything a live session has, at the record's account and time.

    Limits that were tightened meanwhile hold from where the record ends.
    """
    wishes, brief = wishes_of(record), brief_of(record, desk.journal)
    opened = record.events[0]
    clock = bootstrap.clock_for(wishes.clock, brief.as_of)
    elapsed = bootstrap.elapsed_since(wishes.clock, opened.occurred_at)
    venue = bootstrap.venue_for(desk, wishes, brief, record.opened.account, elapsed, again=True)
    new_ids = bootstrap.ids_for(wishes.seed, brief, wishes.account)
    new_ids.new("ses", "desk")
    parts = Parts(
        journal=desk.journal,
        venue=venue,
        clock=clock,
        new_ids=new_ids,
        halt=desk.halt,
        approver=bootstrap.approver_for(desk, wishes, record.session_id, hands.prompt, hands.person),
        tickets=desk.tickets,
        tape=Tape(),
        screen=hands.screen,
        log=SessionLog(clock, new_ids, record.session_id, record.opened.account),
        limits=limits_of(record),
        tightened=tightened_since(limits_of(record), desk.settings.limits),
        mode="live" if wishes.live else "paper",
        policy_version=bootstrap.POLICY_VERSION,
    )
    return _given(record, desk.journal, brief, wishes, parts, with_chat=True, desk=desk)


def without_world(record: Record, source: Journal, shadow: Journal, screen: Screen) -> Given:
    """What a replay has: the record's limits, and nothing that could be reached."""
    wishes, brief = wishes_of(record), brief_of(record, source)
    clock, new_ids = BriefClock(brief.as_of), SeededIds("replay", brief.sha256, None)
    parts = Parts(
        journal=shadow,
        venue=NoVenue(record.opened.venue),
        clock=clock,
        new_ids=new_ids,
        halt=NoHalt(),
        approver=NoApprover(),
        tickets=Tickets(Key(bytes(32))),
        tape=Tape(),
        screen=screen,
        log=SessionLog(clock, new_ids, record.session_id, record.opened.account),
        limits=limits_of(record),
        mode="live" if wishes.live else "paper",
        policy_version=str(record.opened.settings["policy_version"]),
    )
    return _given(record, source, brief, wishes, parts, with_chat=False, desk=None)


def _json(settings: Mapping[str, object]) -> dict[str, Json]:
    plain = document(settings)
    assert isinstance(plain, dict)
    return plain


def _given(
    record: Record,
    source: Journal,
    brief: Brief,
    wishes: Wishes,
    parts: Parts,
    *,
    with_chat: bool,
    desk: Desk | None,
) -> Given:
    opened = record.opened
    return Given(
        brief=brief,
        parts=parts,
        answers=(
            (lambda _: NoAnswers())
            if desk is None
            else bootstrap.answers_for(desk, wishes, parts.clock, parts.screen)
        ),
        chat=bootstrap.chat_for(wishes) if with_chat else drive,
        prompts=prompts_of(record, source),
        models={role: str(spec) for role, spec in wishes.models.items()},
        tools=bootstrap.executor_tools(),
        budget=wishes.budget,
        clock=opened.clock,
        seed=opened.seed,
        settings=_json(opened.settings),
        desk_version=opened.desk_version,
        parent=opened.parent,
    )
