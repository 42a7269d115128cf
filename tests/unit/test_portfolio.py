"""Equity, units, NAV, the day's start, and what the journal says was sent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from desk.domain.events import (
    Event,
    FundsDeposited,
    FundsWithdrawn,
    OrderBecameUnknown,
    OrderNotSent,
    OrderSubmitted,
)
from desk.domain.lifecycle import OrderState
from desk.domain.market import Side
from desk.domain.portfolio import Ledger, equity, fold, loss_at_stop, notional
from tests import account_samples
from tests.kernel.values import NOW, held, ledger, sent, snapshot

D = Decimal
DAY = timedelta(days=1)


def deposited(amount: int, nav: str = "1") -> Event:
    return FundsDeposited(account="a", amount_usdc=D(amount), nav=D(nav), source="faucet")


def withdrawn(amount: int, nav: str) -> Event:
    return FundsWithdrawn(account="a", amount_usdc=D(amount), nav=D(nav), target="bank")


def assessed(nav: str | None, at=NOW) -> Event:
    return replace(account_samples.assessed(None if nav is None else D(nav), hour=0), venue_time=at)


def submitted(cid: str = "cid_1", purpose: str = "entry") -> OrderSubmitted:
    order = account_samples.submitted(1)
    sizes = {"size_usdc": D(50), "loss_at_stop_usdc": D(1)}
    return replace(order, client_order_id=cid, purpose=purpose, venue_time=NOW, **sizes)


def folded(*events: Event) -> Ledger:
    return fold((NOW, event) for event in events)


# ---- equity --------------------------------------------------------------------------------------


def test_a_long_is_worth_what_the_bid_gives_and_a_short_what_the_ask_costs():
    assert equity(snapshot(positions=(held(1000),))) == D("9999.9")
    assert equity(snapshot(positions=(held(1000, side=Side.SELL),))) == D("9999.9")


def test_short_proceeds_are_no_cash_and_fees_owed_are_taken_off():
    short = held(1000, side=Side.SELL, entry_price=D(2100))
    assert equity(snapshot(positions=(short,), accrued_fees_usdc=D(3))) == D("10046.9")


@pytest.mark.parametrize("missing", [{"balance_usdc": None}, {"positions": None}])
def test_equity_with_a_part_missing_is_not_known(missing: dict[str, None]):
    assert equity(snapshot(**missing)) is None


def test_equity_with_a_position_nobody_quotes_is_not_known():
    assert equity(snapshot(positions=(held(10, symbol="WTI-PERP"),))) is None


def test_notional_is_the_larger_of_entry_and_mark():
    assert notional(held(1000, entry_price=D(1900)), snapshot()) == D("999.9")
    assert notional(held(1000, entry_price=D(2100)), snapshot()) == D(1050)


def test_what_a_position_can_lose_is_what_its_stop_leaves_and_all_of_it_without_one():
    fee = D("0.001")
    assert loss_at_stop(held(1000, stop=D(1960)), snapshot(), fee) == D("19.9") + D("0.98")
    assert loss_at_stop(held(1000, stop=D(2050)), snapshot(), fee) == D("1.025")
    assert loss_at_stop(held(1000, stop=None), snapshot(), fee) == D(1000)
    assert loss_at_stop(held(1000, side=Side.SELL, stop=D(2040)), snapshot(), fee) == D("19.9") + D("1.02")


# ---- units and NAV -------------------------------------------------------------------------------


def test_a_deposit_buys_units_at_its_nav_so_that_it_is_no_gain():
    book = folded(deposited(10_000), assessed("0.8"), deposited(4_000, "0.8"))
    assert book.units == D(15_000)
    assert (D(8_000) + 4_000) / book.units == D("0.8")


def test_a_withdrawal_gives_units_back_at_its_nav():
    assert folded(deposited(10_000), withdrawn(1_200, "1.2")).units == D(9_000)


def test_the_peak_is_the_highest_nav_seen_and_never_below_one():
    assert folded(assessed("0.9")).peak_nav == 1
    assert folded(assessed("1.3"), assessed("1.1")).peak_nav == D("1.3")


def test_an_assessment_without_a_nav_or_a_time_is_no_observation():
    assert folded(assessed(None), assessed("1.2", None)) == Ledger()


# ---- the day's start -----------------------------------------------------------------------------


def test_a_day_begins_with_the_last_nav_seen_before_it():
    book = Ledger().observed(D("1.1"), NOW - DAY).observed(D("0.9"), NOW)
    assert book.day_start_nav(NOW) == D("1.1")
    assert book.observed(D("0.8"), NOW).day_start_nav(NOW) == D("1.1")
    assert book.day_start_nav(NOW + DAY) == D("0.9")


def test_the_first_day_begins_with_the_first_nav_seen():
    book = Ledger().observed(D("1.1"), NOW).observed(D("0.9"), NOW)
    assert book.day_start_nav(NOW) == D("1.1")
    assert Ledger().day_start_nav(NOW) is None


# ---- acts ----------------------------------------------------------------------------------------


def test_an_act_is_folded_through_its_orders_events():
    became = OrderBecameUnknown(client_order_id="cid_1", reason="NETWORK")
    [act] = folded(submitted(), became).acts
    assert (act.state, act.pending, act.counts, act.opening) == (OrderState.UNKNOWN, True, True, True)
    [gone] = folded(submitted(), OrderNotSent(client_order_id="cid_1", reason="HALTED")).acts
    assert (gone.pending, gone.counts) == (False, False)


def test_a_protective_act_opens_nothing():
    assert [
        act.opening for act in folded(submitted("cid_2", "stop"), submitted("cid_3", "flatten")).acts
    ] == [
        False,
        False,
    ]


def test_events_of_orders_that_were_never_submitted_change_nothing():
    assert folded(OrderNotSent(client_order_id="cid_9", reason="HALTED")) == Ledger()


def test_old_acts_are_forgotten_unless_they_may_still_have_an_effect():
    old = 49 * 3600
    acts = (sent(1, ago_s=old), sent(2, ago_s=old, state=OrderState.UNKNOWN), sent(3, ago_s=47 * 3600))
    assert [act.size_usdc for act in ledger(*acts).recent(NOW).acts] == [D(2), D(3)]
