"""The dossier: the numbered facts that code derives from a brief, the only numbers an agent may rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from msgspec import Struct

from desk.domain.canonical import sha256, timestamp
from desk.domain.market import Side
from desk.domain.money import plain

#: Names of facts, so that nobody spells one by hand. Directional facts end in ``_long`` or ``_short``.
CLOSE = "close"
RETURN_1, RETURN_5, RETURN_20 = "return_1", "return_5", "return_20"
MA20, MA50, MA200 = "ma20", "ma50", "ma200"
RSI14, ATR14, SLOPE, EXTENSION = "rsi14", "atr14", "slope", "ext"
VOLUME_RATIO, HIGH20, LOW20 = "volume_ratio", "high20", "low20"
REALISED_VOL, WORST_DOWN, WORST_UP = "realised_vol", "worst_1bar_down", "worst_1bar_up"
SPREAD, FEE, COST_IN_R = "spread", "taker_fee", "cost_in_r"
BASE_TARGET, BASE_STOP, BASE_TIME = "base_target", "base_stop", "base_time"
BASE_N, BREAK_EVEN = "base_n", "break_even"
VIX, VIX_PERCENTILE, VIX_CHANGE = "vix", "vix_percentile", "vix_change_5d"
CREDIT, CREDIT_CHANGE, CREDIT_PERCENTILE = "credit_spread", "credit_change_3m", "credit_percentile"
CPI_YOY, CPI_CHANGE = "core_cpi_yoy", "core_cpi_change_6m"
WTI, WTI_CHANGE = "wti", "wti_change_60d"
BALANCE, EQUITY, EXPOSURE = "balance", "equity", "exposure"
DRAWDOWN, DAY_LOSS, OPEN_POSITIONS = "drawdown", "day_loss", "open_positions"
CORRELATED, MAX_SIZE = "correlated_exposure", "max_admissible"

#: Which facts a role is shown: each sees what it needs and no more.
MACRO_FACTS = frozenset(
    {
        CLOSE,
        VIX,
        VIX_PERCENTILE,
        VIX_CHANGE,
        CREDIT,
        CREDIT_CHANGE,
        CREDIT_PERCENTILE,
        CPI_YOY,
        CPI_CHANGE,
        WTI,
        WTI_CHANGE,
    }
)


def toward(name: str, side: Side) -> str:
    """The name of a directional fact for this side: ``base_target`` and a buy give ``base_target_long``."""
    return f"{name}_{'long' if side is Side.BUY else 'short'}"


class Fact(Struct, frozen=True, kw_only=True, dict=True):
    """One number with its name, place and source. ``symbol`` is a market, a macro series or ``account``.

    ``unit`` is one of USDC, fraction, percent, points, ATR, ratio, count, bars, R or a rate's own unit.
    ``proxy`` marks a figure that stands in for one that could not be had (ATR of a close-only series).
    """

    id: str
    name: str
    symbol: str
    timeframe: str
    value: Decimal
    unit: str
    as_of: datetime
    source: str
    proxy: bool = False

    def __post_init__(self) -> None:
        _ = self.shown  # Now: a value that is not a number is not a fact.

    @cached_property
    def shown(self) -> str:
        """The value as text."""
        return plain(self.value)

    def line(self) -> str:
        """``F7 close SPX-PERP 1d 2113.32 USDC as_of 2016-06-24T00:00Z source spx``."""
        stamp = timestamp(self.as_of)[:16] + "Z"
        tail = " proxy" if self.proxy else ""
        return (
            f"{self.id} {self.name} {self.symbol} {self.timeframe} {self.shown} {self.unit}"
            f" as_of {stamp} source {self.source}{tail}"
        )


class Missing(Struct, frozen=True, kw_only=True):
    """A fact that does not exist here, and why: too old, too short, not in the brief."""

    name: str
    symbol: str
    reason: str


class Dossier(Struct, frozen=True, kw_only=True, dict=True):
    """Facts for one decision. ``text`` is the user's free text: untrusted data, never authority.

    ``horizon_bars`` is the time-out of the base rate (40 daily, 120 hourly, 3 monthly).
    ``event_within_24h`` names a listed event within 24 hours of ``as_of``, if there is one.
    ``others`` are markets shown for context: their facts carry their symbol and are found by id only.
    """

    as_of: datetime
    symbol: str
    category: str
    timeframe: str
    bar_s: int
    horizon_bars: int
    question: str
    horizon: str
    text: str
    facts: tuple[Fact, ...]
    missing: tuple[Missing, ...]
    event_within_24h: str | None = None
    others: tuple[str, ...] = ()

    def fact(self, name: str) -> Fact | None:
        """The fact with this name about the dossier's symbol, or of the macro world or the account."""
        return self._by_name.get(name)

    def value(self, name: str) -> Decimal | None:
        fact = self.fact(name)
        return None if fact is None else fact.value

    def by_id(self, fact_id: str) -> Fact | None:
        return self._by_id.get(fact_id)

    def holds(self, fact_ids: Iterable[str]) -> bool:
        """Is there a fact for each of these ids?"""
        return self._by_id.keys() >= set(fact_ids)

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What its facts are called, and its symbol."""
        return (*[fact.name for fact in self.facts], self.symbol)

    @cached_property
    def _by_name(self) -> dict[str, Fact]:
        """Of facts with the same name the first counts."""
        own = [fact for fact in self.facts if fact.symbol not in self.others]
        return {fact.name: fact for fact in reversed(own)}

    @cached_property
    def _by_id(self) -> dict[str, Fact]:
        return {fact.id: fact for fact in reversed(self.facts)}

    @cached_property
    def sha256(self) -> str:
        return sha256([fact.line() for fact in self.facts] + [m.name + " " + m.reason for m in self.missing])
