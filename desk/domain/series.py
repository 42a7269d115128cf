"""Price and macro series of a brief: rows with the moment each became known, and their exact bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from desk.domain.market import Bar
from desk.domain.stamps import DAY, Timeframe


class Slice(Struct, frozen=True):
    """A CSV as the desk writes it: what a record keeps, and what it can be read again from."""

    sha256: str
    body: bytes


def slice_of(body: bytes) -> Slice:
    return Slice(hashlib.sha256(body).hexdigest(), body)


class Prices(Struct, frozen=True, kw_only=True):
    """Bars of one market, oldest first. ``close_only``: one value a row, so open, high and low are it."""

    timeframe: Timeframe
    close_only: bool
    bars: tuple[Bar, ...]
    slice: Slice

    def visible(self, as_of: datetime) -> tuple[Bar, ...]:
        """The bars whose close was known at ``as_of``."""
        return tuple(bar for bar in self.bars if bar.available_at <= as_of)


class StampRule(StrEnum):
    """What the date of a macro row means; ``publication_lag`` counts from there.

    ``open``: the moment the observation began: known after the lag, never before one spacing is over.
    ``close``: the day (or time) it was taken: a bare date is over at the next 00:00Z.
    ``period``: the calendar month it averages: over on the first of the next month.
    """

    OPEN = "open"
    CLOSE = "close"
    PERIOD = "period"


class Visibility(Struct, frozen=True, kw_only=True):
    """When a macro row is known and how long the last one may be used, counted from when it was known."""

    stamp: StampRule
    publication_lag: timedelta
    max_age: timedelta


class MacroName(StrEnum):
    """The series the desk has facts for. ``credit`` holds two columns: Moody's AAA and BAA yields."""

    VIX = "vix"
    CREDIT = "credit"
    CORE_CPI = "core_cpi"
    WTI = "wti"

    @property
    def columns(self) -> tuple[str, ...]:
        return ("aaa", "baa") if self is MacroName.CREDIT else ("value",)

    @property
    def default(self) -> Visibility:
        """DESIGN section 5: what holds when the brief does not say otherwise."""
        return _DEFAULTS[self]


_DEFAULTS = {
    MacroName.VIX: Visibility(stamp=StampRule.CLOSE, publication_lag=0 * DAY, max_age=5 * DAY),
    MacroName.WTI: Visibility(stamp=StampRule.CLOSE, publication_lag=0 * DAY, max_age=7 * DAY),
    MacroName.CREDIT: Visibility(stamp=StampRule.PERIOD, publication_lag=DAY, max_age=45 * DAY),
    MacroName.CORE_CPI: Visibility(stamp=StampRule.OPEN, publication_lag=50 * DAY, max_age=45 * DAY),
}


class Observation(Struct, frozen=True, kw_only=True):
    """One macro row. ``values`` are in the order of ``MacroName.columns``."""

    start: datetime
    available_at: datetime
    values: tuple[Decimal, ...]


class Macro(Struct, frozen=True, kw_only=True):
    """One macro series, oldest first."""

    name: MacroName
    visibility: Visibility
    rows: tuple[Observation, ...]
    slice: Slice

    def visible(self, as_of: datetime) -> Sequence[Observation]:
        """The rows that were known at ``as_of``."""
        return [row for row in self.rows if row.available_at <= as_of]
