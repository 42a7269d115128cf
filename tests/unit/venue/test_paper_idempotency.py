"""One key, one effect: over repeats, changed bodies, threads, processes and days."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from trading_floor import ACCOUNT, AS_OF, DAY, SPX, Floor, permit

from tools.paper import PaperStore
from tools.paper.venue import PaperVenue

BODY = b'{"symbol":"SPX-PERP","side":"buy","amount":0.05,"client_order_id":"mine"}'
SAME = b'{ "client_order_id": "mine", "amount": 0.050, "side": "buy", "symbol": "SPX-PERP" }'


async def post(floor: Floor, body: bytes, key: str | None = "k1") -> httpx.Response:
    async with floor.http() as http:
        headers = {} if key is None else {"Idempotency-Key": key}
        return await http.post("/trade/order", content=body, headers=headers)


async def test_the_same_key_and_body_answer_the_same_without_a_second_effect():
    floor = Floor()
    first, again = await post(floor, BODY), await post(floor, SAME)
    assert (first.status_code, again.status_code, first.content) == (201, 200, again.content)
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert len(floor.ledger("order")) == 1


async def test_the_same_key_with_another_body_is_refused():
    floor = Floor()
    await post(floor, BODY)
    other = await post(floor, BODY.replace(b"0.05", b"0.06"))
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reused")
    assert len(floor.ledger("order")) == 1


@pytest.mark.parametrize("key", [None, "", "a b", "x" * 65])
async def test_an_order_needs_a_proper_key(key):
    floor = Floor()
    assert (await post(floor, BODY, key)).status_code == 400
    assert floor.ledger() == []


async def test_a_refusal_is_not_kept():
    floor = Floor()
    assert (await post(floor, BODY.replace(b"0.05", b"500"))).status_code == 402
    assert (await post(floor, BODY)).status_code == 201


async def test_our_order_id_is_good_once_for_ever():
    floor = Floor()
    first = await post(floor, BODY)
    floor.store.advance(ACCOUNT, AS_OF + 2 * DAY)
    for key in ("k1", "k2"):
        again = await post(floor, BODY, key)
        assert (again.status_code, again.json()["error"]) == (409, "duplicate_client_order_id")
        assert again.json()["order"]["order_id"] == first.json()["order_id"]
    assert len(floor.ledger("order")) == 1


def test_threads_that_race_with_one_key_have_one_effect(tmp_path):
    floor = Floor(path=tmp_path / "paper.db")
    stores = [PaperStore(tmp_path / "paper.db") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        bodies = list(
            pool.map(lambda s: PaperVenue(s, lambda: AS_OF).place(ACCOUNT, "k1", BODY).body, stores)
        )
    for store in stores:
        store.close()
    assert len(set(bodies)) == 1
    assert len(floor.ledger("order")) == len(floor.ledger("fill")) == 1


RACER = """
import sys
from datetime import datetime
from tools.paper import PaperStore
from tools.paper.venue import PaperVenue
store = PaperStore(sys.argv[1])
venue = PaperVenue(store, lambda: datetime.fromisoformat(sys.argv[2]))
print(venue.place(sys.argv[3], "k1", sys.argv[4].encode()).body)
store.close()
"""


def test_processes_that_race_with_one_key_have_one_effect(tmp_path):
    floor = Floor(path=tmp_path / "paper.db")
    arguments = [str(tmp_path / "paper.db"), AS_OF.isoformat(), ACCOUNT, BODY.decode()]
    root = Path(__file__).parents[3]
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER, *arguments], stdout=subprocess.PIPE, cwd=root)
        for _ in range(4)
    ]
    answers = {racer.communicate(timeout=30)[0] for racer in racers}
    assert len(answers) == 1
    assert [racer.returncode for racer in racers] == [0] * 4
    assert len(floor.ledger("order")) == len(floor.ledger("fill")) == 1


async def test_the_client_sends_the_order_id_as_its_key():
    floor = Floor()
    client = floor.client()
    first, again = await client.submit(permit()), await client.submit(permit())
    assert first == again, "the desk's key is its order id: a second send is a replay"
    assert len(floor.ledger("order")) == 1
    assert (await client.snapshot(SPX)).positions is not None
