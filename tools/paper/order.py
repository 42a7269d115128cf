"""An order of the twin: one frozen value, stored and answered as the same JSON text."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import Struct
from msgspec.structs import asdict, replace

from desk.domain import json_text
from desk.domain.canonical import moment
from desk.domain.market import OrderStatus, OrderType, Side, TimeInForce
from desk.domain.money import ZERO

_PRICE_STEP = Decimal("0.00000001")


class Fill(Struct, frozen=True, kw_only=True):
    fill_id: str
    amount: Decimal
    price: Decimal
    fee_usdc: Decimal
    at: datetime


class PaperOrder(Struct, frozen=True, kw_only=True):
    """The contract's ``Order``. Amounts are always in base units, whatever unit was asked for."""

    order_id: str
    status: OrderStatus
    symbol: str
    side: Side
    amount: Decimal
    type: OrderType
    time_in_force: TimeInForce
    reduce_only: bool
    leverage: int
    created_at: datetime
    updated_at: datetime
    amount_unit: str = "base"
    mode: str = "paper"
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    parent_order_id: str | None = None
    client_order_id: str | None = None
    reject_reason: str | None = None
    fills: tuple[Fill, ...] = ()
    version: int = 1

    @property
    def filled(self) -> Decimal:
        return sum((fill.amount for fill in self.fills), ZERO)

    @property
    def remaining(self) -> Decimal:
        return self.amount - self.filled

    @property
    def trigger(self) -> Decimal:
        """The price that decides: of the limit, or of the stop."""
        price = self.limit_price if self.type is OrderType.LIMIT else self.stop_price
        assert price is not None
        return price

    @property
    def average_price(self) -> Decimal | None:
        if not self.fills:
            return None
        paid = sum((fill.amount * fill.price for fill in self.fills), ZERO)
        return (paid / self.filled).quantize(_PRICE_STEP, ROUND_HALF_EVEN)

    def with_fill(self, fill: Fill) -> PaperOrder:
        """The order one fill later: filled, or partially filled and still working."""
        is_done = fill.amount >= self.remaining
        status = OrderStatus.FILLED if is_done else OrderStatus.PARTIALLY_FILLED
        return replace(
            self, fills=(*self.fills, fill), status=status, updated_at=fill.at, version=self.version + 1
        )

    def ended(self, status: OrderStatus, at: datetime) -> PaperOrder:
        """The order, no longer working. What it had filled stays filled."""
        return replace(self, status=status, updated_at=at, version=self.version + 1)

    def json(self) -> str:
        named = asdict(self)
        named["fills"] = [asdict(fill) for fill in self.fills]
        named["filled_amount"] = self.filled
        named["remaining_amount"] = self.remaining if self.status.working else ZERO
        named["fill_price"] = self.average_price
        named["fee_usdc"] = sum((fill.fee_usdc for fill in self.fills), ZERO)
        return json_text.write(named)


def order_from(text: str) -> PaperOrder:
    """The order that ``PaperOrder.json`` wrote."""
    tree = json_text.read(text.encode())
    assert isinstance(tree, dict)
    return PaperOrder(
        order_id=str(tree["order_id"]),
        status=OrderStatus(str(tree["status"])),
        symbol=str(tree["symbol"]),
        side=Side(str(tree["side"])),
        amount=_figure(tree["amount"]),
        type=OrderType(str(tree["type"])),
        time_in_force=TimeInForce(str(tree["time_in_force"])),
        reduce_only=bool(tree["reduce_only"]),
        leverage=int(_figure(tree["leverage"])),
        created_at=moment(str(tree["created_at"])),
        updated_at=moment(str(tree["updated_at"])),
        limit_price=_price(tree["limit_price"]),
        stop_price=_price(tree["stop_price"]),
        stop_loss=_price(tree["stop_loss"]),
        take_profit=_price(tree["take_profit"]),
        parent_order_id=_text(tree["parent_order_id"]),
        client_order_id=_text(tree["client_order_id"]),
        reject_reason=_text(tree["reject_reason"]),
        fills=_fills(tree["fills"]),
        version=int(_figure(tree["version"])),
    )


def _figure(value: json_text.Tree) -> Decimal:
    assert isinstance(value, Decimal)
    return value


def _price(value: json_text.Tree) -> Decimal | None:
    return None if value is None else _figure(value)


def _text(value: json_text.Tree) -> str | None:
    return None if value is None else str(value)


def _fills(value: json_text.Tree) -> tuple[Fill, ...]:
    assert isinstance(value, list)
    return tuple(_fill(item) for item in value if isinstance(item, dict))


def _fill(tree: dict[str, json_text.Tree]) -> Fill:
    return Fill(
        fill_id=str(tree["fill_id"]),
        amount=_figure(tree["amount"]),
        price=_figure(tree["price"]),
        fee_usdc=_figure(tree["fee_usdc"]),
        at=moment(str(tree["at"])),
    )
