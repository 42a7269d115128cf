"""After the bytes: answers that differ, answers that never came, and the stop that must be proven."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from desk.domain.market import OrderStatus, OrderType, Side
from desk.errors import NotSent, OutcomeUnknown, Refused
from desk.ports import DoorRefused, Permit
from tests.kernel.bench import Bench
from tests.kernel.values import NOW, PROMISES, intent
from tests.kernel.venue import purpose_of, told

D = Decimal
LOST = OutcomeUnknown("lost", code="NETWORK")


# ---- what the venue says -------------------------------------------------------------------------

LIES: list[tuple[str, dict[str, Any]]] = [
    ("leverage", {"leverage": None}),
    ("leverage", {"leverage": 5}),
    ("side", {"side": Side.SELL}),
    ("symbol", {"symbol": "BTC-PERP"}),
    ("quantity", {"filled_quantity": D("0.05")}),
    ("price", {"average_price": D("2004.01")}),
    ("mode", {"mode": "live"}),
    ("client_order_id", {"client_order_id": "cid_other"}),
    ("side", {"side": Side.SELL, "status": OrderStatus.CANCELLED, "filled_quantity": D(0)}),
]


@pytest.mark.parametrize(("name", "lie"), LIES)
async def test_an_answer_that_differs_halts_the_desk(name: str, lie: dict[str, Any]):
    bench = Bench()
    bench.venue.lie = lie
    report = await bench.run()
    assert report.outcome == "halted"
    assert f"ANSWER_DIFFERS:{name}" in report.reasons
    assert bench.halt.on
    assert [event.target for event in bench.events("TradingStateChanged")][-1] == "HALTED"


@pytest.mark.parametrize("lie", [{"average_price": D(1999)}, {"fee_usdc": None}])
async def test_a_better_price_is_fine(lie: dict[str, Any]):
    bench = Bench()
    bench.venue.lie = lie
    assert (await bench.run()).outcome == "executed"
    assert not bench.halt.on


async def test_less_quantity_is_fine_and_what_filled_is_protected():
    bench = Bench()
    bench.venue.share = D("0.5")
    report = await bench.run()
    assert (report.outcome, report.document["filled"]) == ("executed", "0.01245")
    assert report.document["protection"] == "attached"


async def test_nothing_filled_is_no_trade_of_the_venues():
    bench = Bench()
    bench.venue.share = D(0)
    report = await bench.run()
    assert not bench.halt.on
    assert (report.outcome, report.decided_by, report.reasons) == ("no_trade", "venue", ("NOT_FILLED",))
    bench.flush()
    assert bench.trade_states()[-1] == "ABANDONED"


async def test_an_entry_that_is_still_working_is_not_called_over():
    """An IOC that the venue only accepted may fill later: nobody may say that nothing was traded."""
    bench = Bench()
    bench.venue.dawdles = True
    report = await bench.run()
    assert (report.outcome, report.reasons) == ("unknown", ("ORDER_UNKNOWN",))
    assert [one.state for one in await bench.reconcile()] == ["UNKNOWN"]
    bench.venue.ends()
    assert [one.state for one in await bench.reconcile()] == ["CANCELLED"]
    assert bench.order_types() == ["OrderSubmitted", "OrderBecameUnknown", "OrderCancelled"]
    assert bench.venue.purposes == ["entry"]


async def test_a_refusal_is_the_venues_and_final():
    bench = Bench()
    bench.venue.fail["entry"] = Refused("no", code="market_closed")
    report = await bench.run()
    assert (report.outcome, report.decided_by, report.reasons) == ("rejected", "venue", ("MARKET_CLOSED",))
    assert bench.order_types() == ["OrderSubmitted", "OrderRejected"]


async def test_a_rejected_order_is_not_compared():
    bench = Bench()
    bench.venue.lie = {"status": OrderStatus.REJECTED, "leverage": None, "filled_quantity": D(0)}
    assert (await bench.run()).outcome == "rejected"
    assert not bench.halt.on


async def test_proof_that_nothing_left_is_a_failure_and_not_unknown():
    bench = Bench()
    bench.venue.fail["entry"] = NotSent("no connection")
    report = await bench.run()
    assert (report.outcome, report.reasons) == ("failed", ("NOT_SENT",))
    assert await bench.reconcile() == []


# ---- nobody knows --------------------------------------------------------------------------------


async def test_a_lost_answer_is_found_by_our_id_and_protected_without_sending_again():
    bench = Bench()
    bench.venue.lose["entry"] = LOST
    report = await bench.run()
    assert (report.outcome, report.document["protection"]) == ("executed", "attached")
    assert bench.order_types() == ["OrderSubmitted", "OrderBecameUnknown", "OrderFilled"]
    assert bench.venue.purposes == ["entry"]


async def test_where_ids_are_hidden_one_order_that_explains_the_position_is_ours():
    bench = Bench()
    bench.venue.hides_ids = True
    bench.venue.lose["entry"] = LOST
    report = await bench.run()
    assert report.outcome == "executed"
    assert bench.venue.purposes == ["entry"]


async def test_a_look_alike_beside_ours_leaves_it_unknown():
    bench = Bench()
    bench.venue.hides_ids = True
    bench.venue.lose["entry"] = LOST
    ticket = await bench.ticket()
    bench.venue.before = lambda permit: bench.venue.strangers.append(
        replace(
            told(permit.request, "ord_x", OrderStatus.FILLED, permit.request.quantity), client_order_id=None
        )
    )
    report = await bench.door.execute(ticket)
    assert (report.outcome, report.reasons) == ("unknown", ("ORDER_UNKNOWN",))
    assert bench.order_types() == ["OrderSubmitted", "OrderBecameUnknown"]
    assert bench.venue.purposes == ["entry"]


def beside(bench: Bench, **change: Any) -> None:
    """When our request arrives and is lost, an order that ended unfilled turns up: ours, but for this."""
    bench.venue.fail["entry"] = LOST
    bench.venue.before = lambda permit: bench.venue.strangers.append(
        replace(
            told(permit.request, "ord_x", OrderStatus.CANCELLED, D(0)), **({"client_order_id": None} | change)
        )
    )


async def test_where_ids_are_hidden_the_one_order_like_ours_in_everything_is_ours():
    bench = Bench()
    bench.venue.hides_ids = True
    beside(bench)
    report = await bench.run()
    assert (report.outcome, bench.order_types()[-1]) == ("no_trade", "OrderCancelled")


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": D("0.0248")},
        {"limit_price": D(2003)},
        {"symbol": None},
        {"side": Side.SELL},
        {"type": OrderType.MARKET},
        {"stop_loss": D(1961)},
        {"stop_loss": None},
        {"take_profit": D(2141)},
        {"reduce_only": True},
        {"client_order_id": "cid_other"},
        {"filled_quantity": D("0.0249")},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_an_order_that_only_looks_a_little_like_ours_is_not_taken_for_it(change: dict[str, Any]):
    bench = Bench()
    bench.venue.hides_ids = True
    beside(bench, **change)
    assert (await bench.run()).outcome == "unknown"


async def test_an_order_in_another_symbol_does_not_stand_in_the_way_of_a_proof():
    bench = Bench()
    beside(bench, symbol="BTC-PERP", client_order_id="cid_other")
    assert (await bench.run()).reasons == ("ABSENT",)


async def test_an_order_of_somebody_else_in_the_symbol_does():
    bench = Bench()
    beside(bench, client_order_id="cid_other")
    assert (await bench.run()).outcome == "unknown"


async def test_an_order_that_our_position_does_not_explain_is_not_ours():
    """A stranger's filled look-alike, and nothing of ours arrived: the position says so."""
    bench = Bench()
    bench.venue.hides_ids = True
    bench.venue.fail["entry"] = LOST
    ticket = await bench.ticket()
    bench.venue.before = lambda permit: bench.venue.strangers.append(
        replace(
            told(permit.request, "ord_x", OrderStatus.FILLED, permit.request.quantity), client_order_id=None
        )
    )
    assert (await bench.door.execute(ticket)).outcome == "unknown"


