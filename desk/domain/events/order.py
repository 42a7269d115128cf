"""Orders, the stops that protect what they opened, and the trades they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desk.domain.events.fact import Document, Informed


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
    """The venue has it, under an id of its own."""

    client_order_id: str
    order_id: str
    answer: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPartiallyFilled(Informed):
    """What has filled so far: quantity in units of the symbol, price and fee in USDC."""

    client_order_id: str
    order_id: str
    filled_quantity: Decimal
    average_price: Decimal
    fee_usdc: Decimal
    answer: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled(Informed):
    """Terminal: all of it. Quantity in units of the symbol, price and fee in USDC."""

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
    """Terminal: its time ran out at the venue. ``filled_quantity`` is what had filled before."""

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
    """Nobody knows whether the venue has it: its symbol is frozen until it is found, or proven absent."""

    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFoundAbsent(Informed):
    """Proven not to be at the venue; ``evidence`` is what that rests on."""

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
    """A position was left at the market, ``quantity`` of it at ``average_price`` in USDC."""

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
