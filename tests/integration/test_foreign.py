"""What is at the venue and no event explains is reported, and left alone."""

from __future__ import annotations

from decimal import Decimal

from desk.domain.market import OrderStatus, Position, Side, VenueOrder
from desk.execution.foreign import foreign, ours
from tests.kernel.bench import ACCOUNT, Bench

SYMBOL = "SPX-PERP"


def order(order_id: str = "ord_x", **more: object) -> VenueOrder:
    known = {"status": OrderStatus.ACCEPTED, "symbol": SYMBOL, "side": Side.BUY, "quantity": Decimal(1)}
    return VenueOrder(order_id=order_id, **{**known, **more})  # type: ignore[arg-type]


def position(symbol: str) -> Position:
    return Position(
        position_id="pos_1", symbol=symbol, side=Side.BUY, quantity=Decimal(1), entry_price=Decimal(1)
    )


async def test_our_own_order_its_legs_and_its_position_are_not_foreign():
    bench = Bench()
    await bench.run()
    known = ours(bench.journal, ACCOUNT)
    at_the_venue = await bench.venue.orders()
    assert foreign(ACCOUNT, at_the_venue, [position(SYMBOL)], known) == []


async def test_an_order_and_a_position_of_somebody_else_are_reported():
    bench = Bench()
    await bench.run()
    found = foreign(ACCOUNT, [order()], [position("BTC-PERP")], ours(bench.journal, ACCOUNT))
    assert [(one["what"], one["symbol"]) for one in found] == [("order", SYMBOL), ("position", "BTC-PERP")]


async def test_an_order_that_is_over_is_nobodys_business():
    bench = Bench()
    over = order(status=OrderStatus.CANCELLED)
    assert foreign(ACCOUNT, [over], [], ours(bench.journal, ACCOUNT)) == []
