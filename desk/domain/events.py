"""Every fact the journal can hold, past tense, frozen.

A fact is flat: text, whole numbers, Decimals, times, and *documents* (plain JSON mappings whose
shape is public in ``desk show --json``). ``TOPICS`` gives each its ``<agent>.<action>.<status>``.
The codec in ``desk.journal.codec`` writes and reads them; nothing else depends on their encoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TypeAlias

#: A plain JSON mapping: what ``desk.domain.canonical.document`` returns for a mapping.
Document: TypeAlias = Mapping[str, object]
#: ``{port, request_sha256, reply}``: what was read from outside on the way to this event.
Inputs: TypeAlias = tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Informed(Event):
    """A fact that something from outside led to: ``inputs`` is what was read on the way to it."""

    inputs: Inputs = ()


# ---- the session ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened(Event):
    """Everything the session was given except the brief. ``settings`` holds limits, budget, models."""

    session_id: str
    account: str
    venue: str
    clock: str
    seed: str | None
    brief_sha256: str
    prompts: Document
    settings: Document
    desk_version: str
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefReceived(Event):
    """``slices`` names the data series by sha256; their bytes lie in the journal's blob table."""

    brief_sha256: str
    name: str
    brief: Document
    slices: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierBuilt(Informed):
    dossier_sha256: str
    facts: tuple[Document, ...]
    missing: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReplied(Event):
    """One reply, durable at once in a stream of its own. ``request`` is what was asked, prompts by sha."""

    session_id: str
    role: str
    n: int
    model: str
    request_sha256: str
    request: Document
    reply: Document
    prompt_tokens: int
    completion_tokens: int
    usd: Decimal | None
    latency_ms: int
    from_cache: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewStated(Event):
    who: str
    view: Document
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuttalGiven(Event):
    """``accepted`` is false for a change of stance without a newly cited fact (``CAPITULATION``)."""

    who: str
    rebuttal: Document
    accepted: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictGiven(Event):
    who: str
    verdict: Document
    valid: bool = True
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentMinted(Event):
    """``act`` is the canonical act that ``intent_hash`` covers; ``basis`` is what it rests on.

    ``parent`` is the intent that a human made smaller, if this one came from that.
    """

    intent_id: str
    intent_hash: str
    act: Document
    basis: Document
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAssessed(Informed):
    """``stage`` is ``propose``, ``send`` or ``recovery``; ``checks`` is every rule, value and limit."""

    intent_id: str
    intent_hash: str
    stage: str
    cleared: bool
    reasons: tuple[str, ...]
    checks: tuple[Document, ...]
    max_admissible_usdc: Decimal
    max_without_human_usdc: Decimal
    human_reasons: tuple[str, ...]
    equity_usdc: Decimal | None
    nav: Decimal | None
    venue_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested(Informed):
    """``quorum`` different humans must grant it; ``parent`` is the approval it was edited from."""

    approval_id: str
    intent_id: str
    intent_hash: str
    card: Document
    card_hash: str
    policy_version: str
    channel: str
    expires_at: datetime
    expires_boot: str
    expires_monotonic: Decimal
    quorum: int = 1
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided(Informed):
    """One person's word: ``granted``, ``denied`` or ``edited``; or ``expired``, which is the clock's.

    ``by`` is the person, ``channel`` where they said it. An edit names the smaller size and the hash of
    the act that it makes.
    """

    approval_id: str
    intent_id: str
    intent_hash: str
    card_hash: str
    decision: str
    by: str
    channel: str
    reason: str | None = None
    size_usdc: Decimal | None = None
    edited_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketIssued(Event):
    """The public fact of a ticket; its seal and parameters stay in the ticket table."""

    ticket_id: str
    intent_id: str
    intent_hash: str
    attempt: int
    purpose: str
    trade_id: str
    client_order_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSuspended(Informed):
    approval_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed(Informed):
    """``report`` is the execution report, or null when nothing was sent."""

    session_id: str
    outcome: str
    decided_by: str
    reasons: tuple[str, ...]
    report: Document | None
    usage: Document


