"""The base rate on paths short enough to follow by eye."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from desk.domain.base_rate import BaseRate, History, base_rate, stop_distance
from desk.domain.market import Side
from desk.domain.stamps import Timeframe

D = Decimal


def history(
    *ahead: tuple[str, str], entries: int = 1, atr: Sequence[Decimal | None] | None = None
) -> History:
    """``entries`` bars at 100 with an ATR of 1 (stop 1.5, target 4.5 away), then bars of (low, high)."""
    lows = [D(100)] * entries + [D(low) for low, _ in ahead]
    highs = [D(100)] * entries + [D(high) for _, high in ahead]
    return History(
        highs=highs,
        lows=lows,
        closes=[D(100)] * len(lows),
        atr=atr or [D(1)] * len(lows),
        timeframe=Timeframe.MONTH,
    )


CALM = ("99", "101")


def test_a_buy_reaches_its_target_three_times_as_far_as_its_stop() -> None:
    assert base_rate(history(CALM, CALM, ("100", "104.5")), Side.BUY) == BaseRate(n=1, target=1, stop=0)


def test_a_buy_is_stopped_at_one_and_a_half_atr() -> None:
    assert base_rate(history(CALM, CALM, ("98.5", "101")), Side.BUY) == BaseRate(n=1, target=0, stop=1)


def test_a_sell_is_the_mirror_image() -> None:
    assert base_rate(history(CALM, CALM, ("95.5", "101")), Side.SELL) == BaseRate(n=1, target=1, stop=0)
    assert base_rate(history(CALM, CALM, ("99", "101.5")), Side.SELL) == BaseRate(n=1, target=0, stop=1)


def test_the_stop_comes_first_when_one_bar_touches_both() -> None:
    both = history(CALM, CALM, ("95.5", "104.5"))

    assert [base_rate(both, side).stop for side in Side] == [1, 1]


def test_a_trade_that_touches_neither_is_over_after_the_horizon() -> None:
    late = history(CALM, CALM, CALM, ("90", "101"), entries=1)

    rate = base_rate(late, Side.BUY)

    assert (rate.n, rate.stop, rate.time) == (2, 1, 1)


def test_bars_without_an_atr_or_with_none_to_speak_of_are_left_out() -> None:
    quiet = history(CALM, CALM, CALM, entries=3, atr=[None, D(0), D(1), D(1), D(1), D(1)])

    assert base_rate(quiet, Side.BUY).n == 1


def test_no_more_than_sixty_one_monthly_entries_count() -> None:
    assert base_rate(history(*[CALM] * 100), Side.BUY).n == 61


def test_the_stop_is_never_wider_than_four_and_a_half_percent() -> None:
    assert stop_distance(D(1), D(100)) == D("0.015")
    assert stop_distance(D(10), D(100)) == D("0.045")
