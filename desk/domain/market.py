"""What a market looks like and what a venue can be asked: frozen values, no behaviour of a venue."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """+1 for a buy, −1 for a sell."""
        return 1 if self is Side.BUY else -1


class Category(StrEnum):
    """The contract's market categories."""

    CRYPTO = "crypto"
    STOCKS = "stocks"
    COMMODITIES = "commodities"
    INDICES = "indices"
    FOREX = "forex"

    @property
    def bucket(self) -> str:
        """The group whose members count as correlated: indices and stocks move together."""
        return "equity" if self in (Category.INDICES, Category.STOCKS) else self.value


class Bar(Struct, frozen=True, kw_only=True):
    """One closed bar. ``start`` is when it opened; ``available_at`` when its close was known."""

    start: datetime
    available_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None = None


class Market(Struct, frozen=True, kw_only=True):
    """One line of the venue's list. Fee and spread are fractions; steps are in base units and USDC."""

    symbol: str
    category: Category
    amount_step: Decimal
    price_step: Decimal
    min_notional_usdc: Decimal
    taker_fee: Decimal
    spread: Decimal | None
    max_leverage: int | None = None


class Quote(Struct, frozen=True, kw_only=True):
    """Best bid and ask, and the last price, in USDC, as the venue stamped them."""

    symbol: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    timestamp: datetime

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


class Position(Struct, frozen=True, kw_only=True):
    """An open position. ``quantity`` is in base units and positive; ``side`` is that of its opening order."""

    position_id: str
    symbol: str
    side: Side
    quantity: Decimal
    entry_price: Decimal
    leverage: int | None = None
    stop: Decimal | None = None
    target: Decimal | None = None


class OrderStatus(StrEnum):
    """What the venue says of an order (contract ``OrderStatus``)."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def working(self) -> bool:
        return self in (OrderStatus.SUBMITTED, OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"


class TimeInForce(StrEnum):
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    DAY = "day"


class OrderRequest(Struct, frozen=True, kw_only=True):
    """Exactly what goes on the wire: everything the venue could default is present.

    ``quantity`` is in base units (``amount_unit: base``). ``mode`` is ``paper`` or ``live``.
    """

    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    type: OrderType
    time_in_force: TimeInForce
    mode: str
    leverage: int = 1
    reduce_only: bool = False
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None


class VenueOrder(Struct, frozen=True, kw_only=True):
    """An order as the venue reports it. ``None`` means the venue did not say.

    ``quantity`` and ``filled_quantity`` are in base units, ``average_price`` in USDC.
    """

    order_id: str
    status: OrderStatus
    client_order_id: str | None = None
    symbol: str | None = None
    side: Side | None = None
    quantity: Decimal | None = None
    amount_unit: str | None = None
    filled_quantity: Decimal | None = None
    average_price: Decimal | None = None
    fee_usdc: Decimal | None = None
    type: OrderType | None = None
    time_in_force: TimeInForce | None = None
    mode: str | None = None
    leverage: int | None = None
    reduce_only: bool | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    parent_order_id: str | None = None
    reject_code: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Promises(Struct, frozen=True, kw_only=True):
    """What the venue declares at ``/meta``. A venue without it promises nothing."""

    mode: str = "unknown"
    idempotency: bool = False
    client_order_id_lookup: bool = False
    protective_legs: bool = False
    #: After this many seconds a lookup that does not show an order can count as proof of absence.
    settle_s: int = 30


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything the gate wants to know from the venue, read together.

    A part that could not be read is ``None``: the gate denies on it (``INPUT_UNKNOWN``).
    ``venue_time`` is the venue's clock when the answers were complete.
    """

    venue_time: datetime | None
    promises: Promises
    market: Market | None
    market_open: bool | None
    quotes: tuple[Quote, ...]
    balance_usdc: Decimal | None
    available_usdc: Decimal | None
    accrued_fees_usdc: Decimal
    positions: tuple[Position, ...] | None
    orders: tuple[VenueOrder, ...] | None

    def quote(self, symbol: str) -> Quote | None:
        for quote in self.quotes:
            if quote.symbol == symbol:
                return quote
        return None
