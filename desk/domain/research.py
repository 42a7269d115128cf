"""From a brief to its dossier: every number an agent may rest on, with its place, time and source.

Nothing after ``as_of`` is read, and the tape is not read at all. A fact that cannot be computed is
listed as missing with the reason, never as zero. Figures are computed at precision 28 and shown with 8
significant digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desk.domain import dossier as names
from desk.domain import indicators
from desk.domain.base_rate import LEAST, TARGET_R, History, base_rate, stop_distance
from desk.domain.brief import Brief
from desk.domain.costs import Costs, costs
from desk.domain.dossier import Dossier, Fact, Missing
from desk.domain.market import Bar, Market, Side
from desk.domain.money import significant
from desk.domain.series import Macro, MacroName, Prices
from desk.domain.stamps import DAY, Timeframe, hours_and_days

WORST_BARS = 750
VOLATILITY_BARS = 20
SLOPE_BARS = 5
VIX_YEAR, VIX_LEAST = 252, 126
VIX_DAYS, OIL_DAYS = 5, 60
CREDIT_MONTHS, CPI_YEAR, CPI_MONTHS = 3, 12, 6
SIDES = ((Side.BUY, "_long"), (Side.SELL, "_short"))
ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    """The account as the venue and the journal show it; USDC, and fractions of equity."""

    as_of: datetime
    balance_usdc: Decimal
    equity_usdc: Decimal
    exposure_usdc: Decimal
    correlated_usdc: Decimal
    drawdown: Decimal
    day_loss_usdc: Decimal
    open_positions: int
    max_admissible_usdc: Decimal


@dataclass(frozen=True, slots=True)
class _Found:
    """A value before it has its number: None with a reason when there is none."""

    name: str
    value: Decimal | None
    unit: str
    reason: str = ""
    proxy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    symbol: str
    timeframe: str
    as_of: datetime
    source: str


def build(
    brief: Brief, account: AccountFigures | None = None, markets: Mapping[str, Market] | None = None
) -> Dossier:
    """The dossier of a brief.

    Args:
        account: None where no account was read: its facts are then missing.
        markets: the venue's list, where it is known; it decides category, fee and spread.
    """
    numbered: list[Fact] = []
    missing: list[Missing] = []
    for place, found in _everything(brief, account, markets or {}):
        if found.value is None:
            missing.append(Missing(name=found.name, symbol=place.symbol, reason=found.reason))
        else:
            numbered.append(_fact(len(numbered) + 1, place, found, found.value))
    primary = brief.bars[brief.symbol]
    near = next((event.name for event in brief.events if event.within(DAY, brief.as_of)), None)
    return Dossier(
        as_of=brief.as_of,
        symbol=brief.symbol,
        category=costs(brief.symbol, markets or {}).category.value,
        timeframe=primary.timeframe.value,
        bar_s=primary.timeframe.bar_s,
        horizon_bars=primary.timeframe.horizon_bars,
        question=brief.question,
        horizon=brief.horizon,
        text=brief.text,
        facts=tuple(numbered),
        missing=tuple(missing),
        event_within_24h=near,
    )


def _fact(number: int, place: _Place, found: _Found, value: Decimal) -> Fact:
    return Fact(
        id=f"F{number}",
        name=found.name,
        symbol=place.symbol,
        timeframe=place.timeframe,
        value=significant(value),
        unit=found.unit,
        as_of=place.as_of,
        source=place.source,
        proxy=found.proxy,
    )


def _everything(
    brief: Brief, account: AccountFigures | None, markets: Mapping[str, Market]
) -> Iterator[tuple[_Place, _Found]]:
    """The primary market first, so that a name without a symbol means its fact."""
    for symbol in brief.symbols:
        series = brief.bars[symbol]
        bars = series.visible(brief.as_of)
        cost = costs(symbol, markets)
        place = _Place(
            symbol=symbol,
            timeframe=series.timeframe.value,
            as_of=bars[-1].available_at if bars else brief.as_of,
            source=f"bars:{series.slice.sha256[:8]}",
        )
        yield from ((place, found) for found in _market(series, bars, cost, brief))
    for name in MacroName:
        yield from _macro(brief, name)
    yield from _account(brief, account)


# ---- one market ----------------------------------------------------------------------------------


def _market(series: Prices, bars: tuple[Bar, ...], cost: Costs, brief: Brief) -> Iterator[_Found]:
    fresh = bool(bars) and brief.as_of - bars[-1].available_at <= series.timeframe.stale_after
    if not fresh:
        age = hours_and_days(brief.as_of - bars[-1].available_at) if bars else "no bar"
        for name in (names.CLOSE, names.ATR14):
            yield _Found(name, None, "USDC", f"the last visible bar is too old ({age})")
        return
    history = _history(series, bars)
    yield from _prices(history)
    yield from _averages(history, series.close_only)
    yield from _ranges(history, bars)
    yield _Found(names.SPREAD, cost.spread, "fraction")
    yield _Found(names.FEE, cost.taker_fee, "fraction")
    for side, suffix in SIDES:
        yield from _base_rate(history, cost, side, suffix)


def _history(series: Prices, bars: tuple[Bar, ...]) -> History:
    highs, lows = [bar.high for bar in bars], [bar.low for bar in bars]
    closes = [bar.close for bar in bars]
    atr = indicators.atr_of_closes(closes) if series.close_only else indicators.atr(highs, lows, closes)
    return History(highs=highs, lows=lows, closes=closes, atr=atr, timeframe=series.timeframe)


def _need(bars: int) -> str:
    return f"needs {bars} bars"


def _prices(history: History) -> Iterator[_Found]:
    closes = history.closes
    yield _Found(names.CLOSE, closes[-1], "USDC")
    for name, back in ((names.RETURN_1, 1), (names.RETURN_5, 5), (names.RETURN_20, 20)):
        yield _Found(name, indicators.change(closes, back), "fraction", _need(back + 1))


def _averages(history: History, close_only: bool) -> Iterator[_Found]:
    closes, atr = history.closes, history.atr[-1]
    ma20, before = indicators.sma(closes, 20), indicators.sma(closes, 20, SLOPE_BARS)
    for name, length in ((names.MA20, 20), (names.MA50, 50), (names.MA200, 200)):
        yield _Found(name, indicators.sma(closes, length), "USDC", _need(length))
    yield _Found(names.RSI14, indicators.rsi(closes), "points", "needs 15 bars that move")
    yield _Found(names.ATR14, atr, "USDC", _need(15), proxy=close_only)
    moving = atr if atr else None
    slope = None if ma20 is None or before is None or moving is None else (ma20 - before) / moving
    extension = None if ma20 is None or moving is None else (closes[-1] - ma20) / moving
    yield _Found(names.SLOPE, slope, "ATR", "needs 25 bars and an ATR", proxy=close_only)
    yield _Found(names.EXTENSION, extension, "ATR", "needs 20 bars and an ATR", proxy=close_only)


def _ranges(history: History, bars: tuple[Bar, ...]) -> Iterator[_Found]:
    yield _Found(names.VOLUME_RATIO, *_volume_ratio(bars))
    enough = len(bars) >= 20
    yield _Found(names.HIGH20, max(history.highs[-20:]) if enough else None, "USDC", _need(20))
    yield _Found(names.LOW20, min(history.lows[-20:]) if enough else None, "USDC", _need(20))
    moves = indicators.moves(history.closes[-WORST_BARS - 1 :])
    recent = moves[-VOLATILITY_BARS:]
    volatility = indicators.deviation(recent) if len(recent) == VOLATILITY_BARS else None
    yield _Found(names.REALISED_VOL, volatility, "fraction", _need(VOLATILITY_BARS + 1))
    worst = (min(moves), max(moves)) if moves else (None, None)
    yield _Found(names.WORST_DOWN, worst[0], "fraction", _need(2))
    yield _Found(names.WORST_UP, worst[1], "fraction", _need(2))


def _volume_ratio(bars: tuple[Bar, ...]) -> tuple[Decimal | None, str, str]:
    """The last volume over the mean of the last 20, the last one among them."""
    volumes = [bar.volume for bar in bars[-20:] if bar.volume is not None]
    if len(volumes) < 20:
        return None, "ratio", "the series has no volume" if not volumes else _need(20)
    mean = indicators.mean(volumes)
    return (volumes[-1] / mean if mean else None), "ratio", "no volume in 20 bars"


def _base_rate(history: History, cost: Costs, side: Side, suffix: str) -> Iterator[_Found]:
    rate = base_rate(history, side)
    reason = f"only {rate.n} past entries, needs {LEAST}"
    enough = rate.n >= LEAST
    shares = (
        (names.BASE_TARGET, rate.target),
        (names.BASE_STOP, rate.stop),
        (names.BASE_TIME, rate.time),
    )
    for name, count in shares:
        yield _Found(name + suffix, Decimal(count) / rate.n if enough else None, "fraction", reason)
    yield _Found(names.BASE_N + suffix, Decimal(rate.n) if enough else None, "count", reason)
    atr = history.atr[-1]
    risk = stop_distance(atr, history.closes[-1]) if atr else None
    paid = None if risk is None else cost.round_trip / risk
    even = None if paid is None else (1 + paid) / (1 + TARGET_R)
    yield _Found(names.BREAK_EVEN + suffix, even, "fraction", "needs an ATR")
    yield _Found(names.COST_IN_R + suffix, paid, "R", "needs an ATR")


# ---- the macro world -----------------------------------------------------------------------------


def _macro(brief: Brief, name: MacroName) -> Iterator[tuple[_Place, _Found]]:
    series = brief.macro.get(name)
    place = _Place(
        symbol=name.value,
        timeframe="1d" if name in (MacroName.VIX, MacroName.WTI) else Timeframe.MONTH.value,
        as_of=brief.as_of,
        source="brief" if series is None else f"macro:{series.slice.sha256[:8]}",
    )
    columns, reason = _visible(series, brief.as_of)
    for found in _MACRO[name](columns):
        gone = found.reason if columns[0] else reason
        yield place, _Found(found.name, found.value, found.unit, gone)


def _visible(series: Macro | None, as_of: datetime) -> tuple[list[list[Decimal]], str]:
    """The columns known at ``as_of``, empty with a reason when the last row is missing or too old."""
    if series is None:
        return [[], []], "not in the brief"
    rows = series.visible(as_of)
    if not rows:
        return [[], []], "nothing was published yet"
    age = as_of - rows[-1].available_at
    if age > series.visibility.max_age:
        limit = hours_and_days(series.visibility.max_age)
        return [[], []], f"too old: {hours_and_days(age)}, at most {limit}"
    return [list(column) for column in zip(*(row.values for row in rows), strict=True)], ""


def _vix(columns: list[list[Decimal]]) -> Iterator[_Found]:
    values = columns[0]
    year = values[-VIX_YEAR:]
    share = indicators.percentile(year) if len(year) >= VIX_LEAST else None
    yield _Found(names.VIX, values[-1] if values else None, "points")
    yield _Found(names.VIX_PERCENTILE, share, "fraction", f"needs {VIX_LEAST} days")
    yield _Found(
        names.VIX_CHANGE, indicators.change(values, VIX_DAYS), "fraction", f"needs {VIX_DAYS + 1} days"
    )


def _credit(columns: list[list[Decimal]]) -> Iterator[_Found]:
    """BAA minus AAA, in percentage points."""
    spreads = [baa - aaa for aaa, baa in zip(*columns, strict=True)]
    moved = spreads[-1] - spreads[-1 - CREDIT_MONTHS] if len(spreads) > CREDIT_MONTHS else None
    yield _Found(names.CREDIT, spreads[-1] if spreads else None, "points")
    yield _Found(names.CREDIT_CHANGE, moved, "points", f"needs {CREDIT_MONTHS + 1} months")


def _cpi(columns: list[list[Decimal]]) -> Iterator[_Found]:
    """Twelve-month change in percent, and its own change over six months in percentage points."""
    values = columns[0]
    now = _yoy(values)
    before = _yoy(values[:-CPI_MONTHS])
    moved = None if now is None or before is None else now - before
    yield _Found(names.CPI_YOY, now, "percent", f"needs {CPI_YEAR + 1} months")
    yield _Found(names.CPI_CHANGE, moved, "points", f"needs {CPI_YEAR + CPI_MONTHS + 1} months")


def _yoy(values: list[Decimal]) -> Decimal | None:
    change = indicators.change(values, CPI_YEAR)
    return None if change is None else change * 100


def _wti(columns: list[list[Decimal]]) -> Iterator[_Found]:
    values = columns[0]
    yield _Found(names.WTI, values[-1] if values else None, "USD")
    yield _Found(
        names.WTI_CHANGE, indicators.change(values, OIL_DAYS), "fraction", f"needs {OIL_DAYS + 1} days"
    )


_MACRO = {
    MacroName.VIX: _vix,
    MacroName.CREDIT: _credit,
    MacroName.CORE_CPI: _cpi,
    MacroName.WTI: _wti,
}


# ---- the account ---------------------------------------------------------------------------------


def _account(brief: Brief, account: AccountFigures | None) -> Iterator[tuple[_Place, _Found]]:
    moment = brief.as_of if account is None else account.as_of
    place = _Place(symbol=ACCOUNT, timeframe="now", as_of=moment, source="venue")
    figures = (
        (names.BALANCE, "USDC", None if account is None else account.balance_usdc),
        (names.EQUITY, "USDC", None if account is None else account.equity_usdc),
        (names.EXPOSURE, "USDC", None if account is None else account.exposure_usdc),
        (names.CORRELATED, "USDC", None if account is None else account.correlated_usdc),
        (names.DRAWDOWN, "fraction", None if account is None else account.drawdown),
        (names.DAY_LOSS, "USDC", None if account is None else account.day_loss_usdc),
        (names.OPEN_POSITIONS, "count", None if account is None else Decimal(account.open_positions)),
        (names.MAX_SIZE, "USDC", None if account is None else account.max_admissible_usdc),
    )
    for name, unit, value in figures:
        yield place, _Found(name, value, unit, "no account was read")
