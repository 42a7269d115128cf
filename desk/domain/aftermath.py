"""What became of a trade and of a forecast on the bars that came after: hindsight, and read by no decision.

Rules of the embedded venue (DESIGN section 9): a bar that touches stop and target stops first; a gap fills
at the open; the taker fee is paid on both sides, each rounded up to a millionth of a USDC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from msgspec import Struct

from desk.domain.levels import Levels
from desk.domain.market import Bar, Side
from desk.domain.money import ZERO
from desk.domain.views import Forecast, ForecastEvent

CENT, FEE_STEP = Decimal("0.01"), Decimal("0.000001")


class Left(StrEnum):
    """Why a position was left."""

    STOP = "stop"
    TARGET = "target"
    FLATTEN = "flatten"


class Exit(Struct, frozen=True, kw_only=True):
    """``bar`` counts from 1, the first bar after the entry; ``at`` is when that bar had closed."""

    price: Decimal
    reason: Left
    at: datetime
    bar: int


class Held(Struct, frozen=True, kw_only=True):
    """A filled entry behind its stop. Prices in USDC, ``quantity`` in base units, the rate a fraction."""

    side: Side
    quantity: Decimal
    entry: Decimal
    stop: Decimal
    target: Decimal | None
    entry_fee_usdc: Decimal
    taker_fee: Decimal


class Closed(Struct, frozen=True, kw_only=True):
    """The end of a trade. ``r`` is the P&L after all fees over what the way to the stop would have cost."""

    exit: Exit
    fees_usdc: Decimal
    pnl_usdc: Decimal
    r: Decimal | None


def first_touch(side: Side, stop: Decimal, target: Decimal | None, bars: Sequence[Bar]) -> Exit | None:
    """The first bar that reaches the stop or the target; None if none of them does."""
    for number, bar in enumerate(bars, start=1):
        if _reached(side.opposite, bar, stop):
            worse = min if side is Side.BUY else max
            return Exit(price=worse(stop, bar.open), reason=Left.STOP, at=bar.available_at, bar=number)
        if target is not None and _reached(side, bar, target):
            better = max if side is Side.BUY else min
            return Exit(price=better(target, bar.open), reason=Left.TARGET, at=bar.available_at, bar=number)
    return None


def _reached(direction: Side, bar: Bar, level: Decimal) -> bool:
    """Did the bar go as far up (for a buy) or as far down as this?"""
    return bar.high >= level if direction is Side.BUY else bar.low <= level


def closed(held: Held, bars: Sequence[Bar]) -> Closed | None:
    """How the trade ended on these bars; None if it is still open after the last of them."""
    left = first_touch(held.side, held.stop, held.target, bars)
    return None if left is None else ended(held, left)


def ended(held: Held, left: Exit) -> Closed:
    """What the trade came to with this exit."""
    fee = (held.quantity * left.price * held.taker_fee).quantize(FEE_STEP, ROUND_CEILING)
    fees = held.entry_fee_usdc + fee
    pnl = held.side.sign * (left.price - held.entry) * held.quantity - fees
    risk = abs(held.entry - held.stop) * held.quantity
    return Closed(
        exit=left,
        fees_usdc=fees,
        pnl_usdc=pnl.quantize(CENT),
        r=(pnl / risk).quantize(CENT) if risk else None,
    )


def came_true(
    forecast: Forecast, levels: Levels, side: Side, horizon: int, bars: Sequence[Bar]
) -> bool | None:
    """Did the forecast event happen within ``horizon`` bars? None if the bars end before that is known.

    ``target_before_stop`` is as the base rate counts it: the stop first when one bar touches both, and a
    time-out is no target. ``close_above_entry_at_horizon`` is as it says, whatever the side.
    """
    within = bars[:horizon]
    if forecast.event is ForecastEvent.TARGET_BEFORE_STOP:
        touched = first_touch(side, levels.stop, levels.target, within)
        if touched is not None:
            return touched.reason is Left.TARGET
        return False if len(within) == horizon else None
    return within[-1].close > levels.entry if len(within) == horizon else None


def brier(forecasts: Sequence[tuple[Decimal, bool]]) -> Decimal | None:
    """The mean squared distance of what was forecast (0..1) from what happened (0 or 1); None for none.

    Source: G. W. Brier, Verification of forecasts expressed in terms of probability, 1950, in its usual form
    for two outcomes: 0 is perfect, 0.25 is what always saying one half gets.
    """
    if not forecasts:
        return None
    errors = [(p - (1 if happened else 0)) ** 2 for p, happened in forecasts]
    return sum(errors, ZERO) / len(errors)
