"""The venue's JSON, strictly: typed models that turn into ``desk.domain.market`` values.

Unknown keys are ignored (every answer may carry ``_info``); a known key of the wrong type, an unknown
enum value, a malformed id or a number out of bounds spoils the whole answer.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from desk.domain import json_text
from desk.domain.ids import SYMBOL, VENUE_ID
from desk.domain.market import (
    Category,
    Market,
    OrderStatus,
    OrderType,
    Position,
    Promises,
    Quote,
    Side,
    TimeInForce,
    VenueOrder,
)
from desk.errors import BadJson

_LIMIT = Decimal(10) ** 9
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MAX_SETTLE_S = 3600


def _signed(value: object) -> Decimal:
    if not isinstance(value, Decimal) or abs(value) > _LIMIT:
        raise ValueError("not a number within bounds")
    return value


def _amount(value: object) -> Decimal:
    number = _signed(value)
    if number < 0:
        raise ValueError("negative")
    return number


def _price(value: object) -> Decimal:
    number = _signed(value)
    if number <= 0:
        raise ValueError("not positive")
    return number


def _whole(value: object) -> int:
    number = _signed(value)
    if number != int(number):
        raise ValueError("not whole")
    return int(number)


def _time(value: object) -> datetime:
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        raise ValueError("not a time with an offset")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except OverflowError:
        raise ValueError("not a time that UTC has") from None


def _id(value: object) -> str:
    if not isinstance(value, str) or VENUE_ID.fullmatch(value) is None:
        raise ValueError("not an id")
    return value


def _symbol(value: object) -> str:
    if not isinstance(value, str) or SYMBOL.fullmatch(value) is None:
        raise ValueError("not a symbol")
    return value


def _foreign_id(value: object) -> str | None:
    """A client order id. One that we could never have written belongs to somebody else: None."""
    if value is not None and not isinstance(value, str):
        raise ValueError("not an id")
    return value if value is not None and VENUE_ID.fullmatch(value) else None


def _reason(value: object) -> str | None:
    """A reject reason is kept if it is a code; the venue's prose is not."""
    if value is not None and not isinstance(value, str):
        raise ValueError("not text")
    return value if value is None or _CODE.fullmatch(value) else "unspecified"


Signed = Annotated[Decimal, PlainValidator(_signed)]
Amount = Annotated[Decimal, PlainValidator(_amount)]
Price = Annotated[Decimal, PlainValidator(_price)]
Whole = Annotated[int, PlainValidator(_whole)]
Time = Annotated[datetime, PlainValidator(_time)]
Id = Annotated[str, PlainValidator(_id)]
Symbol = Annotated[str, PlainValidator(_symbol)]
ForeignId = Annotated[str | None, PlainValidator(_foreign_id)]
Reason = Annotated[str | None, PlainValidator(_reason)]


class Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class ErrorAnswer(Wire):
    """The contract's error. ``message`` is venue prose: required, and never shown."""

    error: str
    message: str
    executed: Literal["no", "yes", "unknown"] | None = None
    retry_after_s: Signed | None = None


class MetaAnswer(Wire):
    mode: Literal["paper", "live"]
    server_time: Time
    idempotency: bool
    client_order_id_lookup: bool
    protective_legs: bool
    settle_s: Whole = 30

    def promises(self) -> Promises:
        return Promises(
            mode=self.mode,
            idempotency=self.idempotency,
            client_order_id_lookup=self.client_order_id_lookup,
            protective_legs=self.protective_legs,
            settle_s=min(max(self.settle_s, 0), _MAX_SETTLE_S),
        )


class BalanceAnswer(Wire):
    balance_usdc: Amount
    available_usdc: Amount | None = None

    def pair(self) -> tuple[Decimal, Decimal]:
        """(balance, available). A venue that does not say what is available means all of it."""
        available = self.balance_usdc if self.available_usdc is None else self.available_usdc
        return self.balance_usdc, available


