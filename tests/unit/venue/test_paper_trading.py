"""The twin trades as DESIGN says: at the touch, by the bar, and never more than the account can carry."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from trading_floor import ACCOUNT, AS_OF, DAY, SPX, D, Floor, bar, order, permit, sell_to_close

from desk.domain.market import OrderStatus, OrderType, Side, TimeInForce
from desk.domain.secret import Secret
from desk.errors import Refused, UsageError
from tools.paper import Tape
from tools.paper.plan import Fault, Lie


async def test_a_marketable_buy_fills_at_the_ask_and_pays_the_taker_fee():
    floor = Floor()
    placed = await floor.client().submit(permit())
    assert (placed.status, placed.average_price) == (OrderStatus.FILLED, D("2000.2"))
    assert placed.fee_usdc == D("0.055006"), "0.05 × 2000.20 × 5.5 bps, rounded up to a millionth"


async def test_the_quote_stands_half_a_spread_either_side_of_the_close():
    snapshot = await Floor().client().snapshot(SPX)
    quote = snapshot.quote(SPX)
    assert quote is not None
    assert (quote.bid, quote.ask, quote.last) == (D("1999.8"), D("2000.2"), D(2000))
    assert quote.timestamp == snapshot.venue_time == AS_OF


async def test_a_limit_that_the_ask_does_not_reach_is_cancelled_when_it_cannot_wait():
    placed = await Floor().client().submit(permit(order(limit_price=D("2000.1"))))
    assert (placed.status, placed.filled_quantity) == (OrderStatus.CANCELLED, 0)


async def test_a_fill_brings_a_stop_and_a_target_that_only_reduce():
    client = Floor().client()
    entry = await client.submit(permit())
    legs = [leg for leg in await client.orders(symbol=SPX) if leg.parent_order_id == entry.order_id]
    assert [(leg.type, leg.stop_price or leg.limit_price) for leg in legs] == [
        (OrderType.STOP, D(1970)),
        (OrderType.LIMIT, D(2100)),
    ]
    assert all(leg.reduce_only and leg.side is Side.SELL and leg.quantity == D("0.05") for leg in legs)
    assert all(leg.status is OrderStatus.ACCEPTED for leg in legs)


async def test_protective_legs_are_for_the_filled_quantity():
    floor = Floor()
    floor.plan.arm(Fault.PARTIAL_FILL)
    client = floor.client()
    entry = await client.submit(permit())
    legs = [leg for leg in await client.orders() if leg.parent_order_id == entry.order_id]
    assert (entry.status, entry.filled_quantity) == (OrderStatus.CANCELLED, D("0.025"))
    assert [leg.quantity for leg in legs] == [D("0.025")] * 2


@pytest.mark.parametrize(
    ("day", "exit_price"),
    [
        (bar(1, "1990", "2110", "1960", "2050"), D(1970)),
        (bar(1, "1950", "1980", "1940", "1960"), D(1950)),
        (bar(1, "2010", "2105", "2005", "2101"), D(2100)),
        (bar(1, "2120", "2130", "2110", "2125"), D(2120)),
    ],
    ids=[
        "both touched: the stop",
        "gap below the stop: the open",
        "target",
        "gap above the target: the open",
    ],
)
async def test_a_bar_closes_the_trade(day, exit_price):
    floor = Floor(day)
    client = floor.client()
    await client.submit(permit())
    floor.store.advance(ACCOUNT, AS_OF + DAY)
    legs = [leg for leg in await client.orders() if leg.reduce_only]
    assert [leg.average_price for leg in legs if leg.status is OrderStatus.FILLED] == [exit_price]
    assert [leg.status for leg in legs].count(OrderStatus.CANCELLED) == 1, "one cancels the other"
    assert (await client.snapshot(SPX)).positions == ()


async def test_a_bar_that_touches_nothing_leaves_the_trade_open():
    floor = Floor(bar(1, "2000", "2050", "1980", "2040"))
    client = floor.client()
    await client.submit(permit())
    floor.store.advance(ACCOUNT, AS_OF + DAY)
    snapshot = await client.snapshot(SPX)
    assert snapshot.positions is not None
    assert [(p.quantity, p.stop, p.target) for p in snapshot.positions] == [(D("0.05"), D(1970), D(2100))]


async def test_an_entry_that_fills_on_a_bar_can_be_stopped_on_the_same_bar():
    floor = Floor(bar(1, "2000", "2010", "1960", "1990"))
    client = floor.client()
    resting = order(limit_price=D(1980), time_in_force=TimeInForce.GTC)
    assert (await client.submit(permit(resting))).status is OrderStatus.ACCEPTED
    floor.store.advance(ACCOUNT, AS_OF + DAY)
    assert [line["price"] for line in floor.ledger("fill")] == ["1980", "1970"]


async def test_a_day_order_expires_at_midnight():
    floor = Floor(bar(1, "2000", "2010", "1999", "2005"), bar(2, "2000", "2010", "1900", "1950"))
    client = floor.client()
    placed = await client.submit(
        permit(order(limit_price=D(1950), stop_loss=None, time_in_force=TimeInForce.DAY))
    )
    floor.store.advance(ACCOUNT, AS_OF + 2 * DAY)
    found = await client.order(placed.order_id)
    assert found is not None
    assert found.status is OrderStatus.EXPIRED


async def test_a_reducing_order_never_flips_the_position():
    floor = Floor()
    client = floor.client()
    await client.submit(permit())
    sold = await client.submit(permit(sell_to_close(quantity=D("0.08"))))
    assert sold.filled_quantity == D("0.05")
    assert (await client.snapshot(SPX)).positions == ()


async def test_a_reducing_order_without_a_position_is_rejected():
    sold = await Floor().client().submit(permit(sell_to_close()))
    assert (sold.status, sold.reject_code) == (OrderStatus.REJECTED, "nothing_to_reduce")


async def test_closing_the_position_cancels_its_protective_legs():
    client = Floor().client()
    await client.submit(permit())
    await client.submit(permit(sell_to_close()))
    assert not [found for found in await client.orders() if found.status.working]


async def test_profit_and_fees_go_to_cash():
    client = Floor().client()
    await client.submit(permit())
    await client.submit(permit(sell_to_close()))
    snapshot = await client.snapshot(SPX)
    assert snapshot.balance_usdc == D(10000) - D("0.02") - D("0.055006") - D("0.054995")


async def test_an_account_cannot_open_more_than_its_equity():
    with pytest.raises(Refused) as refused:
        await Floor().client().submit(permit(order(quantity=D(5))))
    assert refused.value.code == "insufficient_balance"


async def test_working_entries_set_their_cash_aside():
    client = Floor().client()
    await client.submit(
        permit(
            order(
                limit_price=D(1000),
                stop_loss=None,
                take_profit=None,
                time_in_force=TimeInForce.GTC,
                quantity=D(9),
            )
        )
    )
    assert (await client.snapshot(SPX)).available_usdc == D(10000) - D(9000) - D("4.95")
    with pytest.raises(Refused):
        await client.submit(permit(order(2, quantity=D("0.6"))))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NOPE-PERP"}, "invalid_symbol"),
        ({"symbol": "BTC-PERP"}, "market_closed"),
        ({"leverage": 21}, "invalid_leverage"),
        ({"quantity": D("0.0004")}, "invalid_amount"),
        ({"quantity": D("0.0500001")}, "invalid_amount"),
        ({"stop_loss": D(2010)}, "invalid_amount"),
        ({"take_profit": D(1990)}, "invalid_amount"),
    ],
)
async def test_what_the_contract_forbids_is_refused_without_effect(changes, code):
    floor = Floor()
    with pytest.raises(Refused) as refused:
        await floor.client().submit(permit(order(**changes)))
    assert (refused.value.code, floor.ledger()) == (code, [])


async def test_a_closed_market_takes_no_order_and_says_so():
    floor = Floor()
    floor.plan.tell(Lie.MARKET_CLOSED)
    with pytest.raises(Refused, match="market_closed"):
        await floor.client().submit(permit())
    assert (await floor.client().snapshot(SPX)).market_open is False


async def test_an_opposite_order_closes_and_opens_the_other_way():
    client = Floor().client()
    await client.submit(permit(order(stop_loss=None, take_profit=None)))
    await client.submit(permit(sell_to_close(reduce_only=False, quantity=D("0.08"))))
    positions = (await client.snapshot(SPX)).positions
    assert positions is not None
    assert [(p.side, p.quantity, p.entry_price) for p in positions] == [(Side.SELL, D("0.03"), D("1999.8"))]


async def test_a_cancelled_order_stays_cancelled_and_a_filled_one_cannot_be():
    client = Floor().client()
    entry = await client.submit(permit())
    leg = next(found for found in await client.orders() if found.reduce_only)
    for _ in range(2):
        cancelled = await client.cancel(leg.order_id)
        assert cancelled is not None
        assert cancelled.status is OrderStatus.CANCELLED
    filled = await client.cancel(entry.order_id)
    assert filled is not None
    assert filled.status is OrderStatus.FILLED
    assert await client.cancel("ord_nobody") is None


async def test_a_resting_order_is_changed_only_at_the_version_that_was_seen():
    floor = Floor()
    resting = order(limit_price=D(1950), stop_loss=None, time_in_force=TimeInForce.GTC)
    placed = await floor.client().submit(permit(resting))
    async with floor.http() as http:
        path, body = f"/trade/order/{placed.order_id}", b'{"limit_price":1960.5}'
        ok = await http.patch(path, content=body, headers={"If-Match": "1", "Idempotency-Key": "m1"})
        stale = await http.patch(path, content=body, headers={"If-Match": "1", "Idempotency-Key": "m2"})
    assert (ok.status_code, ok.json()["limit_price"], ok.json()["version"]) == (200, 1960.5, 2)
    assert (stale.status_code, stale.json()["error"]) == (409, "version_conflict")


async def test_a_position_is_closed_at_market_once():
    floor = Floor()
    await floor.client().submit(permit())
    async with floor.http() as http:
        position = (await http.get("/trade/positions")).json()["positions"][0]
        path = f"/trade/positions/{position['position_id']}/close"
        answers = [await http.post(path, headers={"Idempotency-Key": "close-1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text
    assert [line["price"] for line in floor.ledger("fill")] == ["2000.2", "1999.8"]


async def test_bars_past_the_venues_time_are_never_shown():
    floor = Floor(bar(1, "1", "1", "1", "1"))
    async with floor.http() as http:
        answer = await http.get("/trade/bars", params={"symbol": SPX, "timeframe": "1day"})
    assert [line["c"] for line in answer.json()["bars"]] == [2000]


def test_an_account_never_goes_back_in_time(tmp_path):
    store = Floor(path=tmp_path / "paper.db").store
    store.open_account("book", as_of=AS_OF)
    store.open_account("book", as_of=AS_OF)
    store.open_account("book", as_of=AS_OF + DAY)
    with pytest.raises(UsageError) as refused:
        store.open_account("book", as_of=AS_OF)
    assert (refused.value.code, refused.value.exit_code) == ("TIME_WENT_BACK", 2)


async def test_the_same_opening_time_again_goes_on_after_what_has_been_traded_since(tmp_path):
    floor = Floor(path=tmp_path / "paper.db", now=AS_OF + timedelta(seconds=1))
    await floor.client().submit(permit())
    floor.store.open_account(ACCOUNT, as_of=AS_OF)
    assert floor.store.clock(ACCOUNT) == AS_OF + timedelta(seconds=1)


async def test_the_same_opening_time_is_over_once_time_was_let_pass(tmp_path):
    floor = Floor(path=tmp_path / "paper.db")
    floor.store.advance(ACCOUNT, AS_OF + DAY)
    with pytest.raises(UsageError, match="cannot go back"):
        floor.store.open_account(ACCOUNT, as_of=AS_OF)


async def test_opening_later_lets_the_bars_in_between_happen():
    floor = Floor()
    client = floor.client()
    await client.submit(permit())
    longer = Tape([*floor.tapes[SPX].bars, bar(1, "1990", "1995", "1900", "1910")])
    floor.store.open_account(ACCOUNT, as_of=AS_OF + DAY, tapes={SPX: longer})
    assert (await client.snapshot(SPX)).positions == ()


async def test_the_same_session_twice_gives_the_same_bytes():
    async def session() -> list[bytes]:
        floor = Floor(bar(1, "1990", "2110", "1960", "2050"))
        await floor.client().submit(permit())
        floor.store.advance(ACCOUNT, AS_OF + DAY)
        async with floor.http() as http:
            paths = ("/meta", "/wallet/balance", "/trade/orders", "/trade/positions", "/_sim/ledger")
            return [(await http.get(path)).content for path in paths]

    assert await session() == await session()


async def test_an_account_with_a_key_opens_only_to_that_key():
    floor = Floor()
    floor.store.open_account("locked", as_of=AS_OF, api_key=Secret("pf_test_1"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(floor.app), base_url="http://127.0.0.1"
    ) as http:
        answers = [
            await http.get("/api/v1/wallet/balance", headers={"X-Agent-ID": "locked"} | more)
            for more in ({}, {"Authorization": "Bearer pf_test_2"}, {"Authorization": "Bearer pf_test_1"})
        ]
    assert [answer.status_code for answer in answers] == [401, 401, 200]
