"""Requests leave at the published pace: reads wait their turn, an order goes at once or not at all."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trading_floor import ACCOUNT, D, accept, order, permit

from desk.domain.bucket import Bucket, Rate
from desk.errors import NotSent, OutcomeUnknown, ReadFailed
from tools.purple_flea import Pace, PurpleFlea
from tools.purple_flea.pace import OTHERS, PUBLISHED, RATE_LIMITED, lane

#: Requests a minute: the strictest figure published for each lane (the casino's 60 is for both of its own).
A_MINUTE = {
    "trading.order": 30,
    "trading.cancel": 30,
    "trading.read": 100,
    "wallet.read": 100,
    "casino.bet": 30,
    "casino.read": 30,
    "escrow.create": 20,
    "escrow.release": 30,
    "escrow.dispute": 10,
    "escrow.read": 100,
    "faucet.claim": 5,
    "domains.register": 10,
    "domains.read": 100,
}
RATES = st.builds(
    Rate, burst=st.integers(1, 8), every_s=st.sampled_from([D("0.1"), D("0.7"), D(1), D("1.5"), D(3)])
)
GAPS = st.lists(st.integers(0, 5000).map(lambda ms: D(ms) / 1000), max_size=40)


def departures(rate: Rate, gaps: list) -> tuple[list, list]:
    """When each request asks, and when it may leave."""
    bucket, now, asked, left = Bucket(rate=rate), D(0), [], []
    for gap in gaps:
        now += gap
        asked.append(now)
        left.append(now + bucket.wait_s(now))
        bucket = bucket.taken(now)
    return asked, left


@settings(max_examples=300, deadline=None)
@given(RATES, GAPS)
def test_no_window_holds_more_than_the_burst_and_what_was_gained(rate, gaps):
    _, left = departures(rate, gaps)
    for first in range(len(left)):
        for last in range(first, len(left)):
            assert last - first + 1 <= rate.burst + (left[last] - left[first]) / rate.every_s


@settings(max_examples=300, deadline=None)
@given(RATES, GAPS)
def test_nobody_waits_while_a_token_is_there_and_nobody_overtakes(rate, gaps):
    asked, left = departures(rate, gaps)
    assert left == sorted(left)
    for n, (when, out) in enumerate(zip(asked, left, strict=True)):
        if out > when:
            assert n >= rate.burst
            assert out - left[n - rate.burst] <= rate.burst * rate.every_s


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_no_minute_holds_more_than_is_published(name):
    assert PUBLISHED[name].within(60) == A_MINUTE[name]


def test_a_lane_without_a_figure_goes_at_the_slowest_published_one():
    assert OTHERS.within(60) == min(A_MINUTE.values())


@pytest.mark.parametrize(
    ("request_line", "name"),
    [
        ("POST /trade/order", "trading.order"),
        ("DELETE /trade/order/ord_1", "trading.cancel"),
        ("GET /trade/order/ord_1", "trading.read"),
        ("GET /meta", "trading.read"),
        ("GET /wallet/balance", "wallet.read"),
        ("POST /escrow/create", "escrow.create"),
    ],
)
def test_each_request_has_its_lane(request_line, name):
    assert lane(*request_line.split()) == name


class Road:
    """A venue that answers everything, a clock that moves only by waiting, and a pace of one in 4 s."""

    def __init__(self) -> None:
        self.now_s, self.left = D(0), []
        one = Rate(burst=1, every_s=D(4))
        rates = dict.fromkeys(PUBLISHED, one)
        self.pace = Pace(rates, now_s=lambda: self.now_s, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now_s += D(str(seconds))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.left.append((request.method, self.now_s))
        if request.method == "POST":
            return httpx.Response(201, json={"order_id": "ord_1", "status": "accepted"})
        if request.method == "DELETE":
            return httpx.Response(200, json={"order_id": "ord_1", "status": "cancelled"})
        return httpx.Response(200, json={"orders": [], "count": 0})

    def client(self, deadline_s: float = 10) -> PurpleFlea:
        transport = httpx.MockTransport(self)
        return PurpleFlea(
            "https://v.test", None, ACCOUNT, "paper", accept, transport, deadline_s=deadline_s, pace=self.pace
        )


async def test_a_read_waits_for_its_turn():
    road = Road()
    client = road.client()
    for _ in range(3):
        await client.orders()
    assert road.left == [("GET", 0), ("GET", 4), ("GET", 8)]


async def test_a_read_that_would_wait_past_its_deadline_fails_at_once_and_unsent():
    road = Road()
    client = road.client(deadline_s=3)
    await client.orders()
    with pytest.raises(ReadFailed) as failed:
        await client.orders()
    assert (failed.value.code, len(road.left), road.now_s) == (RATE_LIMITED, 1, 0)


async def test_an_order_without_a_token_is_not_sent_and_has_not_waited():
    road = Road()
    client = road.client()
    await client.submit(permit(order(1)))
    with pytest.raises(NotSent) as held:
        await client.submit(permit(order(2)))
    assert (held.value.code, road.left, road.now_s) == (RATE_LIMITED, [("POST", 0)], 0)


async def test_reads_never_take_the_token_of_an_order_or_a_cancel():
    road = Road()
    client = road.client()
    await client.orders()
    await client.submit(permit())
    await client.cancel("ord_1")
    assert [method for method, at in road.left if at == 0] == ["GET", "POST", "DELETE"]


async def test_a_cancel_past_its_turn_may_not_have_happened():
    road = Road()
    road.pace.act("DELETE", "/trade/order/ord_1")
    with pytest.raises(OutcomeUnknown) as held:
        await road.client(deadline_s=3).cancel("ord_1")
    assert (held.value.code, road.left) == (RATE_LIMITED, [])


async def test_two_clients_of_one_process_share_their_pace():
    road = Road()
    await road.client().submit(permit(order(1)))
    with pytest.raises(NotSent):
        await road.client().submit(permit(order(2)))


async def test_a_venue_without_limits_is_never_waited_for():
    pace = Pace(rates=None)
    for _ in range(500):
        pace.act("POST", "/trade/order")
        await pace.read("GET", "/meta", within_s=0)
