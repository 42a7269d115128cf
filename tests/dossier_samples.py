"""Dossiers made by hand: the facts that a test names, and a trend that the rules would buy by default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from desk.domain.dossier import Dossier, Fact

AS_OF = datetime(2016, 6, 24, tzinfo=UTC)
SYMBOL = "SPX-PERP"
#: Units of facts; the others are fractions.
UNITS = {
    **dict.fromkeys(("close", "ma20", "ma50", "ma200", "high20", "low20", "atr14", "wti"), "USDC"),
    **dict.fromkeys(("slope", "ext"), "ATR"),
    **dict.fromkeys(("credit_spread", "credit_change_3m", "core_cpi_yoy", "core_cpi_change_6m"), "percent"),
    **dict.fromkeys(("rsi14", "vix"), "points"),
    "volume_ratio": "ratio",
    "base_n_long": "count",
    "balance": "USDC",
}
#: Up-trend, calm world: bought by the rules model.
TREND: Mapping[str, str] = {
    "close": "2000",
    "ma20": "1980",
    "ma50": "1960",
    "rsi14": "60",
    "atr14": "20",
    "slope": "0.5",
    "ext": "1",
    "volume_ratio": "0.9",
    "spread": "0.0002",
    "taker_fee": "0.00055",
    "base_target_long": "0.2",
    "base_stop_long": "0.7",
    "base_target_short": "0.15",
    "base_stop_short": "0.75",
    "base_n_long": "751",
    "vix": "14.5",
    "vix_percentile": "0.4",
    "vix_change_5d": "-0.05",
    "credit_spread": "1.03",
    "credit_change_3m": "-0.1",
    "core_cpi_change_6m": "0",
    "wti_change_60d": "0.1",
}


def fact(number: int, name: str, value: str | Decimal, symbol: str = SYMBOL, **changes: Any) -> Fact:
    made = Fact(
        id=f"F{number}",
        name=name,
        symbol=symbol,
        timeframe="1d",
        value=Decimal(value),
        unit=UNITS.get(name, "fraction"),
        as_of=AS_OF,
        source="test",
    )
    return replace(made, **changes)


def dossier(
    values: Mapping[str, str | Decimal | None] | None = None, *, more: tuple[Fact, ...] = (), **changes: Any
) -> Dossier:
    """``TREND`` with these values in place; None takes a fact out. ``more`` is added as it is."""
    wanted = {**TREND, **(values or {})}
    known = [(name, value) for name, value in wanted.items() if value is not None]
    made = Dossier(
        as_of=AS_OF,
        symbol=SYMBOL,
        category="indices",
        timeframe="1d",
        bar_s=86_400,
        horizon_bars=40,
        question="",
        horizon="",
        text="",
        facts=(*(fact(number, name, value) for number, (name, value) in enumerate(known, 1)), *more),
        missing=(),
    )
    return replace(made, **changes)


def id_of(name: str, of: Dossier | None = None) -> str:
    """The id of the fact with this name."""
    found = (of or dossier()).fact(name)
    assert found is not None
    return found.id
