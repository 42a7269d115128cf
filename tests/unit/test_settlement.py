"""What an answer comes to, and what in it is not what the ticket said: for a buy and for a sale."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from desk.domain.events import OrderFilled
from desk.domain.market import OrderRequest, OrderStatus, OrderType, Side, TimeInForce, VenueOrder
from desk.execution.settlement import differences, filled_quantity, settled

D = Decimal


def request(side: Side = Side.BUY, **changes: Any) -> OrderRequest:
    fields: dict[str, Any] = {
        "client_order_id": "cid_1",
        "symbol": "SPX-PERP",
        "side": side,
        "quantity": D("0.02"),
        "type": OrderType.LIMIT,
        "limit_price": D(2000),
        "time_in_force": TimeInForce.IOC,
        "mode": "paper",
        "leverage": 1,
        "reduce_only": False,
    }
    return OrderRequest(**(fields | changes))


def answer(side: Side = Side.BUY, **changes: Any) -> VenueOrder:
    fields: dict[str, Any] = {
        "order_id": "ord_1",
        "status": OrderStatus.FILLED,
        "client_order_id": "cid_1",
        "symbol": "SPX-PERP",
        "side": side,
        "quantity": D("0.02"),
        "filled_quantity": D("0.02"),
        "average_price": D(2000),
        "mode": "paper",
        "leverage": 1,
    }
    return VenueOrder(**(fields | changes))


@pytest.mark.parametrize("side", Side)
def test_what_was_asked_for_is_no_difference(side: Side) -> None:
    assert differences(answer(side), request(side)) == ()


@pytest.mark.parametrize(
    ("side", "price", "found"),
    [
        (Side.BUY, "2000.01", ("price",)),
        (Side.BUY, "1999.99", ()),
        (Side.SELL, "1999.99", ("price",)),
        (Side.SELL, "2000.01", ()),
    ],
)
def test_a_worse_price_is_above_a_buys_limit_and_below_a_sales(
    side: Side, price: str, found: tuple[str, ...]
) -> None:
    assert differences(answer(side, average_price=D(price)), request(side)) == found


@pytest.mark.parametrize("side", Side)
def test_a_market_order_has_no_limit_to_be_worse_than(side: Side) -> None:
    assert differences(answer(side, average_price=D(1)), request(side, limit_price=None)) == ()


@pytest.mark.parametrize("part", ["symbol", "side", "mode", "client_order_id", "average_price"])
def test_what_the_venue_does_not_say_is_no_difference(part: str) -> None:
    assert differences(answer(**{part: None}), request()) == ()


def test_a_leverage_it_does_not_say_is_one() -> None:
    assert differences(answer(leverage=None), request()) == ("leverage",)


def test_everything_that_differs_is_named() -> None:
    other = answer(
        Side.SELL,
        symbol="BTC-PERP",
        mode="live",
        leverage=2,
        client_order_id="cid_2",
        filled_quantity=D("0.03"),
        average_price=D(2001),
    )

    named = ("symbol", "side", "leverage", "mode", "client_order_id", "quantity", "price")
    assert differences(other, request()) == named


@pytest.mark.parametrize(
    ("status", "stated", "filled"),
    [
        (OrderStatus.FILLED, None, "0.02"),
        (OrderStatus.FILLED, "0.01", "0.01"),
        (OrderStatus.ACCEPTED, None, "0"),
        (OrderStatus.PARTIALLY_FILLED, None, "0"),
        (OrderStatus.CANCELLED, None, "0"),
        (OrderStatus.CANCELLED, "0.015", "0.015"),
    ],
)
def test_what_filled_is_what_is_stated_and_all_of_a_filled_order_where_nothing_is(
    status: OrderStatus, stated: str | None, filled: str
) -> None:
    said = answer(status=status, filled_quantity=None if stated is None else D(stated))

    assert filled_quantity(said, request()) == D(filled)


@pytest.mark.parametrize(
    ("stated", "limit", "recorded"), [("1999", "2000", "1999"), (None, "2000", "2000"), (None, None, "0")]
)
def test_a_fill_without_a_price_is_recorded_at_its_limit(
    stated: str | None, limit: str | None, recorded: str
) -> None:
    said = answer(average_price=None if stated is None else D(stated), fee_usdc=None)
    asked = request(limit_price=None if limit is None else D(limit))

    event = settled(said, asked, ())

    assert isinstance(event, OrderFilled)
    assert (event.average_price, event.fee_usdc, event.filled_quantity) == (D(recorded), 0, D("0.02"))
