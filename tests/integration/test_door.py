"""The one way to money, from a ticket to a protected position, against a venue that may do anything."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from desk.domain.events import OrderNotSent, OrderSubmitted
from desk.errors import OutcomeUnknown, TicketRefused
from desk.execution.tickets import Tickets
from desk.ports import DoorRefused, Permit, TicketId
from tests.kernel.bench import KEY, Bench
from tests.kernel.values import intent, quote, sized

D = Decimal
LOST = OutcomeUnknown("lost", code="NETWORK")


# ---- one ticket, one request ---------------------------------------------------------------------


async def test_one_ticket_is_one_request_and_a_protected_position():
    bench = Bench()
    report = await bench.run()
    assert (report.outcome, report.document["protection"]) == ("executed", "attached")
    assert bench.venue.purposes == ["entry"]
    assert bench.order_types() == ["OrderSubmitted", "OrderFilled"]
    bench.flush()
    assert bench.trade_states() == ["SETUP_DETECTED", "ENTRY_APPROVED", "ORDER_PLACED", "FILLED", "HOLDING"]


async def test_what_is_sent_is_what_was_proposed():
    bench = Bench()
    await bench.run()
    [request], act = bench.venue.sent, intent().act
    assert (request.symbol, request.side, request.quantity) == (act.symbol, act.side, act.quantity)
    assert (request.limit_price, request.stop_loss, request.take_profit) == (act.limit, act.stop, act.target)
    assert (request.leverage, request.mode, request.time_in_force) == (1, "paper", "ioc")


async def test_a_second_execute_is_refused_and_sends_nothing():
    bench = Bench()
    ticket = await bench.ticket()
    await bench.door.execute(ticket)
    again = await bench.door.execute(ticket)
    assert (again.outcome, again.reasons) == ("failed", ("TICKET_USED",))
    assert len(bench.venue.sent) == 1


async def test_five_executes_at_the_same_time_are_one_request():
    bench = Bench()
    ticket = await bench.ticket()
    reports = await asyncio.gather(*(bench.door.execute(ticket) for _ in range(5)))
    assert sorted(report.outcome for report in reports) == ["executed", *["failed"] * 4]
    assert len(bench.venue.sent) == 1


async def test_the_submission_is_committed_before_the_venue_sees_the_request():
    bench, seen = Bench(), []

    def look(permit: Permit) -> None:
        with bench.journal.transaction() as tx:  # raises inside another transaction: nothing is open
            seen.append(tx.ticket(permit.ticket_id).used_at is not None)
        [event] = bench.events("OrderSubmitted")
        seen.append(event.client_order_id == permit.request.client_order_id)

    bench.venue.before = look
    await bench.run()
    assert seen == [True, True]


async def test_a_cancelled_caller_leaves_with_the_outcome_on_record():
    bench = Bench()
    ticket = await bench.ticket()
    asked = asyncio.ensure_future(bench.door.execute(ticket))
    bench.venue.before = lambda permit: asked.cancel() and None
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert bench.order_types() == ["OrderSubmitted", "OrderFilled"]


# ---- tickets that are not good -------------------------------------------------------------------


def edited(bench: Bench, sql: str) -> None:
    """What a writer to the database without the key can do: take the triggers away, and write."""
    database = bench.journal._db
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {name}")
    database.execute(f"UPDATE tickets SET {sql}")


EDITS = [
    ("params = replace(params, '0.0249', '2.49')", "TICKET_FORGED"),
    ("params = replace(params, 'buy', 'sell')", "TICKET_FORGED"),
    ("params_hash = 'x'", "TICKET_FORGED"),
    ("expires_at = '2099-01-01T00:00:00.000000Z'", "TICKET_FORGED"),
    ("size_usdc = '1'", "TICKET_FORGED"),
    ("approved_by = 'ann'", "TICKET_FORGED"),
    ("mac = ''", "TICKET_FORGED"),
    ("used_at = '2016-06-23T12:00:00.000000Z'", "TICKET_USED"),
    ("revoked = 1", "TICKET_USED"),
]


@pytest.mark.parametrize(("sql", "reason"), EDITS)
async def test_an_edited_row_is_refused(sql: str, reason: str):
    bench = Bench()
    ticket = await bench.ticket()
    edited(bench, sql)
    report = await bench.door.execute(ticket)
    assert report.reasons == (reason,)
    assert bench.venue.sent == []


@pytest.mark.parametrize("text", ["", "tkt_1", "tkt_" + "f" * 32, "int_" + "1" * 32, "'; DROP TABLE tickets"])
async def test_an_id_nobody_issued_is_forged(text: str):
    bench = Bench()
    await bench.ticket()
    report = await bench.door.execute(text)
    assert report.reasons == ("TICKET_FORGED",)
    assert bench.venue.sent == []


async def test_a_ticket_of_another_session_is_not_honoured_here():
    one = Bench()
    other = Bench(journal=one.journal, venue=one.venue, tickets=one.tickets, ids_from=1000, session=1)
    report = await other.door.execute(await one.ticket())
    assert report.reasons == ("TICKET_FORGED",)
    assert one.venue.sent == []


async def test_a_row_copied_under_another_key_is_forged():
    bench = Bench()
    ticket = await bench.ticket()
    with bench.journal.transaction() as tx:
        copy = replace(tx.ticket(ticket), ticket_id="tkt_" + "e" * 32, attempt=2)
        tx.insert_ticket(copy)
        with pytest.raises(TicketRefused) as refused:
            bench.tickets.check(tx, copy.ticket_id, intent().act, bench.clock.stamp("x"))
    assert refused.value.code == "TICKET_FORGED"


async def test_a_ticket_for_another_act_differs():
    bench = Bench()
    ticket = await bench.ticket()
    with bench.journal.transaction() as tx, pytest.raises(TicketRefused) as refused:
        bench.tickets.check(tx, ticket, sized(D(51)).act, bench.clock.stamp("x"))
    assert refused.value.code == "PARAMS_DIFFER"


@pytest.mark.parametrize(("seconds", "reasons"), [(59.999, ()), (60, ("TICKET_EXPIRED",))])
async def test_a_ticket_is_good_for_a_minute(seconds: float, reasons: tuple[str, ...]):
    bench = Bench()
    ticket = await bench.ticket()
    bench.clock.pass_s(seconds)
    report = await bench.door.execute(ticket)
    assert report.reasons == reasons
    assert len(bench.venue.sent) == (0 if reasons else 1)


async def test_a_ticket_that_expired_ends_its_trade():
    bench = Bench()
    ticket = await bench.ticket()
    bench.clock.pass_s(60)
    await bench.door.execute(ticket)
    with bench.journal.transaction() as tx:
        bench.parts.log.write(tx)
    last = bench.events("TradeMoved")[-1]
    assert (last.target, last.reason) == ("ABANDONED", "TICKET_EXPIRED")


async def test_a_permit_of_another_process_is_refused_right_before_the_bytes():
    bench = Bench()
    bench.venue._clear = Tickets(KEY).clear
    report = await bench.run()
    assert (report.outcome, report.reasons) == ("failed", ("NOT_SENT",))
    assert bench.venue.sent == []
    [event] = bench.events("OrderNotSent")
    assert isinstance(event, OrderNotSent)
    assert event.reason == "TICKET_FORGED"


async def test_a_permit_passes_once_and_only_as_it_was_made():
    bench, permits = Bench(), []
    bench.venue.before = permits.append
    await bench.run()
    [permit] = permits
    more = replace(permit, request=replace(permit.request, quantity=D(1)))
    for again, code in ((permit, "TICKET_USED"), (more, "TICKET_FORGED")):
        with pytest.raises(TicketRefused) as refused:
            bench.tickets.clear(again)
        assert refused.value.code == code


# ---- everything is looked at again at send -------------------------------------------------------


def halted(bench: Bench) -> None:
    bench.halt.on = True


def breaker_open(bench: Bench) -> None:
    other = Bench(journal=bench.journal, venue=bench.venue, tickets=bench.tickets, ids_from=10_000)
    guard = other.door._executing._room.guard
    with bench.journal.transaction() as tx:
        for _ in range(3):
            guard.failed(tx, bench.clock.stamp("x"), LOST)


def other_order_unknown(bench: Bench) -> None:
    """Another process has one of the symbol out, and lost it."""
    with bench.journal.transaction() as tx:
        row = tx.open_tickets("paper:test")[0]
        lost = OrderSubmitted(
            client_order_id="cid_" + "d" * 32,
            session_id="ses_" + "d" * 32,
            account="paper:test",
            venue="paper",
            ticket_id="tkt_" + "d" * 32,
            intent_id="int_" + "d" * 32,
            intent_hash="x",
            trade_id="trd_" + "d" * 32,
            purpose="entry",
            symbol=row.symbol,
            side="sell",
            bucket=row.bucket,
            size_usdc=D(5),
            loss_at_stop_usdc=D(1),
            approved_by=None,
            request={},
            params_hash="x",
            baseline={},
            venue_time=None,
        )
        bench.parts.log.write_to(tx, f"order-{lost.client_order_id}", lost)


CHANGES: list[tuple[str, str, Any]] = [
    ("CASH_RESERVE", "denied", lambda b: b.venue.shown.update(available_usdc=D(5000))),
    ("PRICE_COLLAR", "denied", lambda b: setattr(b.venue, "mid", D("2008.5"))),
    ("QUOTE_STALE", "denied", lambda b: b.venue.shown.update(quotes=(quote(age_s=31),))),
    ("MARKET_CLOSED", "denied", lambda b: b.venue.shown.update(market_open=False)),
    ("INPUT_UNKNOWN", "denied", lambda b: b.venue.shown.update(balance_usdc=None)),
    ("STATE_HALTED", "halted", halted),
    ("BREAKER_OPEN", "halted", breaker_open),
    ("SYMBOL_FROZEN", "denied", other_order_unknown),
]


@pytest.mark.parametrize(("reason", "outcome", "change"), CHANGES, ids=[row[0] for row in CHANGES])
async def test_what_changed_since_the_ticket_denies_with_its_reason(reason: str, outcome: str, change: Any):
    bench = Bench()
    ticket = await bench.ticket()
    change(bench)
    report = await bench.door.execute(ticket)
    assert report.outcome == outcome
    assert reason in report.reasons
    assert bench.venue.sent == []
    assert (await bench.door.execute(ticket)).reasons == ("TICKET_USED",)


async def test_limits_that_became_stricter_hold_at_send():
    bench = Bench()
    ticket = await bench.ticket()
    bench.door._executing._room.parts = replace(bench.parts, tightened={"trade_size": D("0.001")})
    report = await bench.door.execute(ticket)
    assert report.reasons == ("TRADE_SIZE",)
    assert bench.venue.sent == []


async def test_two_tickets_share_one_limit():
    """A ticket counts in full from the moment it is issued."""
    bench = Bench()
    bench.venue.shown["available_usdc"] = D(5090)
    await bench.ticket()
    other = Bench(journal=bench.journal, venue=bench.venue, tickets=bench.tickets, ids_from=1000, session=1)
    answer = await other.propose(intent(intent_id="int_" + "2" * 32))
    assert isinstance(answer, DoorRefused)
    assert "CASH_RESERVE" in answer.reasons


@pytest.mark.parametrize(("waited_s", "second"), [(59, DoorRefused), (60, TicketId)])
async def test_a_ticket_reserves_its_room_until_it_expires(waited_s: int, second: type):
    bench = Bench()
    bench.venue.shown = {"available_usdc": D(5080)}
    await bench.ticket()
    other = Bench(journal=bench.journal, venue=bench.venue, tickets=bench.tickets, ids_from=1000, session=1)
    other.clock.pass_s(waited_s)
    assert isinstance(await other.propose(sized(D(60), intent_id="int_" + "2" * 32)), second)


async def test_a_stop_pulled_between_the_burn_and_the_bytes_sends_nothing():
    bench = Bench()
    ticket = await bench.ticket()
    asked: list[bool] = []

    def pulled() -> bool:
        asked.append(bool(bench.events("OrderSubmitted")))
        return asked[-1]

    bench.halt.halted = pulled
    report = await bench.door.execute(ticket)
    assert (report.outcome, report.reasons) == ("halted", ("HALTED",))
    assert bench.venue.sent == []
    assert bench.order_types() == ["OrderSubmitted", "OrderNotSent"]


async def test_a_ticket_burns_once_even_if_nobody_checked_it():
    bench = Bench()
    ticket = await bench.ticket()
    with bench.journal.transaction() as tx:
        row, now = tx.ticket(ticket), bench.clock.stamp("x")
        assert row is not None
        bench.tickets.burn(tx, row, now)
        with pytest.raises(TicketRefused) as refused:
            bench.tickets.burn(tx, row, now)
    assert refused.value.code == "TICKET_USED"
