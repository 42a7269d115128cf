"""From a CSV table to a series of a brief, and the bytes it is kept as: read back, they give it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import assert_never

from desk.domain.csv_table import DATE_COLUMNS, Row, Table
from desk.domain.market import Bar
from desk.domain.money import ZERO, amount, signed
from desk.domain.series import Macro, MacroName, Observation, Prices, Slice, StampRule, Visibility, slice_of
from desk.domain.stamps import DAY, Stamp, Timeframe, next_month, spacing, timeframe_of
from desk.errors import BadNumber

OHLC = ("open", "high", "low", "close")
#: Read over: a price adjusted afterwards holds knowledge of later dividends.
IGNORED = frozenset({"adj_close"})
#: Volumes are counts of shares, contracts or coins, not amounts of money: wider than ``money.AMOUNT``.
VOLUME = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?")


def volume(text: str) -> Decimal:
    """A traded volume: up to 15 digits before the point and 12 after it.

    Raises:
        BadNumber: for anything else.
    """
    if len(text) > 28 or VOLUME.fullmatch(text) is None:
        raise BadNumber(f"{ascii(text)[:40]} is not a volume", fix="Write a plain number such as 1726000000")
    return Decimal(text)


def prices(table: Table, *, known_at: datetime | None, timeframe: Timeframe | None = None) -> Prices:
    """Bars from ``date,open,high,low,close[,volume]`` or from a date and one value column.

    ``known_at`` is the brief's ``as_of``: no row may begin at or after it. ``timeframe`` is given for a
    tape, which has that of its bars.

    Raises:
        BriefError: with file and line.
    """
    places = _price_columns(table)
    refuse_future(table, known_at)
    frame = _timeframe(table, timeframe)
    bars = tuple(_bar(table, row, places, frame) for row in table.rows)
    close_only = len(places) - ("volume" in places) == 1
    names = [name for name in (*OHLC, "volume") if name in places]
    return Prices(
        timeframe=frame,
        close_only=close_only,
        bars=bars,
        slice=written(names, table.rows, [places[name] for name in names]),
    )


def _price_columns(table: Table) -> dict[str, int]:
    """Where each column stands, with ``close`` for the value of a close-only file."""
    places = {name: at for at, name in enumerate(table.columns) if name not in IGNORED}
    values = [name for name in places if name != "volume"]
    if len(values) == 1 and values[0] not in ("open", "high", "low"):
        return {"close" if name == values[0] else name: at for name, at in places.items()}
    if sorted(values) != sorted(OHLC):
        table.refuse(
            None,
            "the columns are not those of bars",
            fix="Write date,open,high,low,close,volume, or date and one value (adj_close is read over)",
        )
    return places


def refuse_future(table: Table, known_at: datetime | None) -> None:
    """Refuse the first row that begins at or after ``known_at``."""
    for row in table.rows:
        if known_at is not None and row.stamp.at >= known_at:
            table.refuse(
                row,
                f"{row.stamp.text()} is after as_of",
                why="a brief holds nothing that could not be known",
                fix="Remove the row, move as_of, or hand it in as tape",
            )


def _timeframe(table: Table, given: Timeframe | None) -> Timeframe:
    moments = [row.stamp.at for row in table.rows]
    frame = given or timeframe_of(moments)
    if frame is None:
        table.refuse(
            None,
            "the rows are not hourly, daily or monthly",
            fix="Hand in bars of 1h, 1d or 1mo, at least two of them",
        )
    for earlier, later in pairwise(table.rows):
        if later.stamp.at - earlier.stamp.at < frame.least_gap:
            table.refuse(later, f"closer to the row before it than a bar of {frame}")
    return frame


def _bar(table: Table, row: Row, places: dict[str, int], frame: Timeframe) -> Bar:
    close = _price(table, row, places["close"])
    opened = high = low = close
    if "open" in places:
        opened, high, low = (_price(table, row, places[name]) for name in ("open", "high", "low"))
        if not low <= min(opened, close) <= max(opened, close) <= high:
            table.refuse(row, "open and close do not lie between low and high")
    return Bar(
        start=row.stamp.at,
        available_at=frame.available_at(row.stamp),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=_number(table, row, places["volume"], volume) if "volume" in places else None,
    )


def _price(table: Table, row: Row, place: int) -> Decimal:
    price = _number(table, row, place, amount)
    if price <= ZERO:
        table.refuse(row, f"{table.columns[place][:20]} is not above zero")
    return price


def _number(table: Table, row: Row, place: int, parser: Callable[[str], Decimal]) -> Decimal:
    try:
        return parser(row.cells[place])
    except BadNumber as error:
        table.refuse(row, f"{ascii(table.columns[place])[1:-1][:20]}: {error.what}", fix=error.fix)


def macro(table: Table, *, name: MacroName, rule: Visibility, known_at: datetime) -> Macro:
    """One macro series whose rows are known by ``rule``; no row may begin at or after ``known_at``.

    Raises:
        BriefError: with file and line.
    """
    refuse_future(table, known_at)
    places = _macro_columns(table, name)
    gap = spacing([row.stamp.at for row in table.rows]) or DAY
    rows = tuple(
        Observation(
            start=row.stamp.at,
            available_at=_known_at(row.stamp, rule, gap),
            values=tuple(_number(table, row, place, signed) for place in places),
        )
        for row in table.rows
    )
    return Macro(name=name, visibility=rule, rows=rows, slice=written(name.columns, table.rows, places))


def _known_at(row: Stamp, rule: Visibility, gap: timedelta) -> datetime:
    match rule.stamp:
        case StampRule.OPEN:
            return row.at + max(rule.publication_lag, gap)
        case StampRule.CLOSE:
            return (row.at if row.timed else row.at + DAY) + rule.publication_lag
        case StampRule.PERIOD:
            return next_month(row.at) + rule.publication_lag
        case _:
            assert_never(rule.stamp)


def _macro_columns(table: Table, name: MacroName) -> list[int]:
    """Where the series' columns stand: its one column, or for ``credit`` those that say aaa and baa."""
    if len(name.columns) == 1 == len(table.columns):
        return [0]
    found = [[at for at, column in enumerate(table.columns) if wanted in column] for wanted in name.columns]
    if len(table.columns) != len(name.columns) or any(len(places) != 1 for places in found):
        wanted = "one value column" if len(name.columns) == 1 else "columns named aaa and baa"
        table.refuse(None, f"{name} wants a date and {wanted}")
    return [places[0] for places in found]


def written(names: Iterable[str], rows: Iterable[Row], places: list[int]) -> Slice:
    """The canonical CSV: a date column, these columns, numbers without trailing zeros, LF."""
    lines = [",".join((DATE_COLUMNS[0], *names))]
    lines += [",".join([row.stamp.text(), *(_bare(row.cells[at]) for at in places)]) for row in rows]
    return slice_of(("\n".join(lines) + "\n").encode())


def _bare(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
