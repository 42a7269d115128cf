"""From a brief to its dossier: every fact that can be computed, every absence with its reason. Pure.

Order of the facts: the traded market, the macro series, the account, then the markets shown for context
(price facts only; ``Dossier.fact`` never answers with theirs). ``brief.tape`` is not read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, localcontext

from msgspec import Struct

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


class AccountFigures(Struct, frozen=True, kw_only=True):
    """The account as the venue and the journal show it at ``as_of``.

    ``drawdown`` is a fraction of the peak; ``day_loss_usdc`` is positive for a loss; ``correlated_usdc``
    is the exposure that counts together with the brief's market.
    """

    as_of: datetime
    balance_usdc: Decimal
    equity_usdc: Decimal
    exposure_usdc: Decimal
    correlated_usdc: Decimal
    drawdown: Decimal
    day_loss_usdc: Decimal
    open_positions: int
    max_admissible_usdc: Decimal


def build(
    brief: Brief, account: AccountFigures | None = None, markets: Mapping[str, Market] | None = None
) -> Dossier:
    """The dossier of a brief.

    Args:
        brief: checked by ``desk.domain.brief``.
        account: None where no account was read: its facts are then missing.
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


#: Name, unit and value of each fact of the account.
_ACCOUNT: tuple[tuple[str, str, Callable[[AccountFigures], Decimal]], ...] = (
    (names.BALANCE, "USDC", lambda account: account.balance_usdc),
    (names.EQUITY, "USDC", lambda account: account.equity_usdc),
    (names.EXPOSURE, "USDC", lambda account: account.exposure_usdc),
    (names.CORRELATED, "USDC", lambda account: account.correlated_usdc),
    (names.DRAWDOWN, "fraction", lambda account: account.drawdown),
    (names.DAY_LOSS, "USDC", lambda account: account.day_loss_usdc),
    (names.OPEN_POSITIONS, "count", lambda account: Decimal(account.open_positions)),
    (names.MAX_SIZE, "USDC", lambda account: account.max_admissible_usdc),
)


def _account_sheet(account: AccountFigures | None, as_of: datetime) -> Sheet:
    return Sheet(
        subject=ACCOUNT,
        timeframe="now",
        as_of=as_of if account is None else account.as_of,
        source="venue",
        figures=tuple(
            Figure(
                name=name,
                unit=unit,
                value=None if account is None else value(account),
                reason="no account was read",
            )
            for name, unit, value in _ACCOUNT
        ),
    )
