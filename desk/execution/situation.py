"""What the policy's rules look at, read from the account's history in the transaction that judges."""

from __future__ import annotations

from decimal import Decimal

from desk.domain.book import Assessment
from desk.domain.events import Event, OrderFilled, OrderPartiallyFilled, OrderSubmitted, TradeMoved
from desk.domain.policy import Situation
from desk.domain.proposal import Intent
from desk.ports import Transaction

#: The gate's reason for asking because of a listed event.
NEAR_AN_EVENT = "HUMAN_EVENT"


def situation(tx: Transaction, account: str, intent: Intent, assessment: Assessment) -> Situation:
    """The act in its account's history. ``after_loss`` speaks of the last trade that was closed."""
    history = [record.event for record in tx.of_account(account)]
    return Situation(
        kind=intent.act.kind,
        symbol=intent.act.symbol,
        size_usdc=intent.act.size_usdc,
        first_trade=intent.act.symbol not in _traded(history),
        after_loss=_last_result(history) < 0,
        agreement=intent.basis.agreement,
        listed_event=NEAR_AN_EVENT in assessment.human_reasons,
    )


def _traded(history: list[Event]) -> set[str]:
    """Symbols of which anything was ever filled."""
    symbol_of = {one.client_order_id: one.symbol for one in history if isinstance(one, OrderSubmitted)}
    filled = (one for one in history if isinstance(one, OrderFilled | OrderPartiallyFilled))
    return {symbol_of[one.client_order_id] for one in filled if one.client_order_id in symbol_of}


def _last_result(history: list[Event]) -> Decimal:
    results = [one.pnl_usdc for one in history if isinstance(one, TradeMoved) and one.pnl_usdc is not None]
    return results[-1] if results else Decimal(0)
