"""After the one request, the client says refused or not sent only when that is proven."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from trading_floor import PATIENT, D, Floor, accept, order, permit

from desk.errors import DeskError, NotSent, OutcomeUnknown, Refused, TicketRefused
from desk.ports import Permit
from tools.paper.plan import Fault, Lie
from tools.purple_flea import PurpleFlea
from tools.purple_flea.outcome import DEFINITIVE

PROOF_OF_NOTHING = (NotSent, Refused)


async def submitted(floor: Floor) -> Exception | None:
    """What submitting raised, or None when an order came back."""
    try:
        await floor.client().submit(permit())
    except DeskError as error:
        return error
    return None


def effects_match(floor: Floor, error: Exception | None) -> bool:
    """True iff the client's word is compatible with what the ledger shows."""
    happened = bool(floor.ledger())
    return not (happened and isinstance(error, PROOF_OF_NOTHING)) and not (error is None and not happened)


@pytest.mark.parametrize("kind", list(Fault))
async def test_no_fault_makes_the_client_deny_an_order_that_exists(kind):
    floor = Floor()
    floor.plan.arm(kind, method="POST", ms=1)
    assert effects_match(floor, await submitted(floor))


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Fault.CONNECT_ERROR, NotSent),
        (Fault.TIMEOUT_BEFORE, OutcomeUnknown),
        (Fault.EXECUTE_THEN_TIMEOUT, OutcomeUnknown),
        (Fault.EXECUTE_THEN_500, OutcomeUnknown),
        (Fault.EXECUTE_THEN_DROP, OutcomeUnknown),
        (Fault.BAD_JSON, OutcomeUnknown),
        (Fault.STATUS, OutcomeUnknown),
        (Fault.HTML_502, OutcomeUnknown),
        (Fault.RATE_LIMIT, Refused),
        (Fault.LATENCY, type(None)),
        (Fault.PARTIAL_FILL, type(None)),
        (Fault.REJECT, type(None)),
    ],
)
async def test_each_fault_has_its_word(kind, error):
    floor = Floor()
    floor.plan.arm(kind, method="POST", ms=1)
    assert type(await submitted(floor)) is error


async def test_the_matrix_would_notice_a_client_that_trusts_every_status(monkeypatch):
    """Negative control: a mapping that takes any error for a refusal fails the matrix."""

    def gullible(reply):
        raise Refused("refused", code="anything")

    monkeypatch.setattr("tools.purple_flea.client.placed", gullible)
    floor = Floor()
    floor.plan.arm(Fault.EXECUTE_THEN_500, method="POST")
    assert not effects_match(floor, await submitted(floor))


@pytest.mark.parametrize(
    "lie",
    [Lie.OTHER_LEVERAGE, Lie.NO_LEVERAGE, Lie.OTHER_SIDE, Lie.OTHER_SYMBOL, Lie.MORE_AMOUNT, Lie.WORSE_PRICE],
)
async def test_an_answer_that_differs_is_reported_as_it_came(lie):
    honest, lying = Floor(), Floor()
    lying.plan.tell(lie)
    assert await honest.client().submit(permit()) != await lying.client().submit(permit())


def client_for(answer: httpx.Response | Exception, clear=accept) -> PurpleFlea:
    def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return PurpleFlea(
        "https://venue.test/api/v1", None, "a", "paper", clear, httpx.MockTransport(handler), reads=PATIENT
    )


def error_answer(status: int, code: str, **more: object) -> httpx.Response:
    return httpx.Response(status, json={"error": code, "message": "prose", **more})


@pytest.mark.parametrize("code", sorted(DEFINITIVE))
async def test_a_definitive_code_is_a_refusal_and_carries_no_prose(code):
    with pytest.raises(Refused) as refused:
        await client_for(error_answer(400, code)).submit(permit())
    assert refused.value.code == code
    assert "prose" not in str(refused.value)


ORDER = {"order_id": "ord_1", "status": "filled"}