async def test_two_empty_reads_of_a_venue_that_finds_ids_prove_absence():
    bench = Bench()
    bench.venue.fail["entry"] = LOST
    report = await bench.run()
    assert (report.outcome, report.reasons) == ("failed", ("ABSENT",))
    assert bench.order_types()[-1] == "OrderFoundAbsent"


@pytest.mark.parametrize(
    "change",
    [
        lambda venue: setattr(venue, "hides_ids", True),
        lambda venue: venue.shown.update(promises=replace(PROMISES, settle_s=30)),
        lambda venue: venue.shown.update(promises=replace(PROMISES, client_order_id_lookup=False)),
    ],
)
async def test_what_is_not_shown_by_a_venue_that_cannot_prove_it_stays_unknown(change: Any):
    bench = Bench()
    bench.venue.fail["entry"] = LOST
    ticket = await bench.ticket()
    change(bench.venue)
    assert (await bench.door.execute(ticket)).outcome == "unknown"
    assert bench.order_types()[-1] == "OrderBecameUnknown"


async def test_an_order_shown_late_is_never_called_absent_and_found_by_the_next_lookup():
    bench = Bench()
    bench.venue.lose["entry"] = LOST
    bench.venue.late = 4
    assert (await bench.run()).outcome == "unknown"
    [found] = await bench.reconcile()
    assert found.state == "FILLED"
    assert bench.venue.purposes == ["entry"]


