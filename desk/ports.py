"""What the desk needs from the world: small Protocols, each with its contract.

Everything that cannot be computed comes through one of these, so a session can be re-driven from its
record by handing it the recorded answers instead. Concretes are named in ``desk.bootstrap`` only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from desk.domain.events import ApprovalRequested, Document, Event
from desk.domain.market import OrderRequest, Promises, Snapshot, VenueOrder
from desk.domain.proposal import Intent

if TYPE_CHECKING:
    from desk.domain.canonical import Json


# ---- time, identity, stops -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A point in time as an expiry needs it: wall clock, and monotonic seconds of one boot."""

    wall: datetime
    boot_id: str
    monotonic_s: Decimal

    def later(self, seconds: int) -> Instant:
        return Instant(
            wall=self.wall + timedelta(seconds=seconds),
            boot_id=self.boot_id,
            monotonic_s=self.monotonic_s + seconds,
        )

    def reached(self, now: Instant) -> bool:
        """Is this expiry over? By the wall, or by the monotonic clock of the same boot, whichever first."""
        same_boot = self.boot_id == now.boot_id
        return now.wall >= self.wall or (same_boot and now.monotonic_s >= self.monotonic_s)


class Clock(Protocol):
    """The only source of time. A stamp is counted per stream, so concurrent replies cannot swap theirs."""

    def monotonic_s(self) -> Decimal:
        """Seconds that only ever grow, for ages within one process. A brief clock stands still."""
        ...

    def stamp(self, stream_id: str) -> Instant:
        """Now, for the next event of this stream."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait. A brief clock and a re-drive return at once."""
        ...


class Ids(Protocol):
    """The only source of identity. ``prefix`` is one of ``desk.domain.ids.PREFIXES``."""

    def new(self, prefix: str, stream_id: str) -> str: ...


class HaltSwitch(Protocol):
    """The file ``HALT``. Unreadable means halted."""

    def halted(self) -> bool: ...

    def hard(self) -> bool:
        """Halted, and even protective orders are stopped."""
        ...

    def halt(self, reason: str) -> None:
        """Write the file. It is written first and removed last."""
        ...


class Signer(Protocol):
    """The home's key. It signs for named purposes and never shows itself."""

    def mac(self, purpose: str, message: str) -> str: ...

    def verifies(self, purpose: str, message: str, mac: object) -> bool: ...


# ---- the journal ---------------------------------------------------------------------------------

ANY = -1
EMPTY = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
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

    ``state`` is the dataclass it comes to; with other fields, or another meaning of them, it needs another
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


# ---- the venue -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Proof that a ticket was burned for exactly this request. Single use; checked by the venue client."""

    ticket_id: str
    request: OrderRequest
    mac: str


class Venue(Protocol):
    """Where orders go. Only ``submit`` moves money, and it wants a permit.

    Reads raise ``ReadFailed`` once their own retries are spent.
    """

    name: str

    async def promises(self) -> Promises: ...

    async def snapshot(self, symbol: str) -> Snapshot:
        """Account, positions, working orders, quotes and market state, read together. Never raises for a
        part that is missing: that part is None."""
        ...

    async def submit(self, permit: Permit) -> VenueOrder:
        """Send one order, once.

        Raises:
            NotSent: proof that nothing left (connect error, connect timeout, pool timeout, our own pace).
            Refused: a definitive refusal by the contract; nothing executed.
            OutcomeUnknown: everything else.
        """
        ...

    async def orders(
        self, *, symbol: str | None = None, client_order_id: str | None = None
    ) -> tuple[VenueOrder, ...]:
        """Orders of this account in any state, by filter."""
        ...

    async def order(self, order_id: str) -> VenueOrder | None: ...

    async def cancel(self, order_id: str) -> VenueOrder | None:
        """Cancel a working order. It can only lower exposure, so it needs no permit."""
        ...

    async def aclose(self) -> None: ...


# ---- models --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """What a role's model is asked. ``schema`` names the typed answer wanted; ``tools`` what it may call."""

    role: str
    system: str
    messages: tuple[Document, ...]
    schema: str | None
    tools: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call the model asked for. ``arguments`` is its raw text: nothing has been parsed yet."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    """What came back. ``error`` is our own word for why nothing did (``TIMEOUT``, ``RATE_LIMITED`` …).

    ``cached_s`` is the reply's age in whole seconds if it came from the decision cache: nobody was asked,
    and tokens and ``usd`` are 0. None is a reply that was asked for now.
    """

    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: Decimal | None = None
    latency_ms: int = 0
    error: str | None = None
    cached_s: int | None = None


class Model(Protocol):
    """One role's model. ``name`` is its public spec, such as ``rules`` or ``openai:gpt-4o``."""

    name: str

    async def reply(self, request: ModelRequest, on_text: Callable[[str], None]) -> ModelReply:
        """Ask. ``on_text`` receives streamed words for the screen.

        Raises:
            ModelError: no answer could be had.
        """
        ...


class Answers(Protocol):
    """Whoever answers for the roles: the live models, or a record."""

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        """The reply to the n-th request of a role. Never raises for a model that fails: that is
        ``ModelReply.error``."""
        ...


# ---- people and screens --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person said: ``granted``, ``denied`` or ``edited`` (to a size, making an act of this hash)."""

    card_hash: str
    decision: str
    by: str
    channel: str
    reason: str | None = None
    size_usdc: Decimal | None = None
    edited_hash: str | None = None


class Approver(Protocol):
    """A channel that asks a human. ``ttl_s`` is how long it gives them.

    It never records anything: the Door does, in the transaction that takes the first valid answer. One
    that ``suspends`` leaves the question in the journal, where the session is suspended before it looks.
    """

    channel: str
    ttl_s: int
    suspends: bool

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        """The answer (this channel's own, or the last one on record that settles it), or None so far."""
        ...


class Screen(Protocol):
    """What a person watches while a session runs. Steps are the dataclasses of ``desk.domain.steps``."""

    def show(self, step: object) -> None: ...


# ---- the door ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorRefused:
    """Nothing may happen. ``outcome`` is the session's: denied, refused_by_human, halted …"""

    outcome: str
    decided_by: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A human has been asked and has not answered."""

    approval_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketId:
    ticket_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionReport:
    """What happened, by code (deliberation section 1). ``document`` is its public JSON."""

    outcome: str
    decided_by: str
    reasons: tuple[str, ...]
    document: Document


class Door(Protocol):
    """The one way to money. The chat proposes an intent and executes a ticket id; it knows nothing else."""

    async def propose(self, intent: Intent) -> DoorRefused | Waiting | TicketId: ...

    async def decide(self) -> DoorRefused | Waiting | TicketId:
        """Ask once more for the decision that ``propose`` left open."""
        ...

    async def execute(self, ticket_id: str) -> ExecutionReport: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What the executor may call: its public schema, and the function over the door behind it."""

    name: str
    schema: Document
    call: Callable[[Door, str], Awaitable[ExecutionReport]]
