"""Dates, times and durations as briefs write them, and the three bar lengths the desk knows.

A time is read strictly: ``YYYY-MM-DD``, or that with ``HH:MM[:SS]`` and an offset. Nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct

from desk.errors import BadNumber

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
#: No lag or age of a series is longer than this.
MAX_DURATION = timedelta(days=400)

_STAMP = re.compile(
    r"(?P<date>(?:1[89]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2})"
    r"(?:[ T](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_DURATION = re.compile(r"(?P<count>[0-9]{1,8})(?P<unit>[shd])")
_UNIT = {"s": timedelta(seconds=1), "h": HOUR, "d": DAY}


class Stamp(Struct, frozen=True):
    """A moment in UTC. ``timed`` is false for a bare date, whose ``at`` is that day's 00:00Z."""

    at: datetime
    timed: bool

    def text(self) -> str:
        """The one way the desk writes it: ``2016-06-23`` or ``2016-06-23T21:00:00Z``."""
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ" if self.timed else "%Y-%m-%d")


def stamp(text: str, *, offset_required: bool = True) -> Stamp:
    """Read a bare date, or a time. Without an offset a time is UTC where that is allowed (CSV rows).

    Raises:
        BadNumber: for anything else.
    """
    match = _STAMP.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        if match["clock"] is None:
            year, month, day = match["date"].split("-")
            return Stamp(datetime(int(year), int(month), int(day), tzinfo=UTC), timed=False)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None and not offset_required:
            moment = moment.replace(tzinfo=UTC)
        if moment.tzinfo is not None:
            return Stamp(moment.astimezone(UTC), timed=True)
    except ValueError:
        raise BadNumber(
            f"{ascii(text)[:40]} is not a time the desk reads", fix="Write 2016-06-23 or 2016-06-23T21:00:00Z"
        ) from None
    raise BadNumber(
        f"{ascii(text)[:40]} has no offset", why="it could mean any hour", fix="Append Z or +02:00"
    )


def as_of(text: str) -> datetime:
    """The brief's moment: a bare date means the next 00:00Z, when that day is over."""
    read = stamp(text)
    return read.at if read.timed else read.at + DAY


def duration(text: str) -> timedelta:
    """``5d``, ``36h`` or ``90s``, at most 400 days.

    Raises:
        BadNumber: for anything else.
    """
    match = _DURATION.fullmatch(text)
    if match is not None:
        # Bounded before multiplying: eight digits of days would overflow a timedelta's range.
        count = min(int(match["count"]), int(MAX_DURATION.total_seconds()) + 1)
        if count <= MAX_DURATION / _UNIT[match["unit"]]:
            return count * _UNIT[match["unit"]]
    raise BadNumber(
        f"{ascii(text)[:40]} is not a duration the desk reads", fix="Write 5d or 36h, at most 400d"
    )


def next_month(moment: datetime) -> datetime:
    """00:00Z of the first day of the month after this moment's."""
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def hours_and_days(span: timedelta) -> str:
    """``3 d 4 h``, for messages."""
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


class Timeframe(StrEnum):
    """How long a bar is. Inferred from the spacing of the rows; anything else is refused."""

    HOUR = "1h"
    DAY = "1d"
    MONTH = "1mo"

    @property
    def bar_s(self) -> int:
        return {"1h": 3600, "1d": 86400, "1mo": 30 * 86400}[self.value]

    @property
    def horizon_bars(self) -> int:
        """When a trade times out (rules model: 40 daily bars, 120 hourly, 3 monthly)."""
        return {"1h": 120, "1d": 40, "1mo": 3}[self.value]

    @property
    def least_gap(self) -> timedelta:
        """Rows closer than this are not bars of this length (clock changes and short months allowed for)."""
        return {"1h": HOUR, "1d": 23 * HOUR, "1mo": 25 * DAY}[self.value]

    @property
    def stale_after(self) -> timedelta:
        """A last bar closed longer ago than this says nothing about now (weekends and holidays pass)."""
        return {"1h": 4 * DAY, "1d": 7 * DAY, "1mo": 45 * DAY}[self.value]

    def available_at(self, row: Stamp) -> datetime:
        """When the bar's close was known.

        A bare date is known at the next 00:00Z, a month named by its first day when the month is over; a
        time is when the bar opened, and the close is known one bar later.
        """
        if row.timed:
            return row.at + (31 * DAY if self is Timeframe.MONTH else timedelta(seconds=self.bar_s))
        if self is Timeframe.MONTH and row.at.day == 1:
            return next_month(row.at)
        return row.at + DAY


def spacing(moments: Sequence[datetime]) -> timedelta | None:
    """The median distance between neighbours, None for fewer than two."""
    gaps = sorted(later - earlier for earlier, later in pairwise(moments))
    return gaps[len(gaps) // 2] if gaps else None


def timeframe_of(moments: Sequence[datetime]) -> Timeframe | None:
    """The bar length this spacing means, or None when it is none of the three."""
    gap = spacing(moments)
    if gap is None:
        return None
    if gap == HOUR:
        return Timeframe.HOUR
    if 23 * HOUR <= gap <= 25 * HOUR:
        return Timeframe.DAY
    return Timeframe.MONTH if 27 * DAY <= gap <= 32 * DAY else None
