"""Indicators against TA-Lib, an independent implementation, on the bundled series."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from statistics import stdev

import numpy as np
import pytest
import talib

from desk.briefs.catalog import BUNDLED
from desk.briefs.reader import read
from desk.domain.indicators import atr, atr_of_closes, change, deviation, moves, percentile, rsi, sma, wilder
from desk.domain.market import Bar
from desk.domain.money import CONTEXT

D = Decimal
CLOSE_ENOUGH = 1e-10


def column(bars: Sequence[Bar], name: str) -> list[Decimal]:
    return [getattr(bar, name) for bar in bars]


def floats(values: Sequence[Decimal]) -> np.ndarray:
    return np.array([float(value) for value in values])


def bundled(name: str) -> Sequence[Bar]:
    brief = read(f"@{name}")
    return brief.bars[brief.symbol].bars


@pytest.mark.parametrize("name", BUNDLED)
def test_rsi_is_that_of_talib(name: str) -> None:
    closes = column(bundled(name), "close")

    with localcontext(CONTEXT):
        ours = rsi(closes)

    assert ours is not None
    assert float(ours) == pytest.approx(talib.RSI(floats(closes), 14)[-1], rel=CLOSE_ENOUGH)


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bar_s_atr_is_that_of_talib(name: str) -> None:
    bars = bundled(name)
    highs, lows, closes = (column(bars, part) for part in ("high", "low", "close"))

    with localcontext(CONTEXT):
        ours = atr(highs, lows, closes)

    theirs = talib.ATR(floats(highs), floats(lows), floats(closes), 14)
    assert ours[:14] == [None] * 14
    assert np.isnan(theirs[:14]).all()
    warm = [value for value in ours if value is not None]
    assert floats(warm) == pytest.approx(theirs[14:], rel=CLOSE_ENOUGH)


@pytest.mark.parametrize("length", [20, 50, 200])
def test_moving_averages_are_those_of_talib(length: int) -> None:
    closes = column(bundled("brexit-eve"), "close")
    theirs = talib.SMA(floats(closes), length)

    for back in (0, 5):
        ours = sma(closes, length, back)
        assert ours is not None
        assert float(ours) == pytest.approx(theirs[-1 - back], rel=CLOSE_ENOUGH)


def test_the_close_only_proxy_is_one_and_a_half_times_the_smoothed_move() -> None:
    closes = column(bundled("opec-whisper"), "close")
    theirs = talib.ATR(floats(closes), floats(closes), floats(closes), 14)

    ours = atr_of_closes(closes)[-1]

    assert ours is not None
    assert float(ours) == pytest.approx(1.5 * theirs[-1], rel=CLOSE_ENOUGH)


def test_wilder_starts_with_the_plain_mean() -> None:
    assert wilder([D(1), D(2), D(3), D(6)], 3) == [None, None, D(2), (D(2) * 2 + 6) / 3]
    assert wilder([D(1)], 3) == [None]


def test_rsi_is_a_hundred_when_nothing_falls_and_nothing_when_nothing_moves() -> None:
    assert rsi([D(at) for at in range(1, 20)]) == 100
    assert rsi([D(5)] * 20) is None
    assert rsi([D(at) for at in range(1, 15)]) is None


def test_change_is_a_fraction_and_needs_its_base() -> None:
    assert change([D(4), D(5)], 1) == D("0.25")
    assert change([D(5)], 1) is None
    assert change([D(0), D(5)], 1) is None


def test_deviation_is_that_of_the_standard_library() -> None:
    recent = moves(column(bundled("brexit-eve"), "close"))[-20:]

    assert float(deviation(recent)) == pytest.approx(stdev(map(float, recent)), rel=CLOSE_ENOUGH)


def test_the_percentile_counts_the_value_itself_and_its_equals() -> None:
    assert percentile([D(1), D(2), D(2), D(3), D(2)]) == D("0.8")
