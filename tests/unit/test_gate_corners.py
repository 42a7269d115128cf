"""The gate where a figure is missing, nothing, or exactly at another: it denies, and never raises."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from desk.domain.caps import largest_by_account
from desk.domain.lifecycle import OrderState
from desk.domain.limits import CEILING
from desk.domain.market import OrderStatus, Side, VenueOrder
from desk.domain.proposal import Kill, Mandate
from desk.domain.risk import assess
from tests.kernel.values import GOOG, MARKET, NOW, SPX, book, held, intent, ledger, quote, sent, stranger

D = Decimal
FREE = replace(MARKET, taker_fee=D(0), spread=D(0))


def reasons(act: Any, on: Any) -> set[str]:
    return set(assess(act, on, CEILING).reasons)


# ---- conditions that void the act ----------------------------------------------------------------


def kill(**changes: Any) -> Kill:
    """Holds: the close is 2000."""
    return Kill(**({"fact_name": "close", "op": "<", "threshold": D(2500), "known": None} | changes))


@pytest.mark.parametrize(
    ("by", "voids"),
    [(None, True), (NOW + timedelta(seconds=1), True), (NOW, True), (NOW - timedelta(seconds=1), False)],
)
def test_a_condition_with_a_deadline_holds_until_it_is_over(by: Any, voids: bool) -> None:
    assert ("KILL_IF" in reasons(intent(kill_if=(kill(by=by),)), book())) == voids


def test_a_deadline_that_is_over_frees_only_its_own_condition() -> None:
    over, other = kill(by=NOW - timedelta(hours=1)), kill(op=">", threshold=D(1500))

    assert "KILL_IF" in reasons(intent(kill_if=(over, other)), book())


@pytest.mark.parametrize("op", ["==", "", "!<"])
def test_an_operator_nobody_knows_voids_the_act(op: str) -> None:
    assert "KILL_IF" in reasons(intent(kill_if=(kill(op=op, threshold=D(1)),)), book())


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
def test_each_operator_at_its_threshold(op: str, below: bool, at: bool, above: bool) -> None:
    for threshold, voids in ((D("2000.01"), below), (D(2000), at), (D("1999.99"), above)):
        act = intent(kill_if=(kill(op=op, threshold=threshold),))
        assert ("KILL_IF" in reasons(act, book())) == voids


def test_a_condition_on_a_close_that_nobody_quotes_is_an_unknown() -> None:
    assert "INPUT_UNKNOWN" in reasons(intent(kill_if=(kill(threshold=D(1)),)), book(quotes=()))


# ---- levels that meet ----------------------------------------------------------------------------

SALE = {"side": Side.SELL, "limit": D(1996), "stop": D(2040), "target": D(1860)}


@pytest.mark.parametrize("side", [{}, SALE], ids=["buy", "sale"])
@pytest.mark.parametrize("level", ["stop", "target"])
def test_a_level_at_the_limit_is_on_no_side(side: dict[str, Any], level: str) -> None:
    limit = side.get("limit", D(2004))

    assert "STOP_SIDE" not in reasons(intent(**side), book())
    assert "STOP_SIDE" in reasons(intent(**(side | {level: limit})), book())


@pytest.mark.parametrize("side", [{}, SALE], ids=["buy", "sale"])
def test_a_stop_at_the_entry_is_on_no_side(side: dict[str, Any]) -> None:
    assert "STOP_SIDE" in reasons(intent(**(side | {"stop": D(2000)})), book())


@pytest.mark.parametrize("mandate", [Mandate(), Mandate(max_loss_usdc=D(5))])
def test_a_trade_that_could_lose_nothing_is_judged_by_its_other_figures(mandate: Mandate) -> None:
    """Without a fee and with its stop at the limit one USDC of it loses nothing, which divides by nothing."""
    nothing_to_lose = intent(stop=D(2004), mandate=mandate)

    found = reasons(nothing_to_lose, book(market=FREE))
    assert "STOP_SIDE" in found
    assert not found & {"DAILY_LOSS", "MANDATE"}


def test_an_account_that_is_worth_nothing_and_never_was_is_drawn_down() -> None:
    broke = book(balance_usdc=D(0), available_usdc=D(0), ledger=ledger(peak_nav=D(0)))

    assert "DRAWDOWN" in reasons(intent(), broke)


@pytest.mark.parametrize(("peak", "fallen"), [("1.2499", False), ("1.25", True)])
def test_a_drawdown_is_a_share_of_the_peak(peak: str, fallen: bool) -> None:
    assert ("DRAWDOWN" in reasons(intent(), book(ledger=ledger(peak_nav=D(peak))))) == fallen


def test_where_the_venue_gives_no_spread_the_quote_s_own_counts() -> None:
    """At 0.4 of 2000 it is 2 bps as well; twenty times that is noise the stop stands in, and a cost."""
    silent = replace(MARKET, spread=None)
    wide = replace(quote(), bid=D(1996), ask=D(2004))

    assert reasons(intent(), book(market=silent)) == set()
    assert reasons(intent(), book(market=silent, quotes=(wide,))) == {"STOP_IN_NOISE", "REWARD_RISK"}
    assert reasons(intent(), book(quotes=(wide,))) == set()


# ---- what others have working --------------------------------------------------------------------


def buyer(**changes: Any) -> VenueOrder:
    """Somebody else's working order: it buys 2,000 USDC of the same category."""
    return stranger(**({"side": Side.BUY, "quantity": D(1)} | changes))


