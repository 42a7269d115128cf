"""The arithmetic of the offline rules model: setup, votes, convictions, vetoes.

Formulas are those published with the desk (deliberation, section 2); tested on the series the briefs are
cut from. They claim no edge: net R per trade was +0.02 ± 0.17.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType

from msgspec import Struct

from desk.domain import dossier as names
from desk.domain.dossier import Dossier
from desk.domain.levels import Levels, as_fraction, reward_multiple, round_trip_cost, stop_distance
from desk.domain.money import ONE, ZERO
from desk.domain.views import Stance

D = Decimal
THOUSANDTH = D("0.001")
MIN_SLOPE = D("0.10")
MAX_EXTENSION = D("2.0")


class Trend(Struct, frozen=True, kw_only=True):
    """A technical setup: direction, distances as fractions of the close, and conviction."""

    sign: int
    distance: Decimal
    multiple: Decimal
    conviction: Decimal


class Vote(Struct, frozen=True, kw_only=True):
    """One macro input: the fact it rests on, −1, 0 or +1, and its weight."""

    fact_name: str
    vote: int
    weight: Decimal


class Climate(Struct, frozen=True, kw_only=True):
    """The macro score over the inputs present. ``stance`` is abstain when too few of them are."""

    votes: tuple[Vote, ...]
    score: Decimal
    coverage: Decimal
    stance: Stance
    conviction: Decimal


# ---- technical -----------------------------------------------------------------------------------


def trend(dossier: Dossier) -> Trend | str:
    """The setup, or ``NO_SETUP`` / ``COSTS`` / ``ABSTAINED`` when there is none."""
    wanted = (names.CLOSE, names.MA20, names.MA50, names.RSI14, names.ATR14, names.SLOPE, names.EXTENSION)
    values = [dossier.value(name) for name in wanted]
    cost = round_trip_cost(dossier)
    if cost is None or any(value is None for value in values):
        return "ABSTAINED"
    close, ma20, ma50, rsi, atr, slope, ext = (value or ZERO for value in values)
    sign = _direction(close, ma20, ma50, rsi, slope)
    if sign == 0 or atr <= 0:
        return "NO_SETUP"
    distance = stop_distance(close, atr)
    multiple = reward_multiple(distance, cost)
    if multiple is None:
        return "COSTS"
    spread_of_averages = min(ONE, abs(ma20 - ma50) / (2 * atr))
    volume = dossier.value(names.VOLUME_RATIO)
    conviction = (
        D("0.50")
        + D("0.06") * min(ONE, abs(slope))
        + D("0.06") * spread_of_averages
        + (D("0.04") if volume is not None and volume >= 1 else ZERO)
        + D("0.04") * (1 - min(ONE, abs(ext) / 3))
    )
    return Trend(sign=sign, distance=distance, multiple=multiple, conviction=_rounded(conviction))


def _direction(close: Decimal, ma20: Decimal, ma50: Decimal, rsi: Decimal, slope: Decimal) -> int:
    if close > ma20 > ma50 and slope >= MIN_SLOPE and 50 <= rsi <= 70:
        return 1
    if close < ma20 < ma50 and slope <= -MIN_SLOPE and 30 <= rsi <= 50:
        return -1
    return 0


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(THOUSANDTH, rounding=ROUND_HALF_EVEN)


# ---- macro ---------------------------------------------------------------------------------------

_WEIGHTS: Mapping[str, tuple[Decimal, Decimal, Decimal, Decimal]] = MappingProxyType(
    {
        "indices": (D("0.35"), D("0.30"), D("0.15"), D("0.20")),
        "stocks": (D("0.35"), D("0.30"), D("0.15"), D("0.20")),
        "commodities": (D("0.40"), D("0.45"), D("0.15"), ZERO),
        "forex": (D("0.20"), D("0.20"), D("0.45"), D("0.15")),
        "crypto": (D("0.40"), D("0.30"), D("0.30"), ZERO),
    }
)


def _vix(dossier: Dossier) -> int | None:
    percentile = as_fraction(dossier.fact(names.VIX_PERCENTILE))
    change = as_fraction(dossier.fact(names.VIX_CHANGE))
    if percentile is None or change is None:
        return None
    if percentile >= D("0.80") or change >= D("0.25"):
        return -1
    return 1 if percentile <= D("0.50") and change < D("0.10") else 0


def _credit(dossier: Dossier) -> int | None:
    change = dossier.value(names.CREDIT_CHANGE)
    if change is None:
        return None
    return 1 if change <= D("-0.05") else -1 if change >= D("0.10") else 0


def _cpi(dossier: Dossier) -> int | None:
    change = dossier.value(names.CPI_CHANGE)
    if change is None:
        return None
    return 1 if change <= D("-0.10") else -1 if change >= D("0.30") else 0


def _oil(dossier: Dossier) -> int | None:
    change = as_fraction(dossier.fact(names.WTI_CHANGE))
    if change is None:
        return None
    if change <= D("-0.20") or change >= D("0.40"):
        return -1
    return 1 if change >= D("0.05") else 0


_INPUTS: tuple[tuple[str, Callable[[Dossier], int | None]], ...] = (
    (names.VIX_PERCENTILE, _vix),
    (names.CREDIT_CHANGE, _credit),
    (names.CPI_CHANGE, _cpi),
    (names.WTI_CHANGE, _oil),
)


def climate(dossier: Dossier) -> Climate:
    """The weighted vote over what is visible, renormalised over the inputs present."""
    weights = _WEIGHTS[dossier.category]
    votes = [
        Vote(fact_name=name, vote=vote, weight=weight)
        for (name, read), weight in zip(_INPUTS, weights, strict=True)
        if weight and (vote := read(dossier)) is not None
    ]
    coverage = sum((vote.weight for vote in votes), ZERO)
    score = sum((vote.vote * vote.weight for vote in votes), ZERO) / coverage if coverage else ZERO
    stance = Stance.NEUTRAL
    if coverage < D("0.5"):
        stance = Stance.ABSTAIN
    elif abs(score) >= D("0.25"):
        stance = Stance.BULLISH if score > 0 else Stance.BEARISH
    conviction = _rounded(D("0.50") + D("0.30") * abs(score) * coverage)
    return Climate(votes=tuple(votes), score=score, coverage=coverage, stance=stance, conviction=conviction)


# ---- vetoes --------------------------------------------------------------------------------------


def vetoes(dossier: Dossier, macro: Stance, sign: int, levels: Levels) -> tuple[str, ...]:
    """Every reason for which the rules officer rejects; empty when it approves."""
    cost = round_trip_cost(dossier) or ZERO
    atr, ext = dossier.value(names.ATR14) or ZERO, dossier.value(names.EXTENSION) or ZERO
    entry, distance, multiple = levels.entry, levels.distance, levels.multiple
    reach = atr * D(dossier.horizon_bars).sqrt()
    base = dossier.value(names.BASE_TARGET + ("_long" if sign > 0 else "_short"))
    line = D("0.5") * (1 + cost / distance) / (1 + multiple)
    checks = (
        ("MACRO_ABSTAINS", macro is Stance.ABSTAIN),
        ("NO_AGREEMENT", macro is Stance.NEUTRAL),
        ("CONFLICT", macro.sign * sign < 0),
        ("STOP_IN_NOISE", distance * entry < atr),
        ("EXTENDED", sign * ext > MAX_EXTENSION),
        ("TARGET_OUT_OF_REACH", multiple * distance * entry > reach),
        ("NO_BASE_RATE", base is None),
        ("BASE_RATE", base is not None and base < line),
    )
    return tuple(code for code, holds in checks if holds)
