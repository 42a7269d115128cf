"""Drills are armed over HTTP, where they exist at all."""

from __future__ import annotations

import httpx
import pytest
from trading_floor import ACCOUNT, AS_OF, DAY, Floor, bar

from tools.paper import app
from tools.paper.markets import MARKETS
from tools.paper.sim import sim_app


async def test_a_fault_is_armed_for_as_many_calls_as_asked():
    async with Floor().http() as http:
        armed = {"kind": "status", "match": {"method": "GET", "path": "/meta"}, "count": 2, "status": 418}
        assert (await http.post("/_sim/faults", json=armed)).status_code == 204
        assert [(await http.get("/meta")).status_code for _ in range(3)] == [418, 418, 200]


async def test_the_clock_moves_and_bars_happen():
    floor = Floor(bar(1, "2000", "2010", "1990", "2005"))
    async with floor.http() as http:
        assert (await http.post("/_sim/clock", json={"advance_s": 86400})).status_code == 204
        quote = (await http.get("/trade/quote", params={"symbols": "SPX-PERP,BTC-PERP"})).json()
    assert (quote["quotes"][0]["last"], quote["not_found"]) == (2005, ["BTC-PERP"])
    assert floor.store.clock(ACCOUNT) == AS_OF + DAY


async def test_a_switch_is_thrown_and_taken_back():
    async with Floor().http() as http:
        await http.post("/_sim/switches", json={"no_meta": 1})
        assert (await http.get("/meta")).status_code == 404
        await http.post("/_sim/switches", json={"no_meta": 0})
        assert (await http.get("/meta")).status_code == 200


@pytest.mark.parametrize("path", ["/_sim/faults", "/_sim/switches", "/_sim/clock"])
async def test_nonsense_is_refused(path):
    async with Floor().http() as http:
        assert (await http.post(path, json={"kind": "meteor"})).status_code == 400


@pytest.mark.parametrize(
    "path", ["/_sim/faults", "/_sim/ledger", "/_sim/clock", "/_sim/switches", "/nowhere"]
)
async def test_a_users_venue_has_no_drills(path):
    transport = httpx.ASGITransport(app(Floor().store, lambda: AS_OF))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/api/v1") as http:
        assert (await http.post(path, json={})).status_code == 404


async def test_the_seed_mode_takes_the_seeds_order_as_it_stands():
    floor = Floor()
    floor.app = sim_app(floor.store, lambda: AS_OF, floor.plan, strict=False)
    async with floor.http() as http:
        placed = await http.post(
            "/trade/order", json={"symbol": "SPX", "side": "buy", "amount": 0.01, "mode": "paper"}
        )
    assert (placed.status_code, placed.json()["symbol"]) == (201, "SPX-PERP")


async def test_live_orders_are_forbidden_on_paper():
    async with Floor().http() as http:
        body = {"symbol": "SPX-PERP", "side": "buy", "amount": 0.01, "mode": "live"}
        answer = await http.post("/trade/order", json=body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


async def test_an_amount_in_usdc_becomes_base_units_rounded_down():
    async with Floor().http() as http:
        body = {"symbol": "SPX-PERP", "side": "buy", "amount": 100, "amount_unit": "quote"}
        answer = await http.post("/trade/order", json=body, headers={"Idempotency-Key": "k"})
    assert (answer.json()["amount"], answer.json()["amount_unit"]) == (0.049995, "base")


def test_there_are_275_markets():
    named = {"SPX-PERP", "NDX-PERP", "GOOG-PERP", "WTI-PERP", "BTC-PERP", "EURUSD-PERP"}
    assert len(MARKETS) == 275
    assert named <= MARKETS.keys()
