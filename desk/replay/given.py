"""The recorded answers to everything a session asks: time, identity, models, people."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from desk.approval.inbox import answer_of
from desk.domain import ids
from desk.domain.approval import standing
from desk.domain.canonical import sha256
from desk.domain.events import ApprovalDecided, ApprovalRequested, ModelReplied
from desk.domain.policy import NOBODY
from desk.domain.shape import shaped, unshaped
from desk.errors import Divergence
from desk.ports import Answer, Answers, Approver, Clock, Ids, Instant, ModelReply, ModelRequest
from desk.replay.divergence import Parted
from desk.replay.record import Record
from desk.replay.requests import other_request, unasked
from desk.replay.shadow import ShadowJournal

#: Channels whose question is left in the journal before anybody looks for an answer.
SUSPENDING = frozenset({"inbox", "slack"})


class GivenClock:
    """Stamps of the record while it lasts; the live clock is counted along, so that it can take over.

    Args:
        counts: the live clock gives the very stamps that were recorded: they are not taken on trust.
    """

    def __init__(self, record: Record, journal: ShadowJournal, live: Clock, *, counts: bool = False) -> None:
        self._record = record
        self._journal = journal
        self._live = live
        self._counts = counts

    def stamp(self, stream_id: str) -> Instant:
        now = self._live.stamp(stream_id)
        if self._journal.live or self._counts:
            return now
        recorded = self._record.at(stream_id, self._journal.version(stream_id) + 1)
        return now if recorded is None else replace(now, wall=recorded.occurred_at)

    def monotonic_s(self) -> Decimal:
        return self._live.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        if self._journal.exhausted:
            await self._live.sleep(seconds)


class GivenIds:
    """Ids of the record while it lasts; the live source is counted along.

    Args:
        counts: the live source gives the very ids that were recorded: they are not taken on trust.
    """

    def __init__(self, record: Record, journal: ShadowJournal, live: Ids, *, counts: bool = False) -> None:
        self._counts = counts
        self._record = record
        self._journal = journal
        self._live = live
        self._minted = {prefix: deque(found) for prefix, found in record.minted().items()}
        self._ahead: dict[str, tuple[int, int]] = {}

    def new(self, prefix: str, stream_id: str) -> str:
        fresh = self._live.new(prefix, stream_id)
        if self._counts:
            return fresh
        if prefix == ids.EVENT:
            recorded = self._record.at(stream_id, self._next_version(stream_id))
            return fresh if self._journal.live or recorded is None else recorded.event_id
        known = self._minted.get(prefix)
        return known.popleft() if known else fresh

    def _next_version(self, stream_id: str) -> int:
        """The version the next event will get: ids of one batch are drawn before any of it is written."""
        version = self._journal.version(stream_id)
        at, drawn = self._ahead.get(stream_id, (version, 0))
        drawn = drawn + 1 if at == version else 1
        self._ahead[stream_id] = (version, drawn)
        return version + drawn


class GivenAnswers:
    """Model replies of the record, each for the very request it answered; past its end, the live models."""

    def __init__(self, record: Record, live: Answers) -> None:
        self._record = record
        self._live = live

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        recorded = self._record.call(role, n)
        if recorded is None:
            return await self._unrecorded(role, n, request, within_s, on_text)
        if recorded.request_sha256 != sha256(shaped(request)):
            step = self._record.call_step(role, n)
            assert step is not None
            raise Parted(other_request(self._record, step, request))
        return reply_of(recorded)

    async def _unrecorded(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        try:
            return await self._live.answer(role, n, request, within_s, on_text)
        except Divergence:
            raise Parted([unasked(self._record, request)]) from None


def reply_of(recorded: ModelReplied) -> ModelReply:
    """The reply that was recorded."""
    reply = unshaped(ModelReply, recorded.reply)
    return replace(reply, latency_ms=recorded.latency_ms)


class GivenApprover:
    """Decisions of the record; past its end, the live channel."""

    def __init__(self, record: Record, journal: ShadowJournal, live: Approver) -> None:
        self._record = record
        self._journal = journal
        self._live = live
        self.channel = record_channel(record) or live.channel
        self.ttl_s = live.ttl_s
        self.suspends = self.channel in SUSPENDING

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        said, answer = [], None
        while not self._journal.live and (decision := self._next()) is not None:
            answer = answer_of(decision)
            if self._of_this_process(decision):
                return answer
            self._copy()
            said.append(decision)
            if standing(request, said).settled:
                return answer
        if answer is None and (self._journal.live or self._at_the_end()):
            return await self._live.ask(request)
        return answer

    def _next(self) -> ApprovalDecided | None:
        """The decision that comes next on record; None if something else does."""
        return self._record.decision_at(self._journal.version(self._record.stream) + 1)

    def _copy(self) -> None:
        step = self._record.at(self._record.stream, self._journal.version(self._record.stream) + 1)
        assert step is not None
        self._journal.inject(step)

    def _of_this_process(self, decision: ApprovalDecided) -> bool:
        """Was it the door that wrote it down? Then it does so again; what others wrote is copied."""
        return decision.by == NOBODY or (not self.suspends and decision.channel == self.channel)

    def _at_the_end(self) -> bool:
        return self._record.at(self._record.stream, self._journal.version(self._record.stream) + 1) is None


def record_channel(record: Record) -> str | None:
    """The channel that the record's question went to."""
    asked = (recorded.data for recorded in record.events if recorded.event_type == "ApprovalRequested")
    return next((str(data["channel"]) for data in asked), None)