@pytest.mark.parametrize(
    "answer",
    [
        error_answer(400, "trade_failed"),
        error_answer(409, "request_in_progress"),
        error_answer(409, "duplicate_client_order_id"),
        error_answer(400, "invalid_amount", executed="yes"),
        error_answer(400, "invalid_amount", executed="unknown"),
        error_answer(500, "invalid_amount", executed="no"),
        httpx.Response(400, json={"error": "invalid_amount"}),
        httpx.Response(403, text="<html>forbidden</html>"),
        httpx.Response(400, text='{"error":"forbidden","error":"forbidden","message":"x"}'),
        httpx.Response(302, headers={"Location": "https://venue.test/api/v1/trade/order"}),
        httpx.Response(201, text="{}"),
        httpx.Response(201, text="null"),
        httpx.Response(202, json=ORDER),
        httpx.Response(204),
        httpx.Response(201, json={**ORDER, "order_id": "../admin"}),
        httpx.Response(201, json={**ORDER, "status": "done"}),
        httpx.Response(201, json={**ORDER, "amount": "1.0"}),
        httpx.Response(201, json={**ORDER, "amount": True}),
        httpx.Response(201, json={**ORDER, "leverage": 1.5}),
        httpx.Response(201, text='{"order_id":"ord_1","status":"filled","fill_price":NaN}'),
        httpx.Response(201, text='{"order_id":"ord_1","status":"filled","fill_price":1e3}'),
        httpx.Response(201, text='{"order_id":"ord_1","order_id":"ord_2","status":"filled"}'),
        httpx.Response(201, text=json.dumps(ORDER) + " " * 1_000_001),
        httpx.Response(201, content=b"x", headers={"Content-Encoding": "br"}),
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.WriteError("gone"),
        httpx.ReadError("gone"),
        httpx.RemoteProtocolError("gone"),
        httpx.DecodingError("odd"),
        RuntimeError("odd"),
    ],
    ids=lambda answer: repr(answer)[:40],
)
async def test_everything_else_is_unknown(answer):
    with pytest.raises(OutcomeUnknown):
        await client_for(answer).submit(permit())


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_only_three_failures_prove_that_nothing_left(error):
    with pytest.raises(NotSent):
        await client_for(error("no")).submit(permit())


@pytest.mark.parametrize("status", [200, 201])
async def test_an_order_the_venue_rejected_is_an_order(status):
    answer = httpx.Response(status, json={**ORDER, "status": "rejected", "reject_reason": "You are broke!"})
    placed = await client_for(answer).submit(permit())
    assert (placed.status, placed.reject_code) == ("rejected", "unspecified")


async def test_a_cancelled_send_is_unknown():
    started = asyncio.Event()

    async def hang(request: httpx.Request) -> httpx.Response:
        started.set()
        await asyncio.sleep(60)
        return httpx.Response(500)

    client = PurpleFlea("https://venue.test", None, "a", "paper", accept, httpx.MockTransport(hang))
    send = asyncio.create_task(client.submit(permit()))
    await started.wait()
    send.cancel()
    with pytest.raises(OutcomeUnknown):
        await send


async def test_a_send_ends_at_its_deadline():
    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return httpx.Response(500)

    client = PurpleFlea(
        "https://venue.test", None, "a", "paper", accept, httpx.MockTransport(hang), deadline_s=0.01
    )
    with pytest.raises(OutcomeUnknown):
        await client.submit(permit())


async def test_a_permit_that_does_not_clear_sends_no_byte():
    def refuse(permit: Permit) -> None:
        raise TicketRefused("used", code="TICKET_USED")

    floor = Floor()
    with pytest.raises(TicketRefused):
        await floor.client(clear=refuse).submit(permit())
    assert floor.ledger() == []


async def test_the_permit_is_cleared_before_the_first_byte():
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append("bytes")
        return httpx.Response(201, json=ORDER)

    client = PurpleFlea(
        "https://v.test", None, "a", "paper", lambda _: seen.append("clear"), httpx.MockTransport(handler)
    )
    await client.submit(permit())
    assert seen == ["clear", "bytes"]


async def test_an_order_for_another_mode_is_never_sent():
    floor = Floor()
    with pytest.raises(TicketRefused):
        await floor.client().submit(permit(order(mode="live")))
    assert floor.ledger() == []


async def test_a_figure_that_cannot_be_written_is_never_sent():
    floor = Floor()
    with pytest.raises(NotSent):
        await floor.client().submit(permit(order(quantity=D("NaN"))))
    assert floor.ledger() == []
