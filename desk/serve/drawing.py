"""Pictures as numbers: a ladder of prices and the gate's rules as bars, for SVG and CSS to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

HEIGHT, TOP = 220, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A price on the ladder; ``y`` in units of the picture, from the top."""

    name: str
    price: str
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Target, limit and stop, in scale; ``gain`` and ``risk`` are the spans between them."""

    rungs: tuple[Rung, ...]
    height: int
    gain: tuple[int, int]
    risk: tuple[int, int]


def ladder(act: Mapping[str, Any]) -> Ladder | None:
    """The act's prices in scale; None where one is missing."""
    prices = {name: _decimal(act.get(name)) for name in ("target", "limit", "stop")}
    known = [price for price in prices.values() if price is not None]
    if len(known) < len(prices) or max(known) == min(known):
        return None
    low, span = min(known), max(known) - min(known)
    at = {
        name: TOP + round((1 - (price - low) / span) * (HEIGHT - 2 * TOP))
        for name, price in prices.items()
        if price is not None
    }
    rungs = tuple(Rung(name=name, price=str(act.get(name)), y=y) for name, y in at.items())
    return Ladder(
        rungs=rungs,
        height=HEIGHT,
        gain=tuple(sorted((at["limit"], at["target"]))),  # type: ignore[arg-type]  # of two
        risk=tuple(sorted((at["limit"], at["stop"]))),  # type: ignore[arg-type]  # of two
    )


def waterfall(checks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each rule with how much of its limit is used, 0 to 100; None where that has no meaning."""
    return [{**check, "used": _used(check)} for check in checks]


def _used(check: Mapping[str, Any]) -> int | None:
    value, limit = _decimal(check.get("value")), _decimal(check.get("limit"))
    if value is None or limit is None or limit <= 0 or value < 0:
        return None
    return min(100, int(100 * value / limit))


def _decimal(value: object) -> Decimal | None:
    if not isinstance(value, str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
