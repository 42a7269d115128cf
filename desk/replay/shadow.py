"""The journal of a re-drive: a shadow in memory while the record lasts, the real one afterwards.

Each event that the law writes into the shadow is held against the record's event of the same stream and
version. Once every recorded event has been written again, the next transaction goes to the real journal
(resume), or is a divergence because nothing may come after the record (replay).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from desk.domain import ids
from desk.errors import Divergence
from desk.ports import Journal, NewEvent, Recorded, TicketRow, Transaction
from desk.replay.divergence import Difference, differences
from desk.replay.record import RECORD_STREAMS, Record


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
        self._left = len(record.events)
        self.live = False
        self.found: list[Difference] = []

    @property
    def current(self) -> Journal:
        """Where reads and writes go now."""
        return self._real if self.live and self._real is not None else self._shadow

    @property
    def exhausted(self) -> bool:
        return self._left <= 0

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        if self.exhausted and self._real is not None:
            self.live = True
        with self.current.transaction() as tx:
            yield tx if self.live else _ShadowTransaction(tx, self)

    def written(self, stream_id: str, version: int, new: NewEvent) -> None:
        """Hold one event that was just written into the shadow against the record."""
        if ids.stream_type(stream_id) not in RECORD_STREAMS:
            return
        recorded = self._record.at(stream_id, version)
        if recorded is None:
            raise Divergence(
                "the record ends where the law goes on",
                why=f"{type(new.event).__name__} in {stream_id} is not on record",
            )
        found = differences(recorded, new)
        if found:
            self.found += found
            first = found[0]
            raise Divergence(
                f"step {recorded.seq} ({recorded.event_type}) differs in {first.field}",
                why=f"recorded {first.recorded[:80]}, replayed {first.replayed[:80]}",
            )
        self._left -= 1

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


def _text(recorded: Recorded, key: str) -> str | None:
    value = recorded.metadata.get(key)
    return None if value is None else str(value)


class _ShadowTransaction:
    """Writes into the shadow and reports each event; what is burned here permits nothing."""

    durable = False

    def __init__(self, inner: Transaction, journal: ShadowJournal) -> None:
        self._inner = inner
        self._journal = journal

    def append(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int:
        version = self._inner.append(stream_id, expected, events)
        first = version - len(events) + 1
        for offset, new in enumerate(events):
            self._journal.written(stream_id, first + offset, new)
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
