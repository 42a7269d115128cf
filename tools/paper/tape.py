"""A tape: one symbol's closed bars, before and after any point in time, named by their sha256."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from desk.domain.canonical import moment, timestamp
from desk.domain.market import Bar
from desk.domain.money import parsed, plain
from desk.errors import UsageError


class Tape:
    """Bars in the order their closes became known. Equal content has an equal ``sha256``."""

    __slots__ = ("_ends", "bars", "body", "sha256")

    def __init__(self, bars: Iterable[Bar]) -> None:
        self.bars = tuple(bars)
        self._ends = [bar.available_at for bar in self.bars]
        if any(late >= later for late, later in zip(self._ends, self._ends[1:], strict=False)):
            raise UsageError("a tape's bars are not in order of time", code="BAD_TAPE")
        self.body = "\n".join(map(_line, self.bars))
        self.sha256 = hashlib.sha256(self.body.encode()).hexdigest()

    @classmethod
    def read(cls, body: str) -> Tape:
        """The tape whose ``body`` was stored."""
        return cls(_bar(line) for line in body.splitlines())

    def last(self, at: datetime) -> Bar | None:
        """The newest bar whose close is known at this time."""
        count = bisect_right(self._ends, at)
        return self.bars[count - 1] if count else None

    def between(self, after: datetime, to: datetime) -> tuple[Bar, ...]:
        """The bars that close later than ``after`` and not later than ``to``."""
        return self.bars[bisect_right(self._ends, after) : bisect_right(self._ends, to)]

    def until(self, to: datetime, limit: int) -> tuple[Bar, ...]:
        """The newest ``limit`` bars known at ``to``, oldest first."""
        count = bisect_right(self._ends, to)
        return self.bars[max(0, count - limit) : count]

    def next_close(self, after: datetime) -> datetime | None:
        """When the next bar closes, or None at the end of the tape."""
        count = bisect_right(self._ends, after)
        return self._ends[count] if count < len(self._ends) else None


def _line(bar: Bar) -> str:
    figures = (bar.open, bar.high, bar.low, bar.close)
    volume = "" if bar.volume is None else plain(bar.volume)
    return ",".join((timestamp(bar.start), timestamp(bar.available_at), *map(plain, figures), volume))


def _bar(line: str) -> Bar:
    start, available_at, *figures, volume = line.split(",")
    opened, high, low, close = map(parsed, figures)
    return Bar(
        start=moment(start),
        available_at=moment(available_at),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=_volume(volume),
    )


def _volume(text: str) -> Decimal | None:
    return parsed(text) if text else None
