"""What the door leaves on record: every answer of the gate, how a trade ended, and the stop that was seen."""

from __future__ import annotations

from decimal import Decimal

import pytest

from desk.domain.events import GateAssessed, StopPlaced, TradeMoved
from desk.errors import NotSent, OutcomeUnknown
from desk.ports import DoorRefused
from tests.kernel.bench import Bench
from tests.kernel.values import intent

D = Decimal
LOST = OutcomeUnknown("lost", code="NETWORK")


def gates(bench: Bench) -> list[tuple[str, bool, tuple[str, ...]]]:
    found = [event for event in bench.events("GateAssessed") if isinstance(event, GateAssessed)]
    return [(event.stage, event.cleared, event.reasons) for event in found]


def last_move(bench: Bench) -> tuple[str, str]:
    bench.flush()
    moved = bench.events("TradeMoved")[-1]
    assert isinstance(moved, TradeMoved)
    return moved.target, moved.reason


def open_breaker(bench: Bench) -> None:
    guard = bench.door._executing._room.guard
    with bench.journal.transaction() as tx:
        for _ in range(3):
            guard.failed(tx, bench.clock.stamp("x"), LOST)


async def test_a_denied_proposal_leaves_its_intent_and_why() -> None:
    bench = Bench()
    answer = await bench.propose(intent(leverage=2))

    assert isinstance(answer, DoorRefused)
    assert bench.types()[-2:] == ["IntentMinted", "GateAssessed"]
    assert gates(bench) == [("propose", False, ("LEVERAGE",))]
    assert bench.events("TicketIssued") == []


async def test_a_trade_denied_at_its_sending_is_over_and_says_why() -> None:
    bench = Bench()
    ticket = await bench.ticket()
    bench.venue.mid = D(2030)
    await bench.door.execute(ticket)

    assert gates(bench)[1] == ("send", False, ("PRICE_COLLAR",))
    assert last_move(bench) == ("ABANDONED", "PRICE_COLLAR")
    row = bench.journal.ticket(ticket)
    assert row is not None
    assert (row.revoked, row.used_at) == (True, None)


async def test_a_trade_that_meets_an_open_breaker_was_cleared_and_is_over() -> None:
    bench = Bench()
    ticket = await bench.ticket()
    open_breaker(bench)
    await bench.door.execute(ticket)

    assert gates(bench)[1] == ("send", True, ())
    assert last_move(bench) == ("ABANDONED", "BREAKER_OPEN")


async def test_a_trade_that_never_left_is_over() -> None:
    bench = Bench()
    bench.venue.fail["entry"] = NotSent("no connection")
    await bench.run()

    assert last_move(bench) == ("ABANDONED", "NOT_SENT")


async def test_a_trade_of_which_nobody_knows_is_unknown() -> None:
    bench = Bench()
    bench.venue.hides_ids = True
    bench.venue.fail["entry"] = LOST
    await bench.run()

    assert last_move(bench) == ("UNKNOWN", "ORDER_UNKNOWN")


@pytest.mark.parametrize(("attaches", "how"), [(True, "attached"), (False, "placed")])
async def test_the_stop_that_was_seen_is_named(attaches: bool, how: str) -> None:
    bench = Bench()
    bench.venue.attaches = attaches
    await bench.run()
    bench.flush()

    (stop,) = bench.events("StopPlaced")
    assert isinstance(stop, StopPlaced)
    (seen,) = [one for one in await bench.venue.orders() if one.reduce_only]
    assert (stop.stop_order_id, stop.quantity, stop.stop, stop.how) == (
        seen.order_id,
        seen.quantity,
        seen.stop_price,
        how,
    )
    assert last_move(bench) == ("HOLDING", f"STOP_{how.upper()}")


async def test_a_stop_that_waits_at_the_venue_is_accepted_and_never_unknown() -> None:
    bench = Bench()
    bench.venue.attaches = False
    await bench.run()

    assert bench.order_types() == ["OrderSubmitted", "OrderFilled", "OrderSubmitted", "OrderAccepted"]


async def test_a_position_without_a_stop_that_cannot_be_left_is_called_unprotected() -> None:
    bench = Bench()
    bench.venue.attaches = bench.venue.takes_stops = bench.venue.fills_exits = False
    await bench.run()

    assert last_move(bench) == ("UNPROTECTED", "UNPROTECTED")
    assert bench.halt.on