async def test_an_unknown_order_freezes_its_symbol_until_it_is_found():
    bench = Bench()
    bench.venue.lose["entry"] = LOST
    bench.venue.late = 4
    await bench.run()
    other = Bench(journal=bench.journal, venue=bench.venue, tickets=bench.tickets, ids_from=1000, session=1)
    other.clock.pass_s(400)
    bench.venue.shown["venue_time"] = NOW
    answer = await other.propose(intent(intent_id="int_" + "2" * 32))
    assert isinstance(answer, DoorRefused)
    assert "SYMBOL_FROZEN" in answer.reasons


async def test_reconciling_twice_changes_nothing():
    bench = Bench()
    bench.venue.lose["entry"] = LOST
    bench.venue.late = 4
    await bench.run()
    await bench.reconcile()
    before = bench.journal.head()
    assert await bench.reconcile() == []
    assert bench.journal.head() == before


# ---- protection ----------------------------------------------------------------------------------


async def test_a_stop_the_venue_forgot_is_placed_by_us_under_a_ticket_of_its_own():
    bench = Bench()
    bench.venue.attaches = False
    report = await bench.run()
    assert report.document["protection"] == "placed"
    assert bench.venue.purposes == ["entry", "stop"]
    stop = bench.venue.sent[1]
    assert (stop.quantity, stop.stop_price, stop.reduce_only) == (D("0.0249"), D(1960), True)
    assert [event.purpose for event in bench.events("TicketIssued")] == ["entry", "stop"]


async def test_a_stop_that_cannot_be_proven_is_left_by_leaving_the_position():
    bench = Bench()
    bench.venue.attaches = bench.venue.takes_stops = False
    report = await bench.run()
    assert report.document["protection"] == "flattened"
    assert bench.venue.purposes == ["entry", "stop", "flatten"]
    bench.flush()
    assert bench.trade_states()[-1] == "CLOSED"
    assert not bench.halt.on


