"""How much: code sizes every act, for every model, and no model sizes any.

    risk = 0.005 % + 0.03 %·x of equity, halved in a storm or near a listed event
    size = floor(min(3 %·equity, equity·risk / (d + s + c)) × size_step / 100), whole USDC

``x`` in 0..1 says how far the *less* certain analyst is past the threshold: conviction above 0.55 for the
rules model, forecast above the base rate for every other.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal

from desk.domain import dossier as names
from desk.domain.dossier import Dossier
from desk.domain.levels import as_fraction
from desk.domain.limits import CEILING
from desk.domain.money import ONE, ZERO
from desk.domain.proposal import slip
from desk.domain.views import Forecast, ForecastEvent

BASE_RISK = Decimal("0.00005")
EXTRA_RISK = Decimal("0.0003")
CONVICTION_FLOOR = Decimal("0.55")
SPAN = Decimal("0.10")
STORM = Decimal("0.95")


def certainty(lead: Decimal) -> Decimal:
    """``clamp(lead / 0.10, 0, 1)``."""
    return max(ZERO, min(ONE, lead / SPAN))


def certainty_of_convictions(convictions: Iterable[Decimal]) -> Decimal:
    """x for the rules model: the smaller conviction's lead over 0.55."""
    return certainty(min(convictions) - CONVICTION_FLOOR)


def certainty_of_forecasts(forecasts: Iterable[Forecast | None], base: Decimal | None) -> Decimal:
    """x for every other model: the smaller lead of ``p`` over the base rate of this direction.

    Zero without a base rate, and as soon as one analyst gave no forecast or one of another event.
    """
    given = tuple(forecasts)
    if base is None:
        return ZERO
    return min((_lead(forecast, base) for forecast in given), default=ZERO)


def _lead(forecast: Forecast | None, base: Decimal) -> Decimal:
    if forecast is None or forecast.event is not ForecastEvent.TARGET_BEFORE_STOP:
        return ZERO
    return certainty(forecast.p - base)


def halved(dossier: Dossier) -> bool:
    """True iff VIX stands in the top twentieth of its year or a listed event is within 24 hours."""
    percentile = as_fraction(dossier.fact(names.VIX_PERCENTILE))
    return dossier.event_within_24h is not None or (percentile is not None and percentile >= STORM)


def size_usdc(
    *,
    equity: Decimal,
    distance: Decimal,
    cost: Decimal,
    x: Decimal,
    halve: bool,
    size_step: int,
) -> Decimal:
    """Whole USDC to trade; zero when there is nothing to risk.

    Args:
        equity: of the account, USDC.
        distance: entry to stop, as a fraction of the entry.
        cost: twice the taker fee plus the spread, as a fraction.
        x: certainty, 0..1.
        halve: see ``halved``.
        size_step: 25, 50, 75 or 100 percent, the risk officer's.
    """
    risk = (BASE_RISK + EXTRA_RISK * x) / (2 if halve else 1)
    at_risk = distance + slip(distance) + cost
    if equity <= 0 or at_risk <= 0:
        return ZERO
    size = min(CEILING.trade_size * equity, equity * risk / at_risk) * size_step / 100
    return size.to_integral_value(ROUND_FLOOR)
