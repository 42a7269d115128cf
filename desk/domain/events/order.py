"""Orders, the stops that protect what they opened, and the trades they belong to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from desk.domain.events.fact import Document, Informed


class OrderSubmitted(Informed, frozen=True, kw_only=True):
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


class OrderAccepted(Informed, frozen=True, kw_only=True):
    """The venue has it, under an id of its own."""

    client_order_id: str
    order_id: str
    answer: Document


class OrderPartiallyFilled(Informed, frozen=True, kw_only=True):
    """What has filled so far: quantity in units of the symbol, price and fee in USDC."""

    client_order_id: str
    order_id: str
    filled_quantity: Decimal
    average_price: Decimal
    fee_usdc: Decimal
    answer: Document


class OrderFilled(Informed, frozen=True, kw_only=True):
    """Terminal: all of it. Quantity in units of the symbol, price and fee in USDC."""

    client_order_id: str
    order_id: str
    filled_quantity: Decimal
    average_price: Decimal
    fee_usdc: Decimal
    answer: Document


class OrderCancelled(Informed, frozen=True, kw_only=True):
    """Terminal. ``filled_quantity`` is what had filled before (zero for an IOC that met nobody)."""

    client_order_id: str
    order_id: str
    filled_quantity: Decimal
    average_price: Decimal | None
    fee_usdc: Decimal
    answer: Document


class OrderExpired(Informed, frozen=True, kw_only=True):
    """Terminal: its time ran out at the venue. ``filled_quantity`` is what had filled before."""

    client_order_id: str
    order_id: str
    filled_quantity: Decimal
    average_price: Decimal | None
    fee_usdc: Decimal
    answer: Document


class OrderRejected(Informed, frozen=True, kw_only=True):
    """Refused by the venue, and nothing executed. ``code`` is the contract's, never its prose."""

    client_order_id: str
    order_id: str | None
    code: str


class OrderNotSent(Informed, frozen=True, kw_only=True):
    """Proven never to have left: the connection was not made, or a stop was pulled before the bytes."""

    client_order_id: str
    reason: str


class OrderBecameUnknown(Informed, frozen=True, kw_only=True):
    """Nobody knows whether the venue has it: its symbol is frozen until it is found, or proven absent."""

    client_order_id: str
    reason: str


class OrderFoundAbsent(Informed, frozen=True, kw_only=True):
    """Proven not to be at the venue; ``evidence`` is what that rests on."""

    client_order_id: str
    evidence: Document


class StopPlaced(Informed, frozen=True, kw_only=True):
    """A reduce-only stop for the filled quantity, seen at the venue: ``attached`` or ``placed``."""

    client_order_id: str
    trade_id: str
    stop_order_id: str
    quantity: Decimal
    stop: Decimal
    how: str


class PositionFlattened(Informed, frozen=True, kw_only=True):
    """A position was left at the market, ``quantity`` of it at ``average_price`` in USDC."""

    client_order_id: str
    trade_id: str
    quantity: Decimal
    average_price: Decimal | None
    reason: str


class TradeMoved(Informed, frozen=True, kw_only=True):
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
