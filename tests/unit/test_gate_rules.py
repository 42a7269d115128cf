"""Each rule of the gate fires, and alone: one change of a trade that clears, one reason."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from desk.domain.book import Book, TradingState
from desk.domain.lifecycle import OrderState
from desk.domain.limits import CEILING
from desk.domain.market import Side
from desk.domain.proposal import Intent, Kill, Mandate
from desk.domain.risk import assess
from desk.errors import BadNumber
from tests.kernel.values import GOOG, NOW, book, held, intent, ledger, quote, sent, sized, snapshot, stranger

D = Decimal
SHORT = {"side": Side.SELL, "stop": D(2001)}
BUYING = Mandate(kinds=("bet",))


ALONE: list[tuple[str, Intent, Book]] = [
    ("TRADE_SIZE", sized(D(301)), book()),
    ("POSITION_SIZE", intent(), book(positions=(held(951),))),
    (
        "POSITION_SHARE",
        intent(),
        book(
            balance_usdc=D(4000),
            available_usdc=D(4000),
            positions=(held(760, **SHORT),),
            ledger=ledger(units=D(4000)),
        ),
    ),
    ("CATEGORY_SHARE", intent(), book(positions=(held(1960, symbol=GOOG),))),
    ("CASH_RESERVE", intent(), book(available_usdc=D(5050))),
    ("DRAWDOWN", intent(), book(ledger=ledger(peak_nav=D("1.25")))),
    ("DAILY_LOSS", intent(), book(ledger=ledger(last_nav=D("1.0499")))),
    ("DAILY_LOSS", intent(), book(positions=(held(600, symbol=GOOG, stop=None, side=Side.SELL),))),
    ("STOP_MISSING", intent(stop=None), book()),
    ("STOP_MISSING", intent(target=None), book()),
    ("STOP_SIDE", intent(stop=D(2045)), book()),
    ("STOP_DISTANCE", intent(stop=D("1903.79"), target=D(2400)), book()),
    ("STOP_IN_NOISE", intent(atr=D("40.01")), book()),
    ("STOP_IN_NOISE", intent(stop=D("1996.01"), target=D(2100), atr=D(1), reference=D(2000)), book()),
    ("REWARD_RISK", intent(target=D(2123)), book()),
    ("PRICE_COLLAR", intent(), book(quotes=(quote(D("2008.01")),))),
    ("QUOTE_STALE", intent(), book(quotes=(quote(age_s=31),))),
    ("QUOTE_STALE", intent(), book(quotes=(quote(age_s=-6),))),
    ("INTENT_EXPIRED", intent(valid_until=NOW - timedelta(seconds=1)), book()),
    ("KILL_IF", intent(kill_if=(Kill(fact_name="close", op="<", threshold=D(2001), known=None),)), book()),
    ("KILL_IF", intent(kill_if=(Kill(fact_name="vix", op=">=", threshold=D(20), known=D(20)),)), book()),
    ("KILL_IF", intent(kill_if=(Kill(fact_name="vix", op="about", threshold=D(9), known=D(20)),)), book()),
    ("MANDATE", intent(mandate=BUYING), book()),
    ("MANDATE", intent(mandate=Mandate(max_notional_usdc=D(49))), book()),
    ("MANDATE", intent(mandate=Mandate(max_loss_usdc=D(1))), book()),
    ("DAILY_NOTIONAL", intent(), book(ledger=ledger(sent(2451, ago_s=3600)))),
    ("DAILY_NOTIONAL", intent(), book(ledger=ledger(sent(2451, ago_s=3600, venue_time=None)))),
    ("ORDER_RATE", intent(), book(ledger=ledger(*[sent(1, ago_s=59)] * 3))),
    ("DUPLICATE", intent(), book(ledger=ledger(sent(46, symbol="SPX-PERP", ago_s=299)))),
    ("DUPLICATE", intent(), book(ledger=ledger(sent(55, symbol="SPX-PERP", ago_s=299)))),
    ("LEVERAGE", intent(leverage=2), book()),
    ("MARKET_CLOSED", intent(), book(market_open=False)),
    (
        "SYMBOL_FROZEN",
        intent(),
        book(ledger=ledger(sent(9, symbol="SPX-PERP", side=Side.SELL, ago_s=9000, state=OrderState.UNKNOWN))),
    ),
    ("STATE_REDUCING", intent(), book(trading_state=TradingState.REDUCING)),
    ("STATE_HALTED", intent(), book(trading_state=TradingState.HALTED)),
    ("SIZE_BELOW_MINIMUM", sized(D(9)), book()),
    ("SIZE_BELOW_MINIMUM", intent(quantity=D(0)), book()),
    ("SIZE_BELOW_MINIMUM", intent(quantity=D("0.03")), book()),
    ("SIZE_BELOW_MINIMUM", sized(D("50.5")), book()),
]


def test_the_trade_that_the_rules_are_tried_on_clears():
    judged = assess(intent(), book(), CEILING)
    assert judged.cleared, judged.reasons
    assert judged.human_reasons == ()


@pytest.mark.parametrize(("code", "act", "on"), ALONE, ids=[f"{n}-{row[0]}" for n, row in enumerate(ALONE)])
def test_a_rule_fires_alone(code: str, act: Intent, on: Book):
    judged = assess(act, on, CEILING)
    assert judged.reasons == (code,)
    assert not judged.cleared


#: One step to the safe side of rows above: the threshold lies where DESIGN section 7 says.
JUST_INSIDE: list[tuple[Intent, Book]] = [
    (sized(D(300)), book()),
    (intent(), book(positions=(held(950),))),
    (intent(), book(positions=(held(1949, symbol=GOOG),))),
    (intent(), book(available_usdc=D("5050.03"))),
    (intent(stop=D("1903.80"), target=D(2400)), book()),
    (intent(atr=D(40)), book()),
    (intent(stop=D(1996), target=D(2100), atr=D(1)), book()),
    (intent(), book(quotes=(quote(D(2008)),))),
    (intent(), book(quotes=(quote(age_s=30),))),
    (intent(valid_until=NOW), book()),
    (intent(mandate=Mandate(max_notional_usdc=D(50))), book()),
    (intent(), book(ledger=ledger(sent(2450, ago_s=3600)))),
    (intent(), book(ledger=ledger(sent(2451, ago_s=13 * 3600)))),
    (intent(), book(ledger=ledger(sent(2451, ago_s=3600, state=OrderState.NOT_SENT)))),
    (intent(), book(ledger=ledger(*[sent(1, ago_s=60)] * 3))),
    (intent(), book(ledger=ledger(sent(50, symbol="SPX-PERP", ago_s=300)))),
    (intent(), book(ledger=ledger(sent(45, symbol="SPX-PERP")))),
    (intent(), book(ledger=ledger(sent(50, symbol="SPX-PERP", side=Side.SELL)))),
    (sized(D(10)), book()),
]


@pytest.mark.parametrize(("act", "on"), JUST_INSIDE)
def test_a_figure_at_the_limit_passes(act: Intent, on: Book):
    assert assess(act, on, CEILING).reasons == ()


MISSING = (
    "venue_time",
    "market_open",
    "balance_usdc",
    "available_usdc",
    "positions",
    "orders",
)


@pytest.mark.parametrize("part", MISSING)
def test_a_part_the_venue_did_not_give_denies(part: str):
    judged = assess(intent(), book(**{part: None}), CEILING)
    assert judged.reasons == ("INPUT_UNKNOWN",)
    assert judged.max_admissible_usdc == judged.max_without_human_usdc == 0


UNKNOWN = [
    (intent(), book(quotes=())),
    (intent(atr=None), book()),
    (intent(), book(snapshot_age_s=D("5.001"))),
    (intent(), book(snapshot_age_s=D("-0.001"))),
    (intent(), book(positions=(held(10, symbol="WTI-PERP"),))),
    (intent(kill_if=(Kill(fact_name="vix", op="<", threshold=D(1), known=None),)), book()),
]


@pytest.mark.parametrize(("act", "on"), UNKNOWN)
def test_an_input_that_is_not_known_denies(act: Intent, on: Book):
    assert assess(act, on, CEILING).reasons == ("INPUT_UNKNOWN",)


def test_a_market_the_venue_does_not_list_denies():
    assert assess(intent(), book(market=None), CEILING).reasons == ("MARKET_UNKNOWN", "INPUT_UNKNOWN")


NOT_NUMBERS = [D("NaN"), D("sNaN"), D("Infinity"), D(-1), D("1E+30")]


@pytest.mark.parametrize("number", NOT_NUMBERS)
@pytest.mark.parametrize(
    "where",
    [
        lambda bad: (intent(entry=bad), book()),
        lambda bad: (intent(atr=bad), book()),
        lambda bad: (intent(mandate=Mandate(max_notional_usdc=bad)), book()),
        lambda bad: (intent(mandate=Mandate(max_loss_usdc=bad)), book()),
        lambda bad: (intent(), book(balance_usdc=bad)),
        lambda bad: (intent(), book(snapshot_age_s=bad)),
        lambda bad: (intent(), book(positions=(held(10, stop=bad),))),
        lambda bad: (intent(), book(orders=(stranger(quantity=bad),))),
        lambda bad: (intent(), book(orders=(stranger(limit_price=bad),))),
        lambda bad: (intent(), book(ledger=ledger(sent(1, size_usdc=bad)))),
        lambda bad: (intent(), book(ledger=ledger(units=bad))),
    ],
)
def test_a_figure_that_is_not_one_denies(number: D, where: Any):
    act, on = where(number)
    assert "INPUT_UNKNOWN" in assess(act, on, CEILING).reasons


@pytest.mark.parametrize("number", NOT_NUMBERS[:3])
@pytest.mark.parametrize("field", ["size_usdc", "quantity", "limit", "stop", "target"])
def test_an_act_with_a_figure_that_is_not_one_cannot_be_made(field: str, number: D):
    with pytest.raises(BadNumber):
        intent(**{field: number})


@pytest.mark.parametrize("number", NOT_NUMBERS[3:])
@pytest.mark.parametrize("field", ["size_usdc", "quantity", "limit", "stop", "target"])
def test_an_act_with_an_absurd_figure_denies(field: str, number: D):
    assert "INPUT_UNKNOWN" in assess(intent(**{field: number}), book(), CEILING).reasons


def test_a_strangers_working_order_counts_in_full():
    bought = stranger(side=Side.BUY, quantity=D(1))
    assert assess(intent(), book(orders=(bought,)), CEILING).reasons == ("CATEGORY_SHARE", "DAILY_LOSS")


HUMAN = [
    ((), sized(D(99)), book()),
    (("HUMAN_SIZE", "HUMAN_HOUR"), sized(D(100)), book()),
    (("HUMAN_HOUR",), intent(), book(ledger=ledger(sent(50, ago_s=3599)))),
    ((), intent(), book(ledger=ledger(sent(50, ago_s=3600)))),
    ((), intent(), book(ledger=ledger(sent(50, ago_s=60, approved_by="ann")))),
    (("HUMAN_DAY",), intent(), book(ledger=ledger(sent(250, ago_s=86399)))),
    (
        ("HUMAN_HOUR", "HUMAN_DAY"),
        intent(),
        book(ledger=ledger(sent(250, ago_s=99999, state=OrderState.UNKNOWN))),
    ),
    (("HUMAN_HOUR",), intent(), book(reserved=(sent(50, state=None),))),
    (("HUMAN_EVENT",), intent(events=(NOW + timedelta(hours=24),)), book()),
    (("HUMAN_EVENT",), intent(events=(NOW - timedelta(hours=24),)), book()),
    ((), intent(events=(NOW + timedelta(hours=24, seconds=1),)), book()),
]


@pytest.mark.parametrize(("why", "act", "on"), HUMAN)
def test_a_human_decides_from_where_the_contract_says(why: tuple[str, ...], act: Intent, on: Book):
    judged = assess(act, on, CEILING)
    assert judged.cleared
    assert judged.human_reasons == why
    assert (act.act.size_usdc <= judged.max_without_human_usdc) == (not why)


def test_every_rule_is_evaluated_and_named_together():
    bad = intent(leverage=3, target=D(2010))
    on = book(trading_state=TradingState.HALTED, snapshot=snapshot(quotes=(quote(age_s=40),)))
    wanted = {"LEVERAGE", "REWARD_RISK", "STATE_HALTED", "QUOTE_STALE"}
    assert set(assess(bad, on, CEILING).reasons) == wanted