class OrderAnswer(Wire):
    order_id: Id
    status: Literal["submitted", "accepted", "partially_filled", "filled", "cancelled", "rejected", "expired"]
    fill_price: Price | None = None
    symbol: Symbol | None = None
    side: Literal["buy", "sell"] | None = None
    amount: Amount | None = None
    amount_unit: Literal["base", "quote"] | None = None
    mode: Literal["paper", "live"] | None = None
    type: Literal["market", "limit", "stop"] | None = None
    limit_price: Price | None = None
    stop_price: Price | None = None
    stop_loss: Price | None = None
    take_profit: Price | None = None
    time_in_force: Literal["gtc", "ioc", "fok", "day"] | None = None
    reduce_only: bool | None = None
    leverage: Whole | None = None
    parent_order_id: Id | None = None
    filled_amount: Amount | None = None
    fee_usdc: Amount | None = None
    client_order_id: ForeignId = None
    reject_reason: Reason = None
    created_at: Time | None = None
    updated_at: Time | None = None

    def order(self) -> VenueOrder:
        """As the domain wants it. An amount in quote units is no base quantity: it becomes None."""
        return VenueOrder(
            order_id=self.order_id,
            status=OrderStatus(self.status),
            client_order_id=self.client_order_id,
            symbol=self.symbol,
            side=None if self.side is None else Side(self.side),
            quantity=None if self.amount_unit == "quote" else self.amount,
            amount_unit=self.amount_unit,
            filled_quantity=self.filled_amount,
            average_price=self.fill_price,
            fee_usdc=self.fee_usdc,
            type=None if self.type is None else OrderType(self.type),
            time_in_force=None if self.time_in_force is None else TimeInForce(self.time_in_force),
            mode=self.mode,
            leverage=self.leverage,
            reduce_only=self.reduce_only,
            limit_price=self.limit_price,
            stop_price=self.stop_price,
            stop_loss=self.stop_loss,
            take_profit=self.take_profit,
            parent_order_id=self.parent_order_id,
            reject_code=self.reject_reason,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


class OrdersAnswer(Wire):
    orders: list[OrderAnswer]

    def all(self) -> tuple[VenueOrder, ...]:
        return tuple(order.order() for order in self.orders)


class PositionAnswer(Wire):
    position_id: Id
    symbol: Symbol
    side: Literal["long", "short"]
    amount: Amount
    entry_price: Price
    leverage: Whole | None = None
    stop_loss: Price | None = None
    take_profit: Price | None = None
    unrealized_pnl: Signed | None = None
    status: Literal["open", "closed", "liquidated"] = "open"

    def position(self) -> Position:
        return Position(
            position_id=self.position_id,
            symbol=self.symbol,
            side=Side.BUY if self.side == "long" else Side.SELL,
            quantity=self.amount,
            entry_price=self.entry_price,
            leverage=self.leverage,
            stop=self.stop_loss,
            target=self.take_profit,
        )


class PositionsAnswer(Wire):
    positions: list[PositionAnswer]

    def open(self) -> tuple[Position, ...]:
        return tuple(line.position() for line in self.positions if line.status == "open" and line.amount)


class QuoteAnswer(Wire):
    symbol: Symbol
    bid: Price
    ask: Price
    last: Price
    timestamp: Time


class QuotesAnswer(Wire):
    quotes: list[QuoteAnswer]

    def uncrossed(self) -> tuple[Quote, ...]:
        """The quotes whose bid is not above their ask; a crossed one is no price to act on."""
        return tuple(
            Quote(symbol=q.symbol, bid=q.bid, ask=q.ask, last=q.last, timestamp=q.timestamp)
            for q in self.quotes
            if q.bid <= q.ask
        )


class MarketStatusAnswer(Wire):
    status: Literal["open", "closed", "pre_market", "after_hours"]
    as_of: Time


class MarketAnswer(Wire):
    symbol: Symbol
    category: Literal["crypto", "stocks", "commodities", "indices", "forex"]
    amount_step: Price
    price_step: Price
    min_notional_usdc: Amount
    taker_fee: Amount
    spread: Amount | None = None
    max_leverage: Whole | None = None


class MarketsAnswer(Wire):
    markets: list[MarketAnswer]


Answer = TypeVar("Answer", bound=Wire)


def parse(model: type[Answer], body: bytes) -> Answer:
    """The answer in ``body``.

    Raises:
        BadJson: if it is not JSON or not what the contract says. No word of the body is repeated.
    """
    try:
        return model.model_validate(json_text.read(body))
    except ValidationError:
        raise BadJson("the venue's answer is not what its contract says") from None


@lru_cache(maxsize=4)
def parse_markets(body: bytes) -> dict[str, Market]:
    """The market list by symbol. Cached by content: sessions of one process read the same list.

    Raises:
        BadJson: as ``parse``, and for a symbol that is listed twice.
    """
    lines = parse(MarketsAnswer, body).markets
    markets = {
        line.symbol: Market(
            symbol=line.symbol,
            category=Category(line.category),
            amount_step=line.amount_step,
            price_step=line.price_step,
            min_notional_usdc=line.min_notional_usdc,
            taker_fee=line.taker_fee,
            spread=line.spread,
            max_leverage=line.max_leverage,
        )
        for line in lines
    }
    if len(markets) != len(lines):
        raise BadJson("the venue lists a market twice")
    return markets
