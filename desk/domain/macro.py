"""Macro facts: levels, changes and percentiles of what was published by ``as_of``.

Source of the windows: the rules model's table of macro votes. VIX: percentile in 252 rows (at least 126),
change over 5 rows. Credit: BAA − AAA, change over 3 calendar months, percentile in 60 months (at least
24). Core CPI: change over 12 months, and how that changed in 6. WTI: change over 60 rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from desk.domain import dossier as names
from desk.domain.figure import Figure, Sheet
from desk.domain.indicators import HUNDRED, change, percentile
from desk.domain.money import ONE, ZERO
from desk.domain.series import Macro, MacroName, Observation
from desk.domain.stamps import hours_and_days

#: The facts of each series: name, unit, and why it may be missing when the series is there.
FIGURES: Mapping[MacroName, tuple[tuple[str, str, str], ...]] = {
    MacroName.VIX: (
        (names.VIX, "points", "no row is visible"),
        (names.VIX_PERCENTILE, "fraction", "needs 126 visible rows"),
        (names.VIX_CHANGE, "fraction", "needs 6 visible rows and a level above zero"),
    ),
    MacroName.CREDIT: (
        (names.CREDIT, "percent", "no row is visible"),
        (names.CREDIT_CHANGE, "percent", "the month three before the last is not in the series"),
        (names.CREDIT_PERCENTILE, "fraction", "needs 24 visible rows"),
    ),
    MacroName.CORE_CPI: (
        (names.CPI_YOY, "percent", "the month twelve before the last is not in the series"),
        (names.CPI_CHANGE, "percent", "the months 6 and 18 before the last are not in the series"),
    ),
    MacroName.WTI: (
        (names.WTI, "USDC", "no row is visible"),
        (names.WTI_CHANGE, "fraction", "needs 61 visible rows and a price above zero"),
    ),
}
TIMEFRAMES = {MacroName.VIX: "1d", MacroName.CREDIT: "1mo", MacroName.CORE_CPI: "1mo", MacroName.WTI: "1d"}
VIX_WINDOW, VIX_LEAST, VIX_CHANGE_ROWS = 252, 126, 5
CREDIT_WINDOW, CREDIT_LEAST, CREDIT_CHANGE_MONTHS = 60, 24, 3
WTI_CHANGE_ROWS = 60


def macro_sheet(name: MacroName, series: Macro | None, as_of: datetime) -> Sheet:
    """The facts of one series; all of them missing, with the reason, when it is absent or too old."""
    rows = () if series is None else series.visible(as_of)
    problem = _problem(series, rows, as_of)
    values = _values(name, rows) if not problem else (None,) * len(FIGURES[name])
    return Sheet(
        subject=name.value,
        timeframe=TIMEFRAMES[name],
        as_of=rows[-1].available_at if rows else as_of,
        source=f"macro/{name}",
        figures=tuple(
            Figure(name=fact, unit=unit, value=value, reason=problem or lack)
            for (fact, unit, lack), value in zip(FIGURES[name], values, strict=True)
        ),
    )


def _problem(series: Macro | None, rows: Sequence[Observation], as_of: datetime) -> str:
    """Why nothing can be said of the series, or nothing."""
    if series is None:
        return "not in the brief"
    if not rows:
        return "no row was published by as_of"
    age = as_of - rows[-1].available_at
    if age > series.visibility.max_age:
        limit = hours_and_days(series.visibility.max_age)
        return f"too old: the last row was known {hours_and_days(age)} before as_of, at most {limit}"
    return ""


def _values(name: MacroName, rows: Sequence[Observation]) -> tuple[Decimal | None, ...]:
    levels = [row.values[0] for row in rows]
    match name:
        case MacroName.VIX:
            return levels[-1], _percentile(levels, VIX_WINDOW, VIX_LEAST), change(levels, VIX_CHANGE_ROWS)
        case MacroName.CREDIT:
            spreads = [row.values[1] - row.values[0] for row in rows]
            before = _by_month(rows, spreads, CREDIT_CHANGE_MONTHS)
            rise = None if before is None else spreads[-1] - before
            return spreads[-1], rise, _percentile(spreads, CREDIT_WINDOW, CREDIT_LEAST)
        case MacroName.CORE_CPI:
            now, then = _yoy(rows, levels, 0), _yoy(rows, levels, 6)
            return now, None if now is None or then is None else now - then
        case MacroName.WTI:
            return levels[-1], change(levels, WTI_CHANGE_ROWS)


def _percentile(values: Sequence[Decimal], window: int, least: int) -> Decimal | None:
    return percentile(values[-window:]) if len(values) >= least else None


def _by_month(rows: Sequence[Observation], values: Sequence[Decimal], back: int) -> Decimal | None:
    """The value of the calendar month ``back`` months before the last row's: a gap is not stepped over."""
    months = {_month(row): value for row, value in zip(rows, values, strict=True)}
    return months.get(_month(rows[-1]) - back)


def _month(row: Observation) -> int:
    return row.start.year * 12 + row.start.month


def _yoy(rows: Sequence[Observation], index: Sequence[Decimal], back: int) -> Decimal | None:
    """Percent that the index rose in the twelve months that ended ``back`` months ago."""
    now, then = _by_month(rows, index, back), _by_month(rows, index, back + 12)
    if now is None or then is None or then <= ZERO:
        return None
    return HUNDRED * (now / then - ONE)
