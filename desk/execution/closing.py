"""The end of a trade: what the venue's own legs did, or an exit at the market."""

from __future__ import annotations

from collections.abc import Container, Iterable

from desk.domain import ids
from desk.domain.events import OrderSubmitted, TradeMoved
from desk.domain.lifecycle import TRADE, OrderState, TradeState
from desk.domain.market import OrderRequest, OrderStatus, OrderType, VenueOrder
from desk.domain.money import ZERO
from desk.domain.shape import unshaped
from desk.execution.exits import Exit
from desk.execution.on_record import act_of, entry_of, entry_order_id, last_move, own_stops, resumed
from desk.execution.orders import FLATTEN, Purpose
from desk.execution.room import Parts, furnished
from desk.execution.settlement import filled_quantity, settled
from desk.ports import Transaction

STATES_TO_EXIT = (TradeState.EXIT_TRIGGERED, TradeState.ORDER_CLOSING, TradeState.CLOSED)


def legs(orders: Iterable[VenueOrder], entry_order_id: str, own: Container[str]) -> list[VenueOrder]:
    """The orders that protect a position: the entry's own legs, and stops of ours placed later."""
    return [one for one in orders if one.parent_order_id == entry_order_id or one.client_order_id in own]


def exit_by_leg(protecting: Iterable[VenueOrder]) -> Exit | None:
    """The protective leg that filled, if one has."""
    for order in protecting:
        if order.status is OrderStatus.FILLED:
            assert order.average_price is not None
            return Exit(
                price=order.average_price,
                reason="stop" if order.type is OrderType.STOP else "target",
                fee_usdc=order.fee_usdc or ZERO,
                quantity=order.filled_quantity or ZERO,
                order=order,
            )
    return None


def close_by_leg(parts: Parts, moved: TradeMoved, left: Exit) -> dict[str, object]:
    """Record that the venue's own leg ended the trade."""
    trade = resumed(parts, moved, act_of(parts.journal, entry_of(parts.journal, moved.trade_id)))
    trade.left(left)
    steps = (
        (TradeState.CLOSED,)
        if TradeState.CLOSED in TRADE[trade.state]
        else (TradeState.HOLDING, TradeState.CLOSED)
    )
    with parts.journal.transaction() as tx:
        _end_own(parts, tx, left.order)
        trade.moved(tx, *steps, reason=left.reason.upper())
    return row(last_move(parts.journal, moved.trade_id))


def _end_own(parts: Parts, tx: Transaction, order: VenueOrder | None) -> None:
    """A stop of our own that filled has a stream of its own."""
    if order is None or order.client_order_id is None:
        return
    stream = ids.order_stream(order.client_order_id)
    if tx.version(stream):
        submitted = tx.stream(stream)[0].event
        assert isinstance(submitted, OrderSubmitted)
        parts.log.write_to(tx, stream, settled(order, unshaped(OrderRequest, submitted.request), ()))


async def _take_away(parts: Parts, trade_id: str, symbol: str) -> None:
    """Cancel what still protects a position that is gone; it could only open one the other way."""
    entry = entry_of(parts.journal, trade_id)
    orders = await parts.venue.orders(symbol=symbol)
    for leg in legs(orders, entry_order_id(parts.journal, entry), own_stops(parts.journal, trade_id)):
        if leg.status.working:
            await parts.venue.cancel(leg.order_id)


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
        trade.left(left)
    unknown = sent.state is OrderState.UNKNOWN
    back = TradeState.UNKNOWN if unknown else TradeState.HOLDING
    steps = STATES_TO_EXIT if out else (*STATES_TO_EXIT[:2], back)
    with parts.journal.transaction() as tx:
        parts.log.write(tx)
        trade.moved(tx, *steps, reason="FLATTEN")
    if out:
        await _take_away(parts, trade_id, act.symbol)
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
