"""The record's stamps, ids and replies, given to a fork for as long as it asks for the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from desk.domain import ids
from desk.domain.canonical import sha256
from desk.domain.shape import shaped
from desk.ports import Answers, Ids, Instant, Journal, ModelReply, ModelRequest, Recorded
from desk.replay.fork.change import Change
from desk.replay.given import reply_of
from desk.replay.record import Record

#: A moment later, where the record has no stamp for an event.
TICK = timedelta(milliseconds=1)


class ForkClock:
    """Stamps of the record at the same places, until the sessions part; from then on it ticks.

    It never runs backwards, and after they parted the record's waiting (for a human, say) is not its own.
    """

    def __init__(self, record: Record, fork_id: str, journal: Journal) -> None:
        self._record = record
        self._fork_id = fork_id
        self._journal = journal
        self._began = self._last = record.events[0].occurred_at
        self._parted = False

    def stamp(self, stream_id: str) -> Instant:
        recorded = self._recorded(stream_id)
        self._move(self._last + TICK if recorded is None else recorded.occurred_at)
        return Instant(wall=self._last, boot_id="fork", monotonic_s=self.monotonic_s())

    def _recorded(self, stream_id: str) -> Recorded | None:
        """What the record holds at the place that the next event of the stream will have."""
        self._parted = self._parted or self._parts_here()
        there = stream_id.replace(self._fork_id, self._record.session_id)
        return None if self._parted else self._record.at(there, self._journal.version(stream_id) + 1)

    def _parts_here(self) -> bool:
        """Is the fork's newest event another kind than the record's at the same place?"""
        stream = ids.session_stream(self._fork_id)
        version = self._journal.version(stream)
        if not version:
            return False
        recorded = self._record.at(self._record.stream, version)
        newest = self._journal.stream(stream, version - 1)[-1]
        return recorded is None or recorded.event_type != newest.event_type

    def _move(self, to: datetime) -> None:
        self._last = max(self._last, to)

    @property
    def elapsed(self) -> timedelta:
        """Time since the session began."""
        return self._last - self._began

    def monotonic_s(self) -> Decimal:
        return Decimal(self.elapsed // timedelta(microseconds=1)) / 1_000_000

    async def sleep(self, seconds: float) -> None:
        self._move(self._last + timedelta(seconds=seconds))


class ForkIds:
    """The record's ids of intents, tickets, trades and orders, so that its inputs fit; past them new ones."""

    def __init__(self, record: Record, fresh: Ids) -> None:
        self._fresh = fresh
        self._minted = {prefix: deque(found) for prefix, found in record.minted().items()}

    def new(self, prefix: str, stream_id: str) -> str:
        known = self._minted.get(prefix)
        return known.popleft() if known else self._fresh.new(prefix, stream_id)


class ForkAnswers:
    """The record's reply to the very same request; for any other, the model of the fork.

    Args:
        live: makes the fork's models. Called when one is first needed: a fork that asks nothing new needs
            no key.
    """

    def __init__(
        self, record: Record, change: Change, step: Callable[[], int], live: Callable[[], Answers]
    ) -> None:
        self._change = change
        self._step = step
        self._make = live
        self._live: Answers | None = None
        self._replies = {(one.role, one.request_sha256): reply_of(one) for one in record.calls()}

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        recorded = self._replies.get((role, sha256(shaped(request))))
        replaced = role in self._change.models and self._step() >= self._change.at
        if recorded is not None and not replaced:
            return recorded
        if self._live is None:
            self._live = self._make()
        return await self._live.answer(role, n, request, within_s, on_text)
