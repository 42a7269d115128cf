"""The end of a trade: what the venue's own legs did, or an exit at the market."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from desk.domain import ids
from desk.domain.events import OrderSubmitted, TradeMoved
from desk.domain.lifecycle import TRADE, OrderState, TradeState
from desk.domain.market import OrderStatus, OrderType, Side, VenueOrder
from desk.domain.money import ZERO
from desk.domain.proposal import Act
from desk.execution.orders import FLATTEN, Purpose
from desk.execution.room import Parts, furnished
from desk.execution.settlement import filled_quantity
from desk.execution.trades import Trade
from desk.ports import Journal
from desk.replay.unknowns import act_of

CENT = Decimal("0.01")
STATES_TO_EXIT = (TradeState.EXIT_TRIGGERED, TradeState.ORDER_CLOSING, TradeState.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How a trade was left: price, reason, fee, and the quantity that left."""

    price: Decimal
    reason: str
    fee_usdc: Decimal
    quantity: Decimal


def last_move(journal: Journal, trade_id: str) -> TradeMoved:
    """The newest step of a trade, with everything known of it."""
    moved = [
        one.event for one in journal.stream(ids.trade_stream(trade_id)) if one.event_type == "TradeMoved"
    ]
    last = moved[-1]
    assert isinstance(last, TradeMoved)
    return last


def entry_of(journal: Journal, trade_id: str) -> OrderSubmitted:
    """The order that opened a trade."""
    for record in journal.events(types=("OrderSubmitted",)):
        event = record.event
        if isinstance(event, OrderSubmitted) and event.trade_id == trade_id and event.purpose == "entry":
            return event
    raise LookupError(trade_id)


def exit_by_leg(orders: tuple[VenueOrder, ...], entry_order_id: str) -> Exit | None:
    """The protective leg of this entry that filled, if one has."""
    for order in orders:
        if order.parent_order_id == entry_order_id and order.status is OrderStatus.FILLED:
            assert order.average_price is not None
            return Exit(
                price=order.average_price,
                reason="stop" if order.type is OrderType.STOP else "target",
                fee_usdc=order.fee_usdc or ZERO,
                quantity=order.filled_quantity or ZERO,
            )
    return None


def figures(moved: TradeMoved, left: Exit) -> dict[str, object]:
    """P&L after all fees, and the same in units of what the stop was to cost (R)."""
    assert moved.entry_price is not None
    assert moved.quantity is not None
    sign = Side(moved.side).sign
    fees = (moved.fees_usdc or ZERO) + left.fee_usdc
    pnl = sign * (left.price - moved.entry_price) * left.quantity - fees
    risk = abs(moved.entry_price - moved.stop) * moved.quantity if moved.stop is not None else ZERO
    return {
        "exit_price": left.price,
        "exit_reason": left.reason,
        "fees_usdc": fees,
        "pnl_usdc": pnl.quantize(CENT),
        "r": (pnl / risk).quantize(CENT) if risk else None,
    }


def resumed(parts: Parts, moved: TradeMoved, act: Act) -> Trade:
    """The trade as its last move left it."""
    trade = Trade(moved.trade_id, act, parts.log, TradeState(moved.target))
    trade.knows(quantity=moved.quantity, entry_price=moved.entry_price, fees_usdc=moved.fees_usdc)
    return trade


def close_by_leg(parts: Parts, moved: TradeMoved, left: Exit) -> dict[str, object]:
    """Record that the venue's own leg ended the trade."""
    trade = resumed(parts, moved, act_of(parts.journal, entry_of(parts.journal, moved.trade_id)))
    trade.knows(**figures(moved, left))
    steps = (
        (TradeState.CLOSED,)
        if TradeState.CLOSED in TRADE[trade.state]
        else (TradeState.HOLDING, TradeState.CLOSED)
    )
    with parts.journal.transaction() as tx:
        trade.moved(tx, *steps, reason=left.reason.upper())
    return row(last_move(parts.journal, moved.trade_id))


async def close_at_market(parts: Parts, trade_id: str) -> dict[str, object]:
    """Leave a position under its own reduce-only ticket, then take its working legs away."""
    moved, submitted = last_move(parts.journal, trade_id), entry_of(parts.journal, trade_id)
    act, room = act_of(parts.journal, submitted), furnished(parts)
    if moved.quantity is None or TradeState.EXIT_TRIGGERED not in TRADE[TradeState(moved.target)]:
        return row(moved)
    purpose = Purpose(
        name=FLATTEN,
        intent_id=submitted.intent_id,
        act=act,
        trade_id=trade_id,
        bucket=submitted.bucket,
        size_usdc=ZERO,
        loss_at_stop_usdc=ZERO,
        approved_by=None,
        attempt=1,
    )
    sent, request = await room.protection.leave(act.symbol, act.side.opposite, moved.quantity, purpose)
    trade = resumed(parts, moved, act)
    out = sent.answer is not None and filled_quantity(sent.answer, request) == moved.quantity
    if out and sent.answer is not None and sent.answer.average_price is not None:
        left = Exit(
            price=sent.answer.average_price,
            reason="flatten",
            fee_usdc=sent.answer.fee_usdc or ZERO,
            quantity=moved.quantity,
        )
        trade.knows(**figures(moved, left))
    unknown = sent.state is OrderState.UNKNOWN
    back = TradeState.UNKNOWN if unknown else TradeState.HOLDING
    steps = STATES_TO_EXIT if out else (*STATES_TO_EXIT[:2], back)
    with parts.journal.transaction() as tx:
        parts.log.write(tx)
        trade.moved(tx, *steps, reason="FLATTEN")
    return row(last_move(parts.journal, trade_id))


def row(moved: TradeMoved) -> dict[str, object]:
    """One line of ``desk watch --json``."""
    return {
        "trade_id": moved.trade_id,
        "symbol": moved.symbol,
        "state": moved.target,
        "exit_price": moved.exit_price,
        "exit_reason": moved.exit_reason,
        "r": moved.r,
        "pnl_usdc": moved.pnl_usdc,
    }
