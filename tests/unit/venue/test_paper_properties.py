"""Whatever is ordered and wherever the price goes, the book adds up."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from trading_floor import ACCOUNT, AS_OF, DAY, OPEN, SEEN, SPX, Floor, bar

from desk.domain import json_text
from desk.domain.market import Bar, OrderStatus, OrderType, Side
from tools.paper.declined import Declined
from tools.paper.holding import Holding, traded
from tools.paper.order import PaperOrder, order_from
from tools.paper.venue import PaperVenue

D = Decimal
PRICES = st.integers(150_000, 250_000).map(lambda cents: D(cents) / 100)
AMOUNTS = st.integers(1_000, 400_000).map(lambda millionths: D(millionths) / 1_000_000)
SIDES = st.sampled_from(["buy", "sell"])


@st.composite
def bars(draw: st.DrawFn, day: int) -> Bar:
    low, first, last, high = sorted(draw(st.tuples(PRICES, PRICES, PRICES, PRICES)))
    opened, close = draw(st.permutations([first, last]))
    return bar(day, str(opened), str(high), str(low), str(close))


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, object]:
    kind = draw(st.sampled_from(["market", "limit", "stop"]))
    body: dict[str, object] = {
        "symbol": SPX,
        "side": draw(SIDES),
        "amount": draw(AMOUNTS),
        "type": kind,
        "time_in_force": draw(st.sampled_from(["gtc", "ioc", "fok", "day"])),
        "reduce_only": draw(st.booleans()),
    }
    if kind != "market":
        body["limit_price" if kind == "limit" else "stop_price"] = draw(PRICES)
    for name in draw(st.sets(st.sampled_from(["stop_loss", "take_profit"]))):
        body[name] = draw(PRICES)
    return body


def played(days: list[Bar], acts: list[dict[str, object]]) -> Floor:
    """A floor where one order a day was placed; refused ones did not happen."""
    floor = Floor(tapes={SPX: [SEEN, *days]})
    venue = PaperVenue(floor.store, lambda: AS_OF)
    for n, body in enumerate(acts):
        try:
            venue.place(ACCOUNT, f"k{n}", json_text.write(body).encode())
        except Declined:
            continue
        finally:
            floor.store.advance(ACCOUNT, AS_OF + (n + 1) * DAY)
    return floor


def closed(floor: Floor) -> None:
    OPEN.remove(floor)
    floor.store.close()


DAYS = st.tuples(*(bars(day) for day in range(1, 7))).map(list)
ACTS = st.lists(bodies(), max_size=6)


@settings(max_examples=60, deadline=None)
@given(DAYS, ACTS)
def test_cash_and_positions_add_up_to_what_was_traded(days, acts):
    floor = played(days, acts)
    with floor.store.reading() as book:
        orders = [order_from(text) for text in book.orders_json(ACCOUNT, {"symbol": SPX})]
        holding = book.holding(ACCOUNT, SPX)
        account = book.account(ACCOUNT)
    closed(floor)
    fills = [(order.side.sign, fill) for order in orders for fill in order.fills]
    net = sum((sign * fill.amount for sign, fill in fills), D(0))
    flow = sum((-sign * fill.amount * fill.price - fill.fee_usdc for sign, fill in fills), D(0))
    at_entry = holding.net * holding.entry_price if holding is not None else D(0)
    assert account is not None
    assert net == (holding.net if holding is not None else 0)
    assert abs(account.balance_usdc - (10_000 + flow + at_entry)) <= D("0.000001") * (len(fills) + 1)


@settings(max_examples=60, deadline=None)
@given(DAYS, ACTS)
def test_a_reducing_order_only_ever_reduces(days, acts):
    floor = played(days, acts)
    with floor.store.reading() as book:
        orders = {
            order.order_id: order for order in map(order_from, book.orders_json(ACCOUNT, {"symbol": SPX}))
        }
        fills = [line for line in book.ledger(ACCOUNT) if line["kind"] == "fill"]
        left = [order for order in book.working(ACCOUNT) if order.reduce_only]
        holding = book.holding(ACCOUNT, SPX)
    closed(floor)
    net = D(0)
    for line in fills:
        order, before = orders[str(line["order_id"])], net
        net += D(str(line["amount"])) * order.side.sign
        if order.reduce_only:
            assert abs(net) < abs(before)
            assert net * before >= 0
    assert all(holding is not None and order.side is not holding.side for order in left)


@settings(max_examples=60, deadline=None)
@given(bars(1), PRICES, PRICES)
def test_a_bar_that_touches_both_legs_stops(day, one, other):
    stop, target = min(one, other), max(one, other)
    if not stop < D("2000.2") < target:
        return
    entry: dict[str, object] = {
        "symbol": SPX,
        "side": "buy",
        "amount": D("0.1"),
        "stop_loss": stop,
        "take_profit": target,
    }
    floor = played([day], [entry])
    with floor.store.reading() as book:
        orders = [order_from(text) for text in book.orders_json(ACCOUNT, {"symbol": SPX})]
    closed(floor)
    exits = [order for order in orders if order.reduce_only and order.status is OrderStatus.FILLED]
    if day.low <= stop:
        assert [(e.type, e.average_price) for e in exits] == [(OrderType.STOP, min(stop, day.open))]
    elif day.high >= target:
        assert [(e.type, e.average_price) for e in exits] == [(OrderType.LIMIT, max(target, day.open))]
    else:
        assert exits == []


@given(AMOUNTS, PRICES, AMOUNTS, PRICES, st.sampled_from([1, -1]))
def test_trading_through_zero_realises_all_and_opens_the_rest(held, entry, amount, price, sign):
    holding = Holding(
        position_id="pos_1",
        symbol=SPX,
        net=held * sign,
        entry_price=entry,
        leverage=1,
        stop_loss=None,
        take_profit=None,
    )
    after, realised = traded(holding, -amount * sign, price)
    closing = min(held, amount)
    assert abs(realised - (price - entry) * closing * sign) <= D("0.000001")
    if amount == held:
        assert after is None
    elif amount > held:
        assert after == replace(holding, net=(held - amount) * sign, entry_price=price)
    else:
        assert after == replace(holding, net=(held - amount) * sign)


@given(AMOUNTS, PRICES, st.sampled_from(list(Side)))
def test_an_order_survives_its_own_json(amount, price, side):
    placed = PaperOrder(
        order_id="ord_1",
        status=OrderStatus.ACCEPTED,
        symbol=SPX,
        side=side,
        amount=amount,
        type=OrderType.LIMIT,
        time_in_force="gtc",
        reduce_only=False,
        leverage=1,
        created_at=AS_OF,
        updated_at=AS_OF,
        limit_price=price,
    )
    assert order_from(placed.json()) == placed
