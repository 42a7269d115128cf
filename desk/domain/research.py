"""From a brief to its dossier: every fact that can be computed, every absence with its reason. Pure.

Order of the facts: the traded market, the macro series, the account, then the markets shown for context
(price facts only; ``Dossier.fact`` never answers with theirs). ``brief.tape`` is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from desk.domain import dossier as names
from desk.domain.brief import Brief
from desk.domain.costs import costs
from desk.domain.dossier import Dossier, Fact
from desk.domain.figure import Figure, Sheet
from desk.domain.macro import macro_sheet
from desk.domain.market import Market
from desk.domain.market_facts import market_sheet
from desk.domain.money import CONTEXT
from desk.domain.series import MacroName
from desk.domain.stamps import DAY

ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    """The account as the book shows it. ``None`` is unknown and becomes a missing fact.

    Money in USDC; ``drawdown`` a fraction of the peak; ``day_loss`` positive for a loss;
    ``correlated_exposure`` what counts together with the brief's market; ``max_admissible`` whole USDC.
    """

    balance: Decimal | None = None
    equity: Decimal | None = None
    exposure: Decimal | None = None
    correlated_exposure: Decimal | None = None
    drawdown: Decimal | None = None
    day_loss: Decimal | None = None
    open_positions: int | None = None
    max_admissible: Decimal | None = None


def build(
    brief: Brief, account: AccountFigures | None = None, markets: Mapping[str, Market] | None = None
) -> Dossier:
    """The dossier of a brief.

    Args:
        brief: checked by ``desk.domain.brief``.
        account: figures of the book, if one has been read.
        markets: lines of the venue's list; for any other symbol category, spread and fee are those of
            ``desk.domain.costs``.
    """
    with localcontext(CONTEXT):
        market = costs(brief.symbol, markets or {})
        sheets = [market_sheet(brief.symbol, brief.bars[brief.symbol], brief.as_of, market)]
        sheets += [macro_sheet(name, brief.macro.get(name), brief.as_of) for name in MacroName]
        sheets += [_account_sheet(account, brief.as_of)]
        sheets += [market_sheet(other, brief.bars[other], brief.as_of, None) for other in brief.symbols[1:]]
    facts: list[Fact] = []
    for sheet in sheets:
        facts += sheet.facts(first=len(facts) + 1)
    return Dossier(
        as_of=brief.as_of,
        symbol=brief.symbol,
        category=market.category.value,
        timeframe=brief.timeframe.value,
        bar_s=brief.bar_s,
        horizon_bars=brief.timeframe.horizon_bars,
        question=brief.question,
        horizon=brief.horizon,
        text=brief.text,
        facts=tuple(facts),
        missing=tuple(lack for sheet in sheets for lack in sheet.missing()),
        event_within_24h=_near_event(brief),
        others=brief.symbols[1:],
    )


def _near_event(brief: Brief) -> str | None:
    return next((event.name for event in brief.events if event.within(DAY, brief.as_of)), None)


def _account_sheet(account: AccountFigures | None, as_of: datetime) -> Sheet:
    known = account or AccountFigures()
    count = None if known.open_positions is None else Decimal(known.open_positions)
    rows = (
        (names.BALANCE, "USDC", known.balance),
        (names.EQUITY, "USDC", known.equity),
        (names.EXPOSURE, "USDC", known.exposure),
        (names.CORRELATED, "USDC", known.correlated_exposure),
        (names.DRAWDOWN, "fraction", known.drawdown),
        (names.DAY_LOSS, "USDC", known.day_loss),
        (names.OPEN_POSITIONS, "count", count),
        (names.MAX_SIZE, "USDC", known.max_admissible),
    )
    reason = "no account was read" if account is None else "the account does not say"
    return Sheet(
        subject=ACCOUNT,
        timeframe="now",
        as_of=as_of,
        source="venue",
        figures=tuple(Figure(name=name, unit=unit, value=value, reason=reason) for name, unit, value in rows),
    )