@pytest.mark.parametrize(
    "order",
    [
        buyer(reduce_only=True),
        buyer(status=OrderStatus.CANCELLED),
        buyer(status=OrderStatus.FILLED),
        buyer(side=Side.SELL, quantity=D("0.1")),
        buyer(limit_price=None, quantity=D("0.1")),
        buyer(limit_price=None, stop_price=D(2100), quantity=D("0.1")),
        buyer(stop_price=D(90_000), quantity=D("0.1")),
        buyer(quantity=D(200), amount_unit="quote"),
    ],
    ids=["reduces", "cancelled", "filled", "sells", "by quote", "by stop", "by limit first", "in USDC"],
)
def test_an_order_that_opens_little_or_nothing_leaves_room(order: VenueOrder) -> None:
    assert reasons(intent(), book(orders=(order,))) == set()


@pytest.mark.parametrize(
    "order",
    [
        buyer(),
        buyer(side=None),
        buyer(limit_price=None),
        buyer(limit_price=None, stop_price=D(2100)),
        buyer(limit_price=D(2000), stop_price=D(1)),
        buyer(quantity=D(2000), amount_unit="quote"),
    ],
    ids=["limit", "no side", "by its quote", "by its stop", "by its limit first", "in USDC"],
)
def test_one_that_may_open_counts_at_the_price_it_has(order: VenueOrder) -> None:
    assert "CATEGORY_SHARE" in reasons(intent(), book(orders=(order,)))


@pytest.mark.parametrize(
    "order",
    [buyer(quantity=None), buyer(limit_price=None, symbol="WTI-PERP")],
    ids=["no amount", "no price"],
)
def test_one_of_which_nobody_knows_the_amount_leaves_no_room(order: VenueOrder) -> None:
    judged = assess(intent(), book(orders=(order,)), CEILING)

    assert "CASH_RESERVE" in judged.reasons
    assert judged.max_admissible_usdc == 0


def test_one_that_sells_is_not_alike() -> None:
    assert "CATEGORY_SHARE" not in reasons(intent(), book(orders=(buyer(side=Side.SELL),)))


def test_one_in_the_same_symbol_counts_with_its_positions() -> None:
    assert "POSITION_SIZE" in reasons(intent(), book(orders=(buyer(symbol=SPX, quantity=D("0.49")),)))
    assert "POSITION_SIZE" not in reasons(intent(), book(orders=(buyer(quantity=D("0.49")),)))


def test_what_is_pending_in_another_category_is_not_alike() -> None:
    def pending(bucket: str) -> Any:
        return book(ledger=ledger(sent(1980, bucket=bucket, state=OrderState.ACCEPTED, approved_by="ann")))

    assert "CATEGORY_SHARE" in reasons(intent(), pending("equity"))
    assert "CATEGORY_SHARE" not in reasons(intent(), pending("crypto"))


def test_a_position_whose_category_is_on_record_counts_with_its_own() -> None:
    def holding(bucket: str) -> Any:
        bought = sent(10, bucket=bucket, ago_s=4000, approved_by="ann")
        return book(positions=(held(1960, symbol=GOOG),), ledger=ledger(bought))

    assert "CATEGORY_SHARE" in reasons(intent(), holding("equity"))
    assert "CATEGORY_SHARE" not in reasons(intent(), holding("crypto"))


# ---- what would be a duplicate -------------------------------------------------------------------


@pytest.mark.parametrize(("before", "largest"), [(5, 300), (10, 0), (100, 89)])
def test_a_like_act_forbids_the_sizes_around_its_own_and_none_that_could_not_be_sent(
    before: int, largest: int
) -> None:
    like = sent(before, symbol=SPX, bucket="equity", ago_s=60, approved_by="ann")

    assert assess(intent(), book(ledger=ledger(like)), CEILING).max_admissible_usdc == largest


@pytest.mark.parametrize("other", [{"side": Side.SELL}, {"symbol": GOOG}, {"ago_s": 300}])
def test_an_act_unlike_it_forbids_no_size(other: dict[str, Any]) -> None:
    unlike = sent(100, **({"symbol": SPX, "ago_s": 60, "approved_by": "ann"} | other))

    assert assess(intent(), book(ledger=ledger(unlike)), CEILING).max_admissible_usdc == 300


# ---- what the dossier says of the account --------------------------------------------------------


def test_what_cannot_be_read_of_the_account_leaves_no_room() -> None:
    assert largest_by_account(D(10_000), book(), CEILING) > 0
    assert largest_by_account(D(10_000), book(available_usdc=None), CEILING) == 0


def test_what_is_held_pending_and_sent_takes_its_room() -> None:
    """5,300 less 100 held, 50 pending and half of the equity; and 2,500 a day less what was sent."""
    pending = sent(50, state=OrderState.ACCEPTED)
    busy = book(available_usdc=D(5300), positions=(held(100),), ledger=ledger(pending))
    traded = book(ledger=ledger(sent(2400, ago_s=9000), sent(500, ago_s=9000, state=OrderState.REJECTED)))

    assert largest_by_account(D(10_000), busy, CEILING) == 150
    assert largest_by_account(D(10_000), traded, CEILING) == 100


def test_a_position_that_nobody_quotes_takes_no_cash_that_could_be_counted() -> None:
    unpriced = book(positions=(held(50, symbol="WTI-PERP"),))

    assert largest_by_account(D(10_000), unpriced, CEILING) == largest_by_account(D(10_000), book(), CEILING)


def test_the_symbols_of_these_tests_are_of_one_category() -> None:
    assert intent().basis.category.bucket == sent(1).bucket
    assert intent().act.symbol != GOOG
