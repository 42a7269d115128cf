"""Resume and replay: the record drives the real session again; resume then goes on live."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from desk.deliberation.roles import Prompt, checked
from desk.domain import ids
from desk.domain.brief import Brief, brief_from_record
from desk.domain.canonical import document, written
from desk.errors import JournalCorrupt
from desk.execution.log import SessionLog
from desk.execution.tape import Tape
from desk.home.clock import BriefClock
from desk.home.identity import SeededIds
from desk.journal.digest import session_digest
from desk.ports import Journal, Recorded
from desk.replay.divergence import Difference, ranked
from desk.replay.given import GivenAnswers, GivenApprover, GivenClock, GivenIds
from desk.replay.parting import FAILURES, parting, unmet
from desk.replay.record import Record
from desk.replay.shadow import ShadowJournal
from desk.replay.source import Source
from desk.session import Given, Session, SessionReport

#: The clock that counts, as a session's record names it.
BRIEF: Final = "brief"


class Replayed(Struct, frozen=True, kw_only=True):
    """What a replay found: the digest it came to, and where it parted from the record."""

    session_id: str
    recorded_digest: str
    session_digest: str | None
    divergences: tuple[Difference, ...]
    report: SessionReport | None

    @property
    def ok(self) -> bool:
        return not self.divergences and self.session_digest == self.recorded_digest


def brief_of(record: Record, source: Source) -> Brief:
    """The brief a record was made from, rebuilt from the journal alone.

    Raises:
        JournalCorrupt: a data series is gone.
    """
    received = record.brief
    slices = tuple((key, _blob(source, str(sha))) for key, sha in received.slices.items())
    return _brief(written(document(received.brief)), slices)


@lru_cache(maxsize=16)
def _brief(text: str, slices: tuple[tuple[str, bytes], ...]) -> Brief:
    """Reading the series is half of a replay, and many sessions of a journal rest on the same ones."""
    return brief_from_record(json.loads(text), dict(slices))


def prompts_of(record: Record, source: Source) -> Mapping[str, Prompt]:
    """The very prompts the record was made with."""
    pinned = {role: _blob(source, str(sha)).decode() for role, sha in record.opened.prompts.items()}
    return {role: Prompt(role, checked(role, text)) for role, text in pinned.items()}


def _blob(source: Source, sha256: str) -> bytes:
    body = source.blob(sha256)
    if body is None:
        raise JournalCorrupt("a recorded data series is gone", fix="Run `desk verify`", code="BLOB_MISSING")
    return body


def redriven(
    record: Record, given: Given, shadow: Journal, real: Journal | None
) -> tuple[Given, ShadowJournal]:
    """``given`` with the record in front of everything that comes from outside.

    Args:
        given: what a live session would be given; it takes over where the record ends.
        shadow: an empty journal in memory.
        real: the journal to go on in; None for a replay, which may not go on.
    """
    parts = given.parts
    journal = ShadowJournal(record, shadow, real)
    clock, new_ids = GivenClock(record, journal, parts.clock), GivenIds(record, journal, parts.new_ids)
    if real is None:
        clock, new_ids = _recounted(record, given.brief, journal, clock, new_ids)
    log = SessionLog(clock, new_ids, record.session_id, record.opened.account)
    approver = GivenApprover(record, journal, parts.approver)
    tape = Tape(
        record.inputs,
        may_act=lambda: journal.live,
        carries=lambda: record.carries_at(journal.version(record.stream) + 1),
    )
    live = given.answers
    again = replace(
        parts, journal=journal, clock=clock, new_ids=new_ids, log=log, approver=approver, tape=tape
    )
    return (
        replace(given, parts=again, answers=lambda debate: GivenAnswers(record, live(debate))),
        journal,
    )


def _recounted(
    record: Record, brief: Brief, journal: ShadowJournal, clock: GivenClock, new_ids: GivenIds
) -> tuple[GivenClock, GivenIds]:
    """For a replay: what a brief's clock and a seed have given can be counted again, and is compared."""
    if record.opened.clock == BRIEF:
        clock = GivenClock(record, journal, BriefClock(brief.as_of), counts=True)
    if record.opened.seed is not None:
        seeded = SeededIds(record.opened.seed, brief.sha256, record.named_account)
        if seeded.new(ids.SESSION, "desk") == record.session_id:
            new_ids = GivenIds(record, journal, seeded, counts=True)
    return clock, new_ids


async def resume(record: Record, given: Given, shadow: Journal, real: Journal) -> SessionReport:
    """Run the record to its end without repeating a call or an act, then go on.

    Raises:
        Divergence: the law does not give what was recorded (another version of the desk, say).
        JournalCorrupt: what stands on record may not be what was recorded.
    """
    with real.transaction() as tx:
        tx.prove(ids.session_stream(record.session_id))
    again, _ = redriven(record, given, shadow, real)
    return await Session(again).run()


def _as_recorded(replayed: Recorded, record: Record) -> Recorded:
    """The event in the version of the record. Lifted, the two are equal: the shadow has compared them."""
    recorded = record.at(replayed.stream_id, replayed.version)
    if recorded is None or recorded.schema_version == replayed.schema_version:
        return replayed
    return replayed._replace(schema_version=recorded.schema_version, data=recorded.data)


async def replay(record: Record, given: Given, shadow: Journal) -> Replayed:
    """Run the record to its end and compare; nothing outside is touched."""
    again, journal = redriven(record, given, shadow, None)
    report: SessionReport | None = None
    found: tuple[Difference, ...] = ()
    try:
        report = await Session(again).run()
    except FAILURES as error:
        # A record that was cut off has been run again to its last event, and nothing may follow.
        if record.closed is not None or not journal.exhausted:
            found = parting(error, record, journal.next, again.parts.tape)
    found = ranked((*found, *journal.drawn))
    recorded, digest = session_digest(record.events), None
    if not found:
        replayed = [_as_recorded(one, record) for one in shadow.of_session(record.session_id)]
        digest = session_digest(replayed)
        found = () if digest == recorded else unmet(record, replayed)
    return Replayed(
        session_id=record.session_id,
        recorded_digest=recorded,
        session_digest=digest,
        divergences=found,
        report=report,
    )
