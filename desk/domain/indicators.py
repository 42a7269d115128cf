"""Indicators over plain sequences, oldest value first, in Decimal.

Series functions return one value a bar, ``None`` while they warm up. RSI and ATR use J. W. Wilder's
smoothing (New Concepts in Technical Trading Systems, 1978): the first average is the plain mean of ``n``
values, every later one ``(previous·(n − 1) + value) / n``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias

from desk.domain.money import ONE, ZERO

Values: TypeAlias = Sequence[Decimal]
Warming: TypeAlias = list[Decimal | None]

PERIOD = 14
#: A series of closes has no ranges: 1.5 × the smoothed |Δclose| stands in for the true range.
CLOSE_ONLY_FACTOR = Decimal("1.5")
HUNDRED = Decimal(100)


def mean(values: Values) -> Decimal:
    """Of at least one value."""
    return sum(values, ZERO) / len(values)


def sma(values: Values, n: int, back: int = 0) -> Decimal | None:
    """Mean of the ``n`` values that end ``back`` bars ago."""
    end = len(values) - back
    return mean(values[end - n : end]) if end >= n else None


def wilder(values: Values, n: int = PERIOD) -> Warming:
    """Wilder's average of each value and all before it."""
    if len(values) < n:
        return [None] * len(values)
    smoothed: Warming = [None] * (n - 1)
    average = mean(values[:n])
    smoothed.append(average)
    for value in values[n:]:
        average = (average * (n - 1) + value) / n
        smoothed.append(average)
    return smoothed


def rsi(closes: Values, n: int = PERIOD) -> Decimal | None:
    """Wilder's relative strength at the last close, 0 to 100; None without n + 1 closes or any movement."""
    moves = [later - earlier for earlier, later in pairwise(closes)]
    if len(moves) < n:
        return None
    gain = wilder([max(move, ZERO) for move in moves], n)[-1]
    loss = wilder([max(-move, ZERO) for move in moves], n)[-1]
    assert gain is not None
    assert loss is not None
    return HUNDRED * gain / (gain + loss) if gain + loss else None


def true_ranges(highs: Values, lows: Values, closes: Values) -> list[Decimal]:
    """One for each bar but the first: the span of its high, its low and the close before."""
    return [
        max(high, before) - min(low, before)
        for high, low, before in zip(highs[1:], lows[1:], closes, strict=False)
    ]


def atr(highs: Values, lows: Values, closes: Values, n: int = PERIOD) -> Warming:
    """Wilder's average true range at each bar."""
    return [None, *wilder(true_ranges(highs, lows, closes), n)] if closes else []


def atr_of_closes(closes: Values, n: int = PERIOD) -> Warming:
    """The proxy for a series without highs and lows: 1.5 × Wilder's average of |Δclose|."""
    if not closes:
        return []
    smoothed = wilder([abs(later - earlier) for earlier, later in pairwise(closes)], n)
    return [None, *(None if value is None else CLOSE_ONLY_FACTOR * value for value in smoothed)]


def change(values: Values, n: int) -> Decimal | None:
    """Fractional change over ``n`` rows; None when there are too few or the base is not above zero."""
    if len(values) <= n or values[-1 - n] <= ZERO:
        return None
    return values[-1] / values[-1 - n] - ONE


def moves(values: Values) -> list[Decimal]:
    """The fractional change of each value from the one before it; all values are above zero."""
    return [later / earlier - ONE for earlier, later in pairwise(values)]


def deviation(values: Values) -> Decimal:
    """Sample standard deviation (n − 1) of at least two values."""
    middle = mean(values)
    return (sum(((value - middle) ** 2 for value in values), ZERO) / (len(values) - 1)).sqrt()


def percentile(values: Values) -> Decimal:
    """Share of the values, the last one included, that are not above the last."""
    return Decimal(sum(value <= values[-1] for value in values)) / len(values)
