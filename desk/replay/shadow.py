"""The journal of a re-drive: a shadow in memory while the record lasts, the real one afterwards.

Each event that the law writes into the shadow is held against the record's event of the same stream and
version. Once every recorded event has been written again, the next transaction goes to the real journal
(resume), or is a divergence because nothing may come after the record (replay).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from desk.domain import ids
from desk.domain.canonical import written
from desk.ports import Journal, NewEvent, Recorded, TicketRow, Transaction
from desk.replay.divergence import EVENT_TYPE, Difference, Parted, differences
from desk.replay.record import RECORD_STREAMS, Record

#: How long an answer that is not on record waits for those that are.
OTHERS_S = 5


class ShadowJournal:
    """``desk.ports.Journal`` over a record.

    Args:
        record: what is re-driven.
        shadow: an empty journal in memory.
        real: where to go on once the record is used up; None for a replay.
    """

    def __init__(self, record: Record, shadow: Journal, real: Journal | None) -> None:
        self._record = record
        self._shadow = shadow
        self._real = real
        self._left = {(event.stream_id, event.version): event for event in record.events}
        self.live = False
        self._used_up = asyncio.Event()
        self.drawn: list[Difference] = []

    @property
    def current(self) -> Journal:
        """Where reads and writes go now."""
        return self._real if self.live and self._real is not None else self._shadow

    @property
    def exhausted(self) -> bool:
        return not self._left

    @property
    def next(self) -> Recorded | None:
        """The first event of the record that has not been written again."""
        return next(iter(self._left.values()), None)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._now().transaction() as tx:
            yield tx if self.live else _ShadowTransaction(tx, self)

    def _now(self) -> Journal:
        """Where the next transaction goes: once the record is used up, to the real journal."""
        if self.exhausted and self._real is not None:
            self.live = True
        return self.current

    def written(self, stream_id: str, first: int, events: Sequence[NewEvent]) -> None:
        """Hold events that were just written into the shadow against the record.

        All of one write, so that causes can be told from consequences; but not past an event of another
        type, after which nothing has its place. A replay goes on over another id or stamp alone: what it
        was that drew them otherwise comes later.
        """
        if ids.stream_type(stream_id) not in RECORD_STREAMS:
            return
        found: list[Difference] = []
        for version, new in enumerate(events, first):
            recorded = self._left.get((stream_id, version)) or self._instead(new)
            found += (
                [_surplus(self._record, new)] if recorded is None else differences(recorded, new, stream_id)
            )
            self._left.pop((stream_id, version), None)
            if self.exhausted:
                self._used_up.set()
            if found and found[-1].field == EVENT_TYPE:
                break
        if self._real is None and all(one.drawn for one in found):
            self.drawn += found
        elif found:
            raise Parted(found)

    def _instead(self, new: NewEvent) -> Recorded | None:
        """What the record has in its stead: an event of its type in another place, or whatever comes next."""
        name = type(new.event).__name__
        return next((one for one in self._left.values() if one.event_type == name), self.next)

    def inject(self, recorded: Recorded) -> None:
        """Copy an event that somebody else wrote (a decision from another process)."""
        with self.transaction() as tx:
            copy = NewEvent(
                event=recorded.event,
                event_id=recorded.event_id,
                occurred_at=recorded.occurred_at,
                account=_text(recorded, "account"),
                session_id=_text(recorded, "session"),
            )
            tx.append(recorded.stream_id, tx.version(recorded.stream_id), [copy])

    # ---- the rest of the port ----------------------------------------------------------------

    def append(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int:
        with self.transaction() as tx:
            return tx.append(stream_id, expected, events)

    async def append_together(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int:
        if self._real is not None and self._record.at(stream_id, expected + 1) is None:
            await self._others()
        now = self._now()
        if self.live:
            return await now.append_together(stream_id, expected, events)
        return self.append(stream_id, expected, events)

    async def _others(self) -> None:
        """What is not on record goes to the real journal, after what is: of two who answer at the same time
        the record may hold only one."""
        with suppress(TimeoutError):  # The other one is not asked any more: the record says how they differ.
            async with asyncio.timeout(OTHERS_S):
                await self._used_up.wait()

    def version(self, stream_id: str) -> int:
        return self.current.version(stream_id)

    def stream(self, stream_id: str, after: int = 0) -> list[Recorded]:
        return self.current.stream(stream_id, after)

    def of_session(self, session_id: str) -> list[Recorded]:
        return self.current.of_session(session_id)

    def of_account(self, account: str, types: Iterable[str] = (), after: int = 0) -> list[Recorded]:
        return self.current.of_account(account, types, after)

    def hash_at(self, seq: int) -> str | None:
        return self.current.hash_at(seq)

    def events(self, after: int = 0, types: Iterable[str] = ()) -> Iterator[Recorded]:
        return self.current.events(after, types)

    def blob(self, sha256: str) -> bytes | None:
        return self.current.blob(sha256)

    def head(self) -> tuple[int, str]:
        return self.current.head()

    def close(self) -> None:
        self._shadow.close()


def _surplus(record: Record, new: NewEvent) -> Difference:
    """An event that follows where the record ends."""
    name = type(new.event).__name__
    return Difference(step=record.events[-1].seq, field=EVENT_TYPE, recorded="null", replayed=written(name))


def _text(recorded: Recorded, key: str) -> str | None:
    value = recorded.metadata.get(key)
    return None if value is None else str(value)


class _ShadowTransaction:
    """Writes into the shadow and reports each event; what is burned here permits nothing."""

    durable = False

    def __init__(self, inner: Transaction, journal: ShadowJournal) -> None:
        self._inner = inner
        self._journal = journal

    @property
    def alive(self) -> bool:
        return self._inner.alive

    def append(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int:
        version = self._inner.append(stream_id, expected, events)
        self._journal.written(stream_id, version - len(events) + 1, events)
        return version

    def version(self, stream_id: str) -> int:
        return self._inner.version(stream_id)

    def stream(self, stream_id: str, after: int = 0) -> list[Recorded]:
        return self._inner.stream(stream_id, after)

    def of_account(self, account: str, types: Iterable[str] = (), after: int = 0) -> list[Recorded]:
        return self._inner.of_account(account, types, after)

    def hash_at(self, seq: int) -> str | None:
        return self._inner.hash_at(seq)

    def prove(self, stream_id: str) -> None:
        """Everything here was made in this process, each event held against the record's."""

    def insert_ticket(self, row: TicketRow) -> None:
        self._inner.insert_ticket(row)

    def ticket(self, ticket_id: str) -> TicketRow | None:
        return self._inner.ticket(ticket_id)

    def tickets_of_intent(self, intent_id: str) -> list[TicketRow]:
        return self._inner.tickets_of_intent(intent_id)

    def open_tickets(self, account: str) -> list[TicketRow]:
        return self._inner.open_tickets(account)

    def burn_ticket(self, ticket_id: str, used_at: str) -> bool:
        return self._inner.burn_ticket(ticket_id, used_at)

    def revoke_ticket(self, ticket_id: str) -> None:
        self._inner.revoke_ticket(ticket_id)

    def put_blob(self, body: bytes) -> str:
        return self._inner.put_blob(body)
