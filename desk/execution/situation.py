"""What the policy's rules look at, read from the account's history."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from desk.domain.events import Event, OrderFilled, OrderPartiallyFilled, OrderSubmitted, TradeMoved
from desk.domain.policy import Situation
from desk.domain.proposal import Act

#: The events that a situation is read from.
TELLING = ("OrderSubmitted", "OrderFilled", "OrderPartiallyFilled", "TradeMoved")
#: The gate's reason for asking because of a listed event.
NEAR_AN_EVENT = "HUMAN_EVENT"


def situation(
    history: Sequence[Event], act: Act, agreement: Decimal | None, by_code: tuple[str, ...]
) -> Situation:
    """The act in its account's history; ``after_loss`` speaks of the last trade that was closed.

    Args:
        history: the account's events before the act, oldest first.
        by_code: the gate's reasons for asking a human.
    """
    return Situation(
        kind=act.kind,
        symbol=act.symbol,
        size_usdc=act.size_usdc,
        first_trade=act.symbol not in _traded(history),
        after_loss=_last_result(history) < 0,
        agreement=agreement,
        listed_event=NEAR_AN_EVENT in by_code,
    )


def _traded(history: Sequence[Event]) -> set[str]:
    """Symbols of which anything was ever filled."""
    symbol_of = {one.client_order_id: one.symbol for one in history if isinstance(one, OrderSubmitted)}
    filled = (one for one in history if isinstance(one, OrderFilled | OrderPartiallyFilled))
    return {symbol_of[one.client_order_id] for one in filled if one.client_order_id in symbol_of}


def _last_result(history: Sequence[Event]) -> Decimal:
    results = [one.pnl_usdc for one in history if isinstance(one, TradeMoved) and one.pnl_usdc is not None]
    return results[-1] if results else Decimal(0)
