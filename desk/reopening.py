"""A session's surroundings made again from its record: for resume with the world, for replay without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from desk import bootstrap
from desk.bootstrap import Desk, Hands, Wishes
from desk.deliberation.floor import drive
from desk.domain.brief import Brief
from desk.domain.budget import Budget
from desk.domain.canonical import Json, document
from desk.domain.limits import Limits, supposed, tightened_since
from desk.domain.policy import Policy, policy_from_record
from desk.domain.shape import unshaped
from desk.execution.log import SessionLog
from desk.execution.room import Parts
from desk.execution.tape import Tape
from desk.execution.tickets import Tickets
from desk.home.clock import BriefClock, WallClock
from desk.home.identity import RandomIds, SeededIds
from desk.journal import Key
from desk.journal.snapshots import Folding
from desk.ports import Clock, Journal, Screen
from desk.replay.fork.door import WhatIfDoor
from desk.replay.nowhere import NoAnswers, NoApprover, NoHalt, NoScreen, NoVenue
from desk.replay.record import Record, load
from desk.replay.resume import brief_of, prompts_of
from desk.replay.source import Source
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


def policy_of(record: Record) -> Policy:
    return policy_from_record(record.opened.settings["policy"])


def with_world(desk: Desk, record: Record, hands: Hands, *, answering: bool = True) -> Given:
    """Everything a live session has, at the record's account and time.

    Limits that were tightened meanwhile hold from where the record ends. ``answering`` is false where the
    debate is on record: no model is reached then, and none needs a key.
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
        folds=desk.snapshots,
        limits=limits_of(record),
        tightened=tightened_since(limits_of(record), desk.settings.limits),
        mode="live" if wishes.live else "paper",
        policy=policy_of(record),
        policy_now=desk.settings.policy.version,
    )
    live = desk if answering else None
    return _given(record, desk.journal, brief, wishes, parts, with_chat=answering, desk=live)


def afterwards(desk: Desk, record: Record) -> Given:
    """What acts for a session that is over need: its account and venue, the wall's time and fresh ids.

    A seed counts from its beginning again: here it would give the ids that the session has used.
    """
    given = with_world(desk, record, Hands(screen=NoScreen(), prompt=None, person=""), answering=False)
    clock, new_ids = WallClock(), RandomIds()
    log = SessionLog(clock, new_ids, record.session_id, record.opened.account)
    parts = replace(given.parts, clock=clock, new_ids=new_ids, log=log)
    return replace(given, parts=parts)


def clock_of(desk: Desk, session_id: str) -> Clock:
    """The clock a session's questions are answered under: a session on its brief's clock stays on it."""
    record = load(desk.journal, session_id)
    if record.opened.clock != "brief":
        return WallClock()
    return BriefClock(brief_of(record, desk.journal).as_of)


def without_world(record: Record, source: Source, shadow: Journal, screen: Screen) -> Given:
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
        folds=Folding(),
        limits=supposed(limits_of(record), {}) if record.opened.parent else limits_of(record),
        mode="live" if wishes.live else "paper",
        policy=policy_of(record),
    )
    again = _given(record, source, brief, wishes, parts, with_chat=False, desk=None)
    return replace(again, door=WhatIfDoor) if record.opened.parent else again


def _json(settings: Mapping[str, object]) -> dict[str, Json]:
    plain = document(settings)
    assert isinstance(plain, dict)
    return plain


def _given(
    record: Record,
    source: Source,
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