async def test_what_a_position_cost_that_had_to_be_left_is_recorded():
    bench = Bench()
    bench.venue.attaches = bench.venue.takes_stops = False

    def falls(permit: Permit) -> None:
        bench.venue.mid = D(1990) if purpose_of(permit.request) == "flatten" else D(2000)

    bench.venue.before = falls
    await bench.run()
    bench.flush()
    ended = bench.events("TradeMoved")[-1]
    assert (ended.exit_price, ended.exit_reason) == (D(1990), "STOP_NOT_PROVEN")
    assert (ended.pnl_usdc, ended.r) == (D("-0.25"), D("-0.25"))


@pytest.mark.parametrize("fault", ["refuses", "loses"])
async def test_a_position_that_cannot_be_left_halts_the_desk_and_is_called_unprotected(fault: str):
    bench = Bench()
    bench.venue.attaches = bench.venue.takes_stops = bench.venue.fills_exits = False
    if fault == "loses":
        bench.venue.fail["flatten"] = LOST
    report = await bench.run()
    assert (report.outcome, report.reasons) == ("unknown", ("UNPROTECTED",))
    assert bench.halt.reasons == ["UNPROTECTED"]
    assert bench.venue.purposes == ["entry", "stop", "flatten"]


async def test_a_stop_is_proven_within_five_seconds_and_given_up_within_ten_more():
    bench = Bench()
    bench.venue.attaches = bench.venue.takes_stops = False
    began = bench.clock.monotonic_s()
    await bench.run()
    assert bench.clock.monotonic_s() - began <= 10


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": D("0.01")},
        {"side": Side.BUY},
        {"stop_price": D(1950)},
        {"stop_price": None},
        {"symbol": "BTC-PERP"},
        {"type": OrderType.LIMIT},
        {"reduce_only": False},
        {"reduce_only": None},
        {"parent_order_id": "ord_other"},
        {"status": OrderStatus.CANCELLED},
    ],
)
async def test_a_stop_that_is_not_the_one_is_no_protection(change: dict[str, Any]):
    bench = Bench()
    honest = bench.venue._leg
    bench.venue._leg = lambda entry, filled: replace(honest(entry, filled), **change)
    report = await bench.run()
    assert report.document["protection"] == "placed"
    assert [event.attempt for event in bench.events("TicketIssued")] == [1, 2]


SALE = {"side": Side.SELL, "limit": D(1996), "stop": D(2040), "target": D(1860)}


@pytest.mark.parametrize(
    ("trade", "stop", "protection"),
    [
        ({}, D(1960), "attached"),
        ({}, D(1961), "attached"),
        ({}, D("1959.99"), "placed"),
        (SALE, D(2040), "attached"),
        (SALE, D(2039), "attached"),
        (SALE, D("2040.01"), "placed"),
    ],
)
async def test_a_stop_may_lose_less_than_the_approved_one_and_never_more(
    trade: dict[str, Any], stop: Decimal, protection: str
):
    bench = Bench()
    honest = bench.venue._leg
    bench.venue._leg = lambda entry, filled: replace(honest(entry, filled), stop_price=stop)
    assert (await bench.run(intent(**trade))).document["protection"] == protection


async def test_a_halt_does_not_stop_the_protective_leg_and_a_hard_one_does():
    for hard, purposes in ((False, ["entry", "stop"]), (True, ["entry"])):
        bench = Bench()
        bench.venue.attaches = False
        bench.venue.before = lambda permit, b=bench, h=hard: (
            b.halt.halt("drill"),
            setattr(b.halt, "is_hard", h),
        )
        report = await bench.run()
        assert bench.venue.purposes == purposes
        assert (report.outcome == "unknown") == hard


async def test_a_position_that_is_not_what_filled_halts_the_desk():
    bench = Bench()

    def more(permit: Permit) -> None:
        bench.venue._held += D("0.01")

    bench.venue.before = more
    report = await bench.run()
    assert "ANSWER_DIFFERS:position" in report.reasons
    assert bench.halt.reasons == ["POSITION_DIFFERS"]
