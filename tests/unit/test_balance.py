"""What each event does to an account's cash."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from desk.domain import events
from desk.domain.balance import MOVING, Balance, fold
from desk.domain.events import (
    BetLost,
    BetPlaced,
    BetWon,
    EscrowDisputed,
    EscrowLocked,
    EscrowRefunded,
    EscrowReleased,
    Event,
    FaucetClaimed,
    FeeCharged,
    FundsDeposited,
    FundsWithdrawn,
    TradeMoved,
)

D = Decimal
MOVED = TradeMoved(
    trade_id="trd_1", account="a", symbol="SPX-PERP", side="buy", source="", target="", reason=""
)
HELD = replace(
    MOVED, target="HOLDING", quantity=D("0.5"), entry_price=D("2000.1234"), fees_usdc=D("0.550034")
)
#: (2010.1234 - 2000.1234) * 0.5 - 1.102818 = 3.897182, which is recorded as 3.90.
CLOSED = replace(
    HELD, target="CLOSED", exit_price=D("2010.1234"), fees_usdc=D("1.102818"), pnl_usdc=D("3.90")
)


def cash(*told: Event) -> Decimal:
    return fold(told).usdc


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (FundsDeposited(account="a", amount_usdc=D(100), nav=D(1), source="bank"), "100"),
        (FundsWithdrawn(account="a", amount_usdc=D(40), nav=D(2), target="bank"), "-40"),
        (FaucetClaimed(account="a", amount_usdc=D(1), nav=D(1), claim_id="c"), "1"),
        (BetPlaced(account="a", bet_id="b", game="dice", amount_usdc=D("0.5")), "-0.5"),
        (BetWon(account="a", bet_id="b", amount_usdc=D("0.98")), "0.98"),
        (BetLost(account="a", bet_id="b"), "0"),
        (EscrowLocked(account="a", escrow_id="e", counterparty="ag_1", amount_usdc=D(10)), "-10"),
        (EscrowReleased(account="a", escrow_id="e", amount_usdc=D("9.9")), "9.9"),
        (EscrowDisputed(account="a", escrow_id="e", reason="r"), "0"),
        (EscrowRefunded(account="a", escrow_id="e", amount_usdc=D("9.9")), "9.9"),
        (FeeCharged(account="a", amount_usdc=D("0.03"), what="funding"), "-0.03"),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, Event) else it,
)
def test_an_event_moves_the_cash_by_what_it_says(event: Event, change: str) -> None:
    assert cash(event) == D(change)
    assert (type(event).__name__ in MOVING) == (D(change) != 0)


def test_every_event_of_an_account_was_thought_of() -> None:
    told = {name for name, topic in events.TOPICS.items() if topic.startswith("account.")}
    assert told - set(MOVING) == {"BetLost", "EscrowDisputed"}


def test_a_trade_costs_its_entry_fee_when_it_is_filled_and_once() -> None:
    assert cash(replace(MOVED, target="ORDER_PLACED")) == 0
    filled = replace(HELD, target="FILLED")
    assert cash(filled) == cash(filled, HELD, replace(HELD, target="UNPROTECTED")) == D("-0.550034")


def test_a_closed_trade_has_moved_what_the_venue_booked_not_its_cents() -> None:
    closed = fold([replace(HELD, target="FILLED"), HELD, CLOSED])
    assert closed == Balance(usdc=D("3.897182"))


@pytest.mark.parametrize(
    "told",
    [
        {"exit_price": None},
        {"quantity": D("0.4")},
        {"pnl_usdc": D("2.5")},
    ],
    ids=str,
)
def test_where_prices_do_not_give_the_recorded_result_the_record_counts(told: dict[str, Decimal]) -> None:
    closed = replace(CLOSED, **told)
    assert cash(HELD, closed) == closed.pnl_usdc


def test_a_short_gains_when_the_price_falls() -> None:
    closed = replace(CLOSED, side="sell", exit_price=D("1990.1234"))
    assert cash(HELD, closed) == D("3.897182")


def test_a_trade_that_is_not_over_is_named_with_what_it_moved() -> None:
    [one] = fold([HELD]).open
    assert (one.trade_id, one.moved_usdc) == ("trd_1", D("-0.550034"))


def test_a_trade_that_ended_out_of_sight_is_said_to_be_unknown() -> None:
    gone = replace(HELD, target="CLOSED")
    assert fold([HELD, gone]) == Balance(usdc=D("-0.550034"), unknown=("trd_1",))


def test_a_trade_whose_order_is_unknown_is_so_until_that_is_resolved() -> None:
    lost = replace(MOVED, target="UNKNOWN")
    assert fold([lost]).unknown == ("trd_1",)
    assert fold([lost, HELD, CLOSED]) == Balance(usdc=D("3.897182"))
    assert fold([lost, replace(MOVED, target="ABANDONED")]) == Balance()
