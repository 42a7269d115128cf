"""The journal: what goes in, what comes out, and folds of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from msgspec import Struct

from desk.domain.events import Event

if TYPE_CHECKING:
    from desk.domain.canonical import Json


ANY = -1
EMPTY = 0


class NewEvent(NamedTuple):
    """A fact about to be recorded. ``account`` and ``session_id`` let folds find it."""

    event: Event
    event_id: str
    occurred_at: datetime
    account: str | None = None
    session_id: str | None = None


class Recorded(NamedTuple):
    """A fact as the journal holds it. ``data`` is plain JSON; ``event`` decodes it on demand.

    ``schema_version`` is the one it was recorded in; ``data`` and ``event`` have the shape of today.
    """

    seq: int
    event_id: str
    stream_id: str
    stream_type: str
    version: int
    event_type: str
    schema_version: int
    data: Mapping[str, Json]
    metadata: Mapping[str, Json]
    occurred_at: datetime
    prev_hash: str
    hash: str
    decode: Callable[[Recorded], Event]

    @property
    def event(self) -> Event:
        return self.decode(self)


class TicketRow(Struct, frozen=True, kw_only=True):
    """A ticket as stored. ``used_at`` and ``revoked`` are set once and never unset."""

    ticket_id: str
    intent_id: str
    attempt: int
    intent_hash: str
    params: str
    params_hash: str
    card_hash: str
    policy_hash: str
    approved_by: str
    session_id: str | None
    account: str
    symbol: str
    side: str
    bucket: str
    size_usdc: str
    loss_at_stop_usdc: str
    issued_at: str
    expires_at: str
    expires_boot: str
    expires_monotonic: str
    mac: str
    used_at: str | None = None
    revoked: bool = False


class Transaction(Protocol):
    """One immediate transaction: what it reads is what it writes against, and it commits whole.

    ``durable`` is false only for the shadow in which a record is re-driven: nothing that is burned there
    permits anything.
    """

    durable: bool

    @property
    def alive(self) -> bool:
        """False once it is over, or a part of it failed: then none of it will be committed."""
        ...

    def append(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int:
        """Append and return the stream's new version.

        ``expected`` is ``EMPTY``, ``ANY``, or the version the stream must be at.

        Raises:
            VersionConflict: the stream is not at ``expected``.
        """
        ...

    def version(self, stream_id: str) -> int: ...
    def stream(self, stream_id: str, after: int = 0) -> list[Recorded]: ...
    def of_account(self, account: str, types: Iterable[str] = (), after: int = 0) -> list[Recorded]:
        """Events after ``seq`` that carry this account, oldest first, optionally of some types only."""
        ...

    def hash_at(self, seq: int) -> str | None:
        """The hash of one event; None if there is no such event."""
        ...

    def insert_ticket(self, row: TicketRow) -> None: ...
    def ticket(self, ticket_id: str) -> TicketRow | None: ...
    def tickets_of_intent(self, intent_id: str) -> list[TicketRow]: ...
    def prove(self, stream_id: str) -> None:
        """See that every event since the stream began is the one that was recorded. It reads all of them.

        Raises:
            JournalCorrupt: the chain does not hold.
        """
        ...

    def open_tickets(self, account: str) -> list[TicketRow]:
        """Issued, not used, not revoked (expired ones included: the caller knows the time)."""
        ...

    def burn_ticket(self, ticket_id: str, used_at: str) -> bool:
        """Mark used. False if it was used or revoked already."""
        ...

    def revoke_ticket(self, ticket_id: str) -> None: ...
    def put_blob(self, body: bytes) -> str:
        """Store bytes by their sha256, which is returned."""
        ...


class Journal(Protocol):
    """The append-only, hash-chained store: the only truth. Synchronous."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Commits on leaving, rolls back on an exception; durable once it has returned.

        Raises:
            JournalUnavailable: locked past its timeout, full, read-only.
        """
        ...

    def append(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int: ...
    async def append_together(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int:
        """As ``append``, in one commit with whoever else appends so at the same time."""
        ...

    def version(self, stream_id: str) -> int: ...
    def stream(self, stream_id: str, after: int = 0) -> list[Recorded]: ...
    def of_session(self, session_id: str) -> list[Recorded]:
        """Events of the session's own, its orders' and its calls' streams, in the order of the journal."""
        ...

    def of_account(self, account: str, types: Iterable[str] = (), after: int = 0) -> list[Recorded]: ...
    def hash_at(self, seq: int) -> str | None: ...
    def events(self, after: int = 0, types: Iterable[str] = ()) -> Iterator[Recorded]:
        """All events after ``seq``, oldest first, optionally of some types only."""
        ...

    def blob(self, sha256: str) -> bytes | None: ...
    def head(self) -> tuple[int, str]:
        """(seq, hash) of the newest event; (0, 64 zeros) when there is none."""
        ...

    def close(self) -> None: ...


class History(Protocol):
    """An account's events, as a journal and a transaction answer alike."""

    def of_account(self, account: str, types: Iterable[str] = (), after: int = 0) -> list[Recorded]: ...
    def hash_at(self, seq: int) -> str | None: ...


State = TypeVar("State")


class Projection(Protocol[State]):
    """A fold of one account's events that can go on from where it stood.

    ``state`` is the record it comes to; with other fields, or another meaning of them, it needs another
    ``name``. ``types`` are the events it looks at.
    """

    @property
    def name(self) -> str: ...
    @property
    def types(self) -> tuple[str, ...]: ...
    @property
    def state(self) -> type[State]: ...

    def fold(self, events: Sequence[tuple[datetime, Event]], start: State | None) -> State | None:
        """The state after these events, oldest first, each with the time it was recorded.

        Args:
            start: the state after all events before these; None if these are all.

        Returns:
            None, if ``start`` lacks something that is needed. From the beginning it is never None.
        """
        ...


class Folds(Protocol):
    """Whoever folds an account's events: from the beginning, or from a snapshot with the same result."""

    def folded(self, projection: Projection[State], history: History, account: str) -> State: ...
