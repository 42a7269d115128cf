"""From what was approved to one exact intent, or to the reason why there is none.

The model never sizes: this code does, from the account's equity, the stop's distance, the costs and the
officer's step. What comes out is judged by the gate; nothing is clamped and sent silently.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from msgspec import Struct

from desk.domain import dossier as names
from desk.domain.debate import Approval, Result
from desk.domain.dossier import Dossier
from desk.domain.levels import as_fraction
from desk.domain.market import Category, Market, Side
from desk.domain.money import ONE
from desk.domain.proposal import Basis, Intent, Mandate, opening_act
from desk.domain.sizing import size_usdc


class Terms(Struct, frozen=True, kw_only=True):
    """What an intent needs besides the approval; ``equity`` and ``market`` are None if not known."""

    venue: str
    account: str
    as_of: datetime
    bar_s: int
    mandate: Mandate
    events: tuple[datetime, ...]
    market: Market | None
    equity: Decimal | None


def mint(approval: Approval, dossier: Dossier, terms: Terms, intent_id: str) -> Intent | Result:
    """The intent, or ``no_trade`` when the size comes to nothing."""
    market = terms.market or _unlisted(dossier)
    size = _size(approval, terms, market)
    if size < market.min_notional_usdc:
        return Result(outcome="no_trade", decided_by="system", reasons=("SIZE_BELOW_MINIMUM",))
    act = opening_act(
        venue=terms.venue,
        market=market,
        side=approval.side,
        size_usdc=size,
        entry=approval.levels.entry,
        stop=approval.levels.stop,
        target=approval.levels.target,
        as_of=terms.as_of,
        bar=timedelta(seconds=terms.bar_s),
    )
    return Intent(intent_id=intent_id, act=act, basis=_basis(approval, dossier, terms, market))


def _size(approval: Approval, terms: Terms, market: Market) -> Decimal:
    """An equity nobody could read sizes the least there is: enough for the gate to say what is missing."""
    if terms.equity is None:
        return market.min_notional_usdc.to_integral_value(ROUND_CEILING)
    return size_usdc(
        equity=terms.equity,
        distance=approval.levels.distance,
        cost=approval.cost,
        x=approval.x,
        halve=approval.halve,
        size_step=approval.size_step,
    )


def _basis(approval: Approval, dossier: Dossier, terms: Terms, market: Market) -> Basis:
    worst = names.WORST_DOWN if approval.side is Side.BUY else names.WORST_UP
    return Basis(
        account=terms.account,
        as_of=terms.as_of,
        category=market.category,
        entry=approval.levels.entry,
        reference=dossier.value(names.CLOSE) or approval.levels.entry,
        atr=dossier.value(names.ATR14),
        worst_move=as_fraction(dossier.fact(worst)),
        mandate=terms.mandate,
        kill_if=approval.kill_if,
        events=terms.events,
        dissent=approval.dissent,
        case_against=approval.case_against,
        agreement=approval.x,
        dossier_sha256=dossier.sha256,
    )


def _unlisted(dossier: Dossier) -> Market:
    """Steps to write an intent with for a market the venue does not list: the gate denies it by name."""
    return Market(
        symbol=dossier.symbol,
        category=Category(dossier.category),
        amount_step=Decimal("0.000001"),
        price_step=Decimal("0.00000001"),
        min_notional_usdc=ONE,
        taker_fee=as_fraction(dossier.fact(names.FEE)) or Decimal(0),
        spread=as_fraction(dossier.fact(names.SPREAD)),
    )
