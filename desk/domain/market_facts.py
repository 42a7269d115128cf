"""Facts of one market: price, trend, range, cost, and the base rates of both directions.

Formulas are the rules model's. Returns, moves and costs are fractions; distances marked ATR are in ATR14.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from desk.domain import dossier as names
from desk.domain.base_rate import LEAST, TARGET_R, BaseRate, History, base_rate, stop_distance
from desk.domain.costs import Costs
from desk.domain.dossier import toward
from desk.domain.figure import Figure, Sheet
from desk.domain.indicators import atr, atr_of_closes, change, deviation, mean, moves, rsi, sma
from desk.domain.market import Bar, Side
from desk.domain.money import ONE, ZERO
from desk.domain.series import Prices
from desk.domain.stamps import Timeframe, hours_and_days

#: The worst move is looked for in this many moves, and not in fewer than ``base_rate.LEAST``.
WORST_WINDOW = 750
WINDOW = 20
SLOPE_BARS = 5


class View(Struct, frozen=True, kw_only=True):
    """The visible bars of one market as columns. ``atr`` is a proxy when ``close_only``."""

    timeframe: Timeframe
    close_only: bool
    closes: Sequence[Decimal]
    highs: Sequence[Decimal]
    lows: Sequence[Decimal]
    volumes: Sequence[Decimal | None]
    atr: Sequence[Decimal | None]

    @property
    def last_atr(self) -> Decimal | None:
        """ATR14 at the last bar, None while it warms up or when nothing has moved."""
        return (self.atr[-1] or None) if self.atr else None


def view_of(prices: Prices, bars: Sequence[Bar]) -> View:
    closes = [bar.close for bar in bars]
    highs = [bar.high for bar in bars]
    lows = [bar.low for bar in bars]
    return View(
        timeframe=prices.timeframe,
        close_only=prices.close_only,
        closes=closes,
        highs=highs,
        lows=lows,
        volumes=[bar.volume for bar in bars],
        atr=atr_of_closes(closes) if prices.close_only else atr(highs, lows, closes),
    )


class Rule(Struct, frozen=True, kw_only=True):
    """How one fact is computed. ``lack`` says why it is missing when ``of`` gives None.

    ``ranged`` facts rest on highs and lows: of a close-only series they are proxies.
    """

    name: str
    unit: str
    of: Callable[[View], Decimal | None]
    lack: str
    ranged: bool = False


def _slope(view: View) -> Decimal | None:
    now, then = sma(view.closes, WINDOW), sma(view.closes, WINDOW, back=SLOPE_BARS)
    span = view.last_atr
    return None if now is None or then is None or span is None else (now - then) / span


def _extension(view: View) -> Decimal | None:
    middle, span = sma(view.closes, WINDOW), view.last_atr
    return None if middle is None or span is None else (view.closes[-1] - middle) / span


def _volume_ratio(view: View) -> Decimal | None:
    recent = [volume for volume in view.volumes[-WINDOW:] if volume is not None]
    if len(recent) < WINDOW or not any(recent):
        return None
    return recent[-1] / mean(recent)


def _extreme(values: Sequence[Decimal], pick: Callable[[Sequence[Decimal]], Decimal]) -> Decimal | None:
    return pick(values[-WINDOW:]) if len(values) >= WINDOW else None


def _realised(view: View) -> Decimal | None:
    recent = moves(view.closes[-WINDOW - 1 :])
    return deviation(recent) if len(recent) == WINDOW else None


def _worst(view: View, sign: int) -> Decimal | None:
    """The largest move of one bar against a trade, as a positive fraction; zero if there was none."""
    recent = moves(view.closes[-WORST_WINDOW - 1 :])
    if len(recent) < LEAST:
        return None
    return max(ZERO, *(sign * move for move in recent))


def _needs(bars: int) -> str:
    return f"needs {bars} visible bars"


_MOVED = "needs 15 visible bars that moved"
_ATR_LACK = "needs 25 visible bars that moved"
RULES = (
    Rule(name=names.CLOSE, unit="USDC", of=lambda v: v.closes[-1], lack=_needs(1)),
    Rule(name=names.RETURN_1, unit="fraction", of=lambda v: change(v.closes, 1), lack=_needs(2)),
    Rule(name=names.RETURN_5, unit="fraction", of=lambda v: change(v.closes, 5), lack=_needs(6)),
    Rule(name=names.RETURN_20, unit="fraction", of=lambda v: change(v.closes, 20), lack=_needs(21)),
    Rule(name=names.MA20, unit="USDC", of=lambda v: sma(v.closes, 20), lack=_needs(20)),
    Rule(name=names.MA50, unit="USDC", of=lambda v: sma(v.closes, 50), lack=_needs(50)),
    Rule(name=names.MA200, unit="USDC", of=lambda v: sma(v.closes, 200), lack=_needs(200)),
    Rule(name=names.RSI14, unit="points", of=lambda v: rsi(v.closes), lack=_MOVED),
    Rule(
        name=names.ATR14,
        unit="USDC",
        of=lambda v: v.last_atr,
        lack=_MOVED,
        ranged=True,
    ),
    Rule(name=names.SLOPE, unit="ATR", of=_slope, lack=_ATR_LACK, ranged=True),
    Rule(name=names.EXTENSION, unit="ATR", of=_extension, lack=_ATR_LACK, ranged=True),
    Rule(
        name=names.VOLUME_RATIO,
        unit="ratio",
        of=_volume_ratio,
        lack="the last 20 bars have no volume",
    ),
    Rule(name=names.HIGH20, unit="USDC", of=lambda v: _extreme(v.highs, max), lack=_needs(20), ranged=True),
    Rule(name=names.LOW20, unit="USDC", of=lambda v: _extreme(v.lows, min), lack=_needs(20), ranged=True),
    Rule(name=names.REALISED_VOL, unit="fraction", of=_realised, lack=_needs(21)),
    Rule(name=names.WORST_DOWN, unit="fraction", of=lambda v: _worst(v, -1), lack=_needs(31)),
    Rule(name=names.WORST_UP, unit="fraction", of=lambda v: _worst(v, 1), lack=_needs(31)),
)


def market_sheet(symbol: str, prices: Prices, as_of: datetime, costs: Costs | None) -> Sheet:
    """Every fact of one market at ``as_of``. Without ``costs`` (a market for context) price facts only."""
    bars = prices.visible(as_of)
    problem = _problem(prices, bars, as_of)
    view = view_of(prices, () if problem else bars)
    figures = [_figure(rule, view, problem) for rule in RULES]
    if costs is not None:
        figures += _cost_figures(view, costs, problem)
        for side in Side:
            figures += _base_figures(view, costs, side, problem)
    return Sheet(
        subject=symbol,
        timeframe=prices.timeframe.value,
        as_of=bars[-1].available_at if bars else as_of,
        source=f"bars/{symbol}",
        figures=tuple(figures),
    )


def _problem(prices: Prices, bars: Sequence[Bar], as_of: datetime) -> str:
    """Why nothing can be said of the market, or nothing."""
    if not bars:
        return "no bar had closed by as_of"
    age = as_of - bars[-1].available_at
    if age > prices.timeframe.stale_after:
        limit = hours_and_days(prices.timeframe.stale_after)
        return f"too old: the last bar closed {hours_and_days(age)} before as_of, at most {limit}"
    return ""


def _figure(rule: Rule, view: View, problem: str) -> Figure:
    return Figure(
        name=rule.name,
        unit=rule.unit,
        value=None if problem else rule.of(view),
        reason=problem or rule.lack,
        proxy=rule.ranged and view.close_only,
    )


def _cost_figures(view: View, costs: Costs, problem: str) -> list[Figure]:
    """What a round trip costs, and that cost as a share of what is lost at the stop."""
    per_risk = _cost_in_r(view, costs)
    lack = problem or "needs ATR14"
    return [
        Figure(name=names.SPREAD, unit="fraction", value=costs.spread),
        Figure(name=names.FEE, unit="fraction", value=costs.taker_fee),
        *(
            Figure(
                name=toward(names.COST_IN_R, side),
                unit="R",
                value=per_risk,
                reason=lack,
                proxy=view.close_only,
            )
            for side in Side
        ),
    ]


def _cost_in_r(view: View, costs: Costs) -> Decimal | None:
    span = view.last_atr
    return None if span is None else costs.round_trip / stop_distance(span, view.closes[-1])


def _base_figures(view: View, costs: Costs, side: Side, problem: str) -> list[Figure]:
    """The shares of past entries, and the share of targets at which a 3R trade pays for stops and costs."""
    rate = BaseRate(n=0, target=0, stop=0) if problem else base_rate(_history(view), side)
    lack = problem or f"needs {LEAST} past entries, has {rate.n}"
    enough = rate.n >= LEAST
    shares = [
        (names.BASE_TARGET, "fraction", Decimal(rate.target) / rate.n if enough else None),
        (names.BASE_STOP, "fraction", Decimal(rate.stop) / rate.n if enough else None),
        (names.BASE_TIME, "fraction", Decimal(rate.time) / rate.n if enough else None),
        (names.BASE_N, "count", Decimal(rate.n) if enough else None),
    ]
    cost = _cost_in_r(view, costs)
    even = None if cost is None else (ONE + cost) / (ONE + TARGET_R)
    return [
        *(
            Figure(name=toward(name, side), unit=unit, value=value, reason=lack, proxy=view.close_only)
            for name, unit, value in shares
        ),
        Figure(
            name=toward(names.BREAK_EVEN, side),
            unit="fraction",
            value=even,
            reason=problem or "needs ATR14",
            proxy=view.close_only,
        ),
    ]


def _history(view: View) -> History:
    return History(
        highs=view.highs,
        lows=view.lows,
        closes=view.closes,
        atr=view.atr,
        timeframe=view.timeframe,
    )