# ---- orders --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSubmitted(Informed):
    """Written and durable before the first byte leaves.

    ``purpose`` is ``entry``, ``stop``, ``flatten`` or ``exit``. ``baseline`` is what the venue showed
    just before (ids of known orders, the position's signed quantity): the proof an unknown outcome is
    resolved from when the venue hides our id. ``size_usdc`` is the whole-USDC size the limits count.
    """

    client_order_id: str
    session_id: str | None
    account: str
    venue: str
    ticket_id: str
    intent_id: str
    intent_hash: str
    trade_id: str
    purpose: str
    symbol: str
    side: str
    bucket: str
    size_usdc: Decimal
    loss_at_stop_usdc: Decimal
    approved_by: str | None
    request: Document
    params_hash: str
    baseline: Document
    venue_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted(Informed):
    client_order_id: str
    order_id: str
    answer: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPartiallyFilled(Informed):
    client_order_id: str
    order_id: str
    filled_quantity: Decimal
    average_price: Decimal
    fee_usdc: Decimal
    answer: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled(Informed):
    client_order_id: str
    order_id: str
    filled_quantity: Decimal
    average_price: Decimal
    fee_usdc: Decimal
    answer: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(Informed):
    """Terminal. ``filled_quantity`` is what had filled before (zero for an IOC that met nobody)."""

    client_order_id: str
    order_id: str
    filled_quantity: Decimal
    average_price: Decimal | None
    fee_usdc: Decimal
    answer: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExpired(Informed):
    client_order_id: str
    order_id: str
    filled_quantity: Decimal
    average_price: Decimal | None
    fee_usdc: Decimal
    answer: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRejected(Informed):
    """Refused by the venue, and nothing executed. ``code`` is the contract's, never its prose."""

    client_order_id: str
    order_id: str | None
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotSent(Informed):
    """Proven never to have left: the connection was not made, or a stop was pulled before the bytes."""

    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBecameUnknown(Informed):
    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFoundAbsent(Informed):
    client_order_id: str
    evidence: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlaced(Informed):
    """A reduce-only stop for the filled quantity, seen at the venue: ``attached`` or ``placed``."""

    client_order_id: str
    trade_id: str
    stop_order_id: str
    quantity: Decimal
    stop: Decimal
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionFlattened(Informed):
    client_order_id: str
    trade_id: str
    quantity: Decimal
    average_price: Decimal | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeMoved(Informed):
    """One step of a position's life; figures are filled in as they become known."""

    trade_id: str
    account: str
    symbol: str
    side: str
    source: str
    target: str
    reason: str
    quantity: Decimal | None = None
    entry_price: Decimal | None = None
    stop: Decimal | None = None
    target_price: Decimal | None = None
    exit_price: Decimal | None = None
    exit_reason: str | None = None
    r: Decimal | None = None
    pnl_usdc: Decimal | None = None
    fees_usdc: Decimal | None = None
    venue_time: datetime | None = None


# ---- the desk ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingStateChanged(Event):
    source: str
    target: str
    reason: str
    by: str
    hard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged(Event):
    """The breaker of one service after something happened to it: the fold is simply the last one."""

    service: str
    state: str
    failures: int
    successes: int
    cause: str
    probe_by: str | None = None
    since: datetime | None = None
    latched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidTransitionAttempted(Event):
    machine: str
    subject: str
    source: str
    target: str


# ---- the account ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsDeposited(Event):
    account: str
    amount_usdc: Decimal
    nav: Decimal
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsWithdrawn(Event):
    account: str
    amount_usdc: Decimal
    nav: Decimal
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaucetClaimed(Event):
    """Money that was given. It buys units at ``nav``, as a deposit does, so that it is no gain."""

    account: str
    amount_usdc: Decimal
    nav: Decimal
    claim_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BetPlaced(Event):
    """``amount_usdc`` is the stake, which has left the account."""

    account: str
    bet_id: str
    game: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BetWon(Event):
    """``amount_usdc`` is all that was paid out, stake included."""

    account: str
    bet_id: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BetLost(Event):
    account: str
    bet_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowLocked(Event):
    """``amount_usdc`` has left the account for the escrow, whatever fee is taken from it later."""

    account: str
    escrow_id: str
    counterparty: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowReleased(Event):
    """``amount_usdc`` is what this account received: zero for the one that had locked the money."""

    account: str
    escrow_id: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowDisputed(Event):
    account: str
    escrow_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowRefunded(Event):
    """``amount_usdc`` is what came back, after the venue's fee."""

    account: str
    escrow_id: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeCharged(Event):
    """A fee that stands alone; those of a trade are in its figures."""

    account: str
    amount_usdc: Decimal
    what: str


#: ``<agent>.<action>.<status>`` of each event, for whoever subscribes.
TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "SessionOpened": "session.open.done",
        "BriefReceived": "session.brief.received",
        "DossierBuilt": "session.dossier.built",
        "ModelReplied": "model.reply.received",
        "ViewStated": "analyst.view.stated",
        "RebuttalGiven": "analyst.rebuttal.given",
        "VerdictGiven": "risk_officer.verdict.given",
        "IntentMinted": "session.intent.minted",
        "GateAssessed": "gate.assess.done",
        "ApprovalRequested": "compliance_proxy.approval.requested",
        "ApprovalDecided": "human.approval.decided",
        "TicketIssued": "gate.ticket.issued",
        "SessionSuspended": "session.suspend.done",
        "SessionClosed": "session.close.done",
        "OrderSubmitted": "order.submit.started",
        "OrderAccepted": "order.submit.accepted",
        "OrderPartiallyFilled": "order.fill.partial",
        "OrderFilled": "order.fill.done",
        "OrderCancelled": "order.cancel.done",
        "OrderExpired": "order.expire.done",
        "OrderRejected": "order.submit.rejected",
        "OrderNotSent": "order.submit.not_sent",
        "OrderBecameUnknown": "order.submit.unknown",
        "OrderFoundAbsent": "order.lookup.absent",
        "StopPlaced": "position.stop.placed",
        "PositionFlattened": "position.flatten.done",
        "TradeMoved": "position.trade.moved",
        "TradingStateChanged": "desk.state.changed",
        "BreakerChanged": "breaker.state.changed",
        "InvalidTransitionAttempted": "machine.transition.refused",
        "FundsDeposited": "account.funds.deposited",
        "FundsWithdrawn": "account.funds.withdrawn",
        "FaucetClaimed": "account.faucet.claimed",
        "BetPlaced": "account.bet.placed",
        "BetWon": "account.bet.won",
        "BetLost": "account.bet.lost",
        "EscrowLocked": "account.escrow.locked",
        "EscrowReleased": "account.escrow.released",
        "EscrowDisputed": "account.escrow.disputed",
        "EscrowRefunded": "account.escrow.refunded",
        "FeeCharged": "account.fee.charged",
    }
)
