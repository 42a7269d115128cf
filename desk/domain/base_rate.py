"""The base rate: what became of an entry in this direction at every past bar, whatever the setup was.

Source: the rules model's definition. Entry at the close, stop ``min(1.5·ATR, 4.5 %)`` away, target three
times as far, the stop first when one bar touches both, time-out after the horizon.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from desk.domain.market import Side
from desk.domain.money import ZERO
from desk.domain.stamps import Timeframe

STOP_ATR = Decimal("1.5")
STOP_MAX = Decimal("0.045")
TARGET_R = Decimal(3)
#: Entries are taken at ``LOOKBACK + 1`` bars (fewer in a short history), never at fewer than ``LEAST``.
LOOKBACK = {Timeframe.HOUR: 750, Timeframe.DAY: 750, Timeframe.MONTH: 60}
LEAST = 30


class History(Struct, frozen=True, kw_only=True):
    """Columns of one market, oldest first. In a close-only series highs and lows are the closes."""

    highs: Sequence[Decimal]
    lows: Sequence[Decimal]
    closes: Sequence[Decimal]
    atr: Sequence[Decimal | None]
    timeframe: Timeframe


class BaseRate(Struct, frozen=True, kw_only=True):
    """How many of ``n`` entries reached the target, the stop, or the end of the horizon."""

    n: int
    target: int
    stop: int

    @property
    def time(self) -> int:
        return self.n - self.target - self.stop


def stop_distance(atr: Decimal, close: Decimal) -> Decimal:
    """Fraction of the entry price between entry and stop: ``min(1.5·ATR / close, 4.5 %)``."""
    return min(STOP_ATR * atr / close, STOP_MAX)


def base_rate(history: History, side: Side) -> BaseRate:
    """Every entry from ``last − H − 750`` to ``last − H`` (monthly: 60), H being the horizon in bars.

    Bars without an ATR (warm-up) or with an ATR of zero (no movement: no stop could be set) are left out.
    """
    horizon = history.timeframe.horizon_bars
    newest = len(history.closes) - 1 - horizon
    target = stop = n = 0
    for entry in range(max(0, newest - LOOKBACK[history.timeframe]), newest + 1):
        outcome = _outcome(history, side, entry, horizon)
        if outcome is not None:
            n += 1
            target += outcome > 0
            stop += outcome < 0
    return BaseRate(n=n, target=target, stop=stop)


def _outcome(history: History, side: Side, entry: int, horizon: int) -> int | None:
    """+1 target, −1 stop, 0 neither within the horizon; None when no trade could be set up."""
    atr, close = history.atr[entry], history.closes[entry]
    if atr is None or atr <= ZERO:
        return None
    risk = stop_distance(atr, close) * close
    ahead = slice(entry + 1, entry + 1 + horizon)
    if side is Side.BUY:
        floor, ceiling = close - risk, close + TARGET_R * risk
        return _first(history.lows[ahead], history.highs[ahead], floor, ceiling, 1)
    floor, ceiling = close - TARGET_R * risk, close + risk
    return _first(history.lows[ahead], history.highs[ahead], floor, ceiling, -1)


def _first(
    lows: Sequence[Decimal], highs: Sequence[Decimal], floor: Decimal, ceiling: Decimal, sign: int
) -> int:
    """Which level is touched first: ``sign`` for the ceiling, ``−sign`` for the floor, −1 for both."""
    for low, high in zip(lows, highs, strict=True):
        if low <= floor:
            return -1 if high >= ceiling else -sign
        if high >= ceiling:
            return sign
    return 0
