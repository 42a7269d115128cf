"""The rules model's published formulas, written a second time in exact fractions, for tests to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

F = Fraction


@dataclass(frozen=True)
class Setup:
    """direction, d, g and conviction in thousandths."""

    sign: int
    d: Fraction
    g: Fraction
    thousandths: int


def setup(facts: Mapping[str, str]) -> Setup | str:
    close, ma20, ma50, rsi, atr, slope, ext = (
        F(facts[name]) for name in ("close", "ma20", "ma50", "rsi14", "atr14", "slope", "ext")
    )
    up = close > ma20 > ma50 and slope >= F("0.10") and 50 <= rsi <= 70
    down = close < ma20 < ma50 and slope <= -F("0.10") and 30 <= rsi <= 50
    if not (up or down):
        return "NO_SETUP"
    d = min(F("1.5") * atr / close, F("0.045"))
    lost = d + d / 10 + 2 * F(facts["taker_fee"]) + F(facts["spread"])
    paid = [g for g in (F(n, 10) for n in range(30, 41)) if g * d - (lost - d) >= F("2.5") * lost]
    if not paid:
        return "COSTS"
    volume = facts.get("volume_ratio")
    conviction = (
        F("0.50")
        + F("0.06") * min(F(1), abs(slope))
        + F("0.06") * min(F(1), abs(ma20 - ma50) / (2 * atr))
        + (F("0.04") if volume is not None and F(volume) >= 1 else 0)
        + F("0.04") * (1 - min(F(1), abs(ext) / 3))
    )
    return Setup(1 if up else -1, d, paid[0], round(conviction * 1000))


#: VIX, credit, CPI, WTI.
WEIGHTS = {
    "indices": (35, 30, 15, 20),
    "stocks": (35, 30, 15, 20),
    "commodities": (40, 45, 15, 0),
    "forex": (20, 20, 45, 15),
    "crypto": (40, 30, 30, 0),
}


def votes(q: Fraction, vix: Fraction, credit: Fraction, cpi: Fraction, oil: Fraction) -> tuple[int, ...]:
    """By the table: +1, −1, else 0."""
    return (
        -1 if q >= F("0.80") or vix >= F("0.25") else 1 if q <= F("0.50") and vix < F("0.10") else 0,
        1 if credit <= F("-0.05") else -1 if credit >= F("0.10") else 0,
        1 if cpi <= F("-0.10") else -1 if cpi >= F("0.30") else 0,
        -1 if oil <= F("-0.20") or oil >= F("0.40") else 1 if oil >= F("0.05") else 0,
    )
