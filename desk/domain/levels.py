"""Prices as expressions over facts, and what entry, stop and target mean for risk and reward.

Distances and costs are fractions of the entry price. Formulas: the rules of the desk's own model
(stop ``min(1.5·ATR, 4.5 %)``, target the smallest multiple that pays 2.5 times the risk after costs).
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from desk.domain import dossier as names
from desk.domain.dossier import Dossier, Fact
from desk.domain.proposal import slip
from desk.domain.views import PriceRef, TechnicalView

#: Facts that are prices of the dossier's own symbol: the only ones a level may rest on.
PRICES = frozenset({names.CLOSE, names.MA20, names.MA50, names.MA200, names.HIGH20, names.LOW20})

STOP_ATR = Decimal("1.5")
MAX_STOP = Decimal("0.045")
MIN_REWARD = Decimal("2.5")
#: 3.0, 3.1 … 4.0 times the stop distance.
MULTIPLES = tuple(Decimal(tenths) / 10 for tenths in range(30, 41))


class Levels(Struct, frozen=True, kw_only=True):
    """Evaluated prices in USDC, before the venue's rounding."""

    entry: Decimal
    stop: Decimal
    target: Decimal

    @property
    def distance(self) -> Decimal:
        """d: the fraction of the entry price that lies between entry and stop."""
        return abs(self.entry - self.stop) / self.entry

    @property
    def multiple(self) -> Decimal:
        """g: how many stop distances the target is away."""
        return abs(self.target - self.entry) / abs(self.entry - self.stop)

    def fit(self, sign: int) -> bool:
        """True iff the stop lies on the losing side of this direction and the target on the winning one."""
        gain, loss = sign * (self.target - self.entry), sign * (self.entry - self.stop)
        return gain > 0 and loss > 0 and min(self.entry, self.stop, self.target) > 0


def price(ref: PriceRef, dossier: Dossier) -> Decimal | None:
    """The price ``ref`` stands for; None if its fact is no price of this symbol, or ATR14 is missing."""
    fact = dossier.by_id(ref.fact)
    if fact is None or fact.name not in PRICES or fact.symbol != dossier.symbol:
        return None
    if ref.pct is not None:
        return fact.value * (1 + ref.pct / 100)
    atr = dossier.value(names.ATR14)
    return None if atr is None or ref.atr is None else fact.value + ref.atr * atr


def levels(view: TechnicalView, dossier: Dossier) -> Levels | None:
    """The view's three levels; None if it names no setup or one of them cannot be evaluated."""
    entry, stop, target = (
        None if ref is None else price(ref, dossier) for ref in (view.entry, view.stop, view.target)
    )
    if entry is None or stop is None or target is None:
        return None
    return Levels(entry=entry, stop=stop, target=target)


def as_fraction(fact: Fact | None) -> Decimal | None:
    """A relative fact as a fraction, whatever unit it is shown in."""
    if fact is None:
        return None
    return fact.value / {"percent": 100, "bps": 10_000}.get(fact.unit, 1)


def round_trip_cost(dossier: Dossier) -> Decimal | None:
    """c: twice the taker fee plus the spread once; None if either is not known."""
    fee, spread = as_fraction(dossier.fact(names.FEE)), as_fraction(dossier.fact(names.SPREAD))
    return None if fee is None or spread is None else 2 * fee + spread


def stop_distance(close: Decimal, atr: Decimal) -> Decimal:
    """d of the rules model: ``min(1.5·ATR/close, 4.5 %)``."""
    return min(STOP_ATR * atr / close, MAX_STOP)


def reward_multiple(distance: Decimal, cost: Decimal) -> Decimal | None:
    """The smallest g with ``(g·d − s − c)/(d + s + c) ≥ 2.5``; None if 4.0 is not enough."""
    lost = distance + slip(distance) + cost
    paying = (g for g in MULTIPLES if g * distance - slip(distance) - cost >= MIN_REWARD * lost)
    return next(paying, None)
