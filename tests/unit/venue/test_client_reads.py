"""Reads are patient and strict; a snapshot never raises and never invents."""

from __future__ import annotations

import asyncio
import gc
from decimal import Decimal

import httpx
import pytest
from trading_floor import ACCOUNT, AS_OF, PATIENT, SEEN, SPX, D, Floor, accept, order, permit, sell_to_close

from desk.domain.market import Promises
from desk.domain.secret import Secret
from desk.errors import ConfigError, OutcomeUnknown, ReadFailed
from tools.paper.plan import Fault, Lie
from tools.purple_flea import PurpleFlea, ReadPolicy
from tools.purple_flea.address import base_url


class Venue:
    """A scripted venue that remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    def client(self, key: Secret | None = None) -> PurpleFlea:
        reads = ReadPolicy(sleep=self.wait, jitter=lambda: 1.0)
        transport = httpx.MockTransport(self)
        return PurpleFlea("https://v.test/api/v1/", key, "a", "paper", accept, transport, reads=reads)


NO_ORDERS = httpx.Response(200, json={"orders": [], "count": 0})


async def test_a_read_is_tried_five_times_with_growing_waits():
    venue = Venue(httpx.ReadError("gone"))
    with pytest.raises(ReadFailed):
        await venue.client().orders()
    assert (len(venue.requests), venue.waits) == (5, [1, 2, 4, 8])


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(429), httpx.ConnectTimeout("slow")])
async def test_a_passing_cause_is_tried_again(answer):
    assert await Venue(answer, NO_ORDERS).client().orders() == ()


async def test_the_venue_may_ask_for_a_wait_up_to_a_bound():
    venue = Venue(
        httpx.Response(429, headers={"Retry-After": "3"}),
        httpx.Response(429, headers={"Retry-After": "900"}),
        NO_ORDERS,
    )
    await venue.client().orders()
    assert venue.waits == [3, 8]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(401), "unauthorized"),
        (httpx.Response(403), "HTTP_403"),
        (httpx.Response(302, headers={"Location": "https://evil.test"}), "HTTP_302"),
        (httpx.Response(200, text="<html>"), "BAD_ANSWER"),
        (httpx.Response(200, text='{"orders":[],"count":0}' + " " * 1_000_001), "BAD_ANSWER"),
        (httpx.Response(404), "HTTP_404"),
    ],
)
async def test_a_lasting_cause_is_not_tried_again(answer, code):
    venue = Venue(answer)
    with pytest.raises(ReadFailed) as failed:
        await venue.client().orders()
    assert (failed.value.code, len(venue.requests)) == (code, 1)


async def test_an_order_is_written_exactly_and_completely():
    venue = Venue(httpx.Response(201, json={"order_id": "ord_1", "status": "accepted"}))
    await venue.client(Secret("pf_test_k")).submit(
        permit(order(quantity=D("0.10000000"), limit_price=D("2113.53")))
    )
    (request,) = venue.requests
    assert request.content == (
        b'{"symbol":"SPX-PERP","side":"buy","amount":0.1,"amount_unit":"base","mode":"paper","type":"limit",'
        b'"time_in_force":"ioc","reduce_only":false,"leverage":1,"client_order_id":"cid_' + b"0" * 31 + b'1",'
        b'"limit_price":2113.53,"stop_loss":1970,"take_profit":2100}'
    )
    assert request.headers["Authorization"] == "Bearer pf_test_k"
    assert request.headers["Idempotency-Key"] == "cid_" + "0" * 31 + "1"
    assert (request.headers["X-Agent-ID"], str(request.url)) == ("a", "https://v.test/api/v1/trade/order")


async def test_numbers_arrive_as_they_were_written():
    order_text = (
        '{"order_id":"ord_1","status":"filled","fill_price":2113.530000000001,"fee_usdc":1.2e-05,"_info":{}}'
    )
    found = await Venue(httpx.Response(200, text=order_text)).client().order("ord_1")
    assert found is not None
    assert (found.average_price, found.fee_usdc) == (Decimal("2113.530000000001"), Decimal("0.000012"))


async def test_an_amount_in_quote_units_is_not_taken_for_a_quantity():
    text = '{"order_id":"ord_1","status":"accepted","amount":50,"amount_unit":"quote"}'
    found = await Venue(httpx.Response(200, text=text)).client().order("ord_1")
    assert found is not None
    assert (found.quantity, found.amount_unit) == (None, "quote")


async def test_an_unknown_order_is_none_and_a_malformed_id_never_reaches_the_url():
    venue = Venue(httpx.Response(404))
    assert await venue.client().order("ord_1") is None
    with pytest.raises(ReadFailed):
        await venue.client().order("../wallet")
    assert len(venue.requests) == 1


async def test_a_venue_without_meta_promises_nothing():
    floor = Floor()
    floor.plan.tell(Lie.NO_META)
    assert await floor.client().promises() == Promises()
    assert (await floor.client().snapshot(SPX)).venue_time is None


async def test_the_embedded_venue_promises_what_it_does():
    promises = await Floor().client().promises()
    assert promises == Promises(
        mode="paper", idempotency=True, client_order_id_lookup=True, protective_legs=True, settle_s=0
    )


async def test_a_snapshot_holds_everything_the_gate_asks_for():
    snapshot = await Floor().client().snapshot(SPX)
    assert snapshot.market is not None
    assert (snapshot.market.taker_fee, snapshot.market.spread) == (D("0.00055"), D("0.0002"))
    assert (snapshot.balance_usdc, snapshot.available_usdc, snapshot.market_open) == (10000, 10000, True)
    assert (snapshot.positions, snapshot.orders, snapshot.venue_time) == ((), (), AS_OF)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/wallet/balance", "balance_usdc"),
        ("/trade/positions", "positions"),
        ("/trade/orders", "orders"),
        ("/trade/markets", "market"),
        ("/trade/market-status", "market_open"),
        ("/meta", "venue_time"),
    ],
)
async def test_a_part_that_cannot_be_read_is_none_and_the_others_are_there(path, part):
    floor = Floor()
    floor.plan.arm(Fault.HTML_502, path=path, count=5)
    snapshot = await floor.client().snapshot(SPX)
    parts = ("balance_usdc", "positions", "orders", "market", "market_open", "venue_time")
    assert [name for name in parts if getattr(snapshot, name) is None] == [part]


async def test_a_snapshot_cancelled_before_a_read_has_begun_leaves_none_behind(
    recwarn: pytest.WarningsRecorder,
):
    looking = asyncio.ensure_future(Floor().client().snapshot(SPX))
    await asyncio.sleep(0)
    looking.cancel()
    await asyncio.wait([looking])
    gc.collect()
    assert [str(one.message) for one in recwarn if "never awaited" in str(one.message)] == []


async def test_a_snapshot_quotes_every_symbol_that_is_held():
    floor = Floor(tapes={SPX: [SEEN], "NDX-PERP": [SEEN]})
    client = floor.client()
    await client.submit(permit(order(symbol="NDX-PERP")))
    snapshot = await client.snapshot(SPX)
    assert [quote.symbol for quote in snapshot.quotes] == [SPX, "NDX-PERP"]


async def test_an_order_is_found_by_our_id_unless_the_venue_hides_it():
    floor = Floor()
    client = floor.client()
    mine = await client.submit(permit(order(1, stop_loss=None, take_profit=None)))
    await client.submit(permit(sell_to_close(2)))
    assert [o.order_id for o in await client.orders(client_order_id=order(1).client_order_id)] == [
        mine.order_id
    ]
    floor.plan.tell(Lie.HIDE_CLIENT_ORDER_ID)
    hidden = await client.orders(client_order_id=order(1).client_order_id)
    assert [o.client_order_id for o in hidden] == [None, None]


async def test_a_late_lookup_shows_the_order_only_after_more_reads():
    floor = Floor()
    client = floor.client()
    await client.submit(permit(order(stop_loss=None, take_profit=None)))
    floor.plan.tell(Lie.LATE_LOOKUP, 2)
    assert [len(await client.orders()) for _ in range(3)] == [0, 0, 1]


async def test_a_look_alike_has_everything_but_our_id():
    floor = Floor()
    client = floor.client()
    await client.submit(permit(order(stop_loss=None, take_profit=None)))
    floor.plan.tell(Lie.LOOK_ALIKE)
    mine, stranger = await client.orders()
    assert (mine.symbol, mine.side, mine.quantity) == (stranger.symbol, stranger.side, stranger.quantity)
    assert (mine.client_order_id, stranger.client_order_id) == (order().client_order_id, None)


async def test_a_cancel_without_an_answer_is_unknown():
    with pytest.raises(OutcomeUnknown):
        await Venue(httpx.ReadTimeout("slow")).client().cancel("ord_1")


@pytest.mark.parametrize(
    "good",
    [
        "https://purpleflea.com/api/v1",
        "http://127.0.0.1:8787/api/v1",
        "http://localhost:8787/",
        "http://[::1]:8787/api/v1",
        "https://10.0.0.1",
    ],
)
def test_a_base_url_may_be_https_or_loopback(good):
    assert base_url(good) == good.rstrip("/")


@pytest.mark.parametrize(
    "bad",
    [
        "http://purpleflea.com/api/v1",
        "http://10.0.0.1",
        "http://localhost.evil.test",
        "http://127.0.0.1.evil.test",
        "http://2130706433",
        "http://127.1",
        "https://user:pass@purpleflea.com",
        "https://purpleflea.com/api?x=1",
        "https://purpleflea.com/#x",
        "https://purpleflea.com/api/../x",
        "https://purpleflea.com\\@evil.test",
        "https://purpleflea.com\n.evil.test",
        "https://purple flea.com",
        "https://пурпур.test",
        "https://purpleflea.com:99999",
        "https://",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "",
    ],
)
def test_any_other_base_url_is_refused(bad):
    with pytest.raises(ConfigError):
        base_url(bad)


def test_a_key_that_could_break_a_header_is_refused_and_never_shown():
    with pytest.raises(ConfigError) as refused:
        PurpleFlea("https://v.test", Secret("pf_live_x\r\nX: y"), ACCOUNT, "paper", accept, reads=PATIENT)
    assert "pf_live" not in str(refused.value)
    assert "pf_live" not in repr(Secret("pf_live_x"))
