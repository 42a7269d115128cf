"""A position after its session: rebuilt from the journal, and kept behind its stop until it is closed."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from desk.domain.events import OrderSubmitted, TradeMoved
from desk.domain.lifecycle import TradeState
from desk.domain.market import OrderRequest, Snapshot, VenueOrder
from desk.domain.money import ZERO, parsed
from desk.domain.shape import unshaped
from desk.execution.closing import close_by_leg, exit_by_leg, legs
from desk.execution.on_record import (
    act_of,
    entry_of,
    entry_order_id,
    in_doubt,
    last_move,
    own_stops,
    resumed,
    trade_state,
)
from desk.execution.orders import ENTRY, Purpose, signed_position
from desk.execution.protection import FLATTENED, UNPROTECTED, Fill, Protected
from desk.execution.room import Parts, Room, furnished
from desk.execution.settlement import filled_quantity
from desk.execution.trades import Trade
from desk.ports import Journal

T = TradeState
_EXIT = (T.EXIT_TRIGGERED, T.ORDER_CLOSING, T.CLOSED)
#: Steps of a trade whose position is gone, whose stop stands, whose stop is lost; by where it was.
_GONE = {T.HOLDING: (T.CLOSED,), T.UNPROTECTED: _EXIT, T.ORDER_CLOSING: (T.CLOSED,), T.UNKNOWN: (T.CLOSED,)}
_STANDS = {T.UNPROTECTED: (T.HOLDING,), T.ORDER_CLOSING: (T.HOLDING,), T.UNKNOWN: (T.HOLDING,)}
_LOST = {
    T.HOLDING: (T.UNPROTECTED,),
    T.ORDER_CLOSING: (T.HOLDING, T.UNPROTECTED),
    T.UNKNOWN: (T.UNPROTECTED,),
}
#: Trades that a look may move.
OPEN = frozenset(_GONE)


class Held(Struct, frozen=True, kw_only=True):
    """What filled, what it is for, and the trade it belongs to."""

    trade: Trade
    fill: Fill
    purpose: Purpose


def purpose_of(submitted: OrderSubmitted, journal: Journal) -> Purpose:
    """What an entry on record was for."""
    return Purpose(
        name=ENTRY,
        intent_id=submitted.intent_id,
        act=act_of(journal, submitted),
        trade_id=submitted.trade_id,
        bucket=submitted.bucket,
        size_usdc=submitted.size_usdc,
        loss_at_stop_usdc=submitted.loss_at_stop_usdc,
        approved_by=submitted.approved_by,
        attempt=1,
    )


def fill_of(submitted: OrderSubmitted, order_id: str, quantity: Decimal) -> Fill:
    """What has to be protected of an entry on record."""
    return Fill(
        request=unshaped(OrderRequest, submitted.request),
        order_id=order_id,
        quantity=quantity,
        position_before=parsed(str(submitted.baseline["position"])),
    )


async def kept(parts: Parts, trade_id: str) -> TradeMoved:
    """One look at an open trade. Closed if a leg has filled; its stop placed again if it is gone.

    Returns:
        the trade's newest step. ``UNPROTECTED`` means that neither a stop nor an exit could be proven; the
        desk is halted then.

    Raises:
        ReadFailed: the venue could not be read; nothing is concluded from that.
    """
    moved = last_move(parts.journal, trade_id)
    if TradeState(moved.target) not in OPEN or in_doubt(parts.journal, trade_id):
        return moved
    submitted = entry_of(parts.journal, trade_id)
    order_id = entry_order_id(parts.journal, submitted)
    orders = await parts.venue.orders(symbol=moved.symbol)
    left = exit_by_leg(legs(orders, order_id, own_stops(parts.journal, trade_id)))
    if left is not None:
        close_by_leg(parts, moved, left)
    else:
        purpose = purpose_of(submitted, parts.journal)
        trade = resumed(parts, moved, purpose.act)
        fill = fill_of(submitted, order_id, moved.quantity or ZERO)
        await _looked_after(furnished(parts), Held(trade=trade, fill=fill, purpose=purpose))
    return last_move(parts.journal, trade_id)


async def _looked_after(room: Room, held: Held) -> None:
    snapshot, trade = await room.look.snapshot(held.fill.request.symbol), held.trade
    if snapshot.orders is None or snapshot.positions is None:
        return
    if not _still_there(snapshot, held.fill):
        _step(room, trade, _GONE[trade.state], "NOT_AT_THE_VENUE")
    elif room.protection.stands(snapshot, held.fill):
        _step(room, trade, _STANDS.get(trade.state, ()), "STOP_SEEN")
    else:
        _step(room, trade, _LOST.get(trade.state, ()), "STOP_LOST")
        _protected(room, held, await room.protection.protect(held.fill, held.purpose))


def _step(room: Room, trade: Trade, steps: tuple[TradeState, ...], reason: str) -> None:
    if steps:
        with room.parts.journal.transaction() as tx:
            trade.moved(tx, *steps, reason=reason)


def _still_there(snapshot: Snapshot, fill: Fill) -> bool:
    """Is there a position on the side of what was filled?"""
    return signed_position(snapshot, fill.request.symbol) * fill.request.side.sign > 0


def _protected(room: Room, held: Held, protected: Protected) -> None:
    """Record where the protection of a trade has ended. Without a stop or an exit the desk is halted."""
    trade, how = held.trade, protected.how
    if how == UNPROTECTED:
        room.parts.halt.halt(UNPROTECTED.upper())
        if trade.state is not TradeState.UNPROTECTED:
            trade.moved(None, TradeState.UNPROTECTED, reason=UNPROTECTED.upper())
    elif how == FLATTENED:
        if protected.exit is not None:
            trade.left(protected.exit)
        trade.moved(None, *_EXIT, reason="STOP_NOT_PROVEN")
    else:
        trade.moved(None, TradeState.HOLDING, reason=f"STOP_{how.upper()}")
    with room.parts.journal.transaction() as tx:
        room.parts.log.write(tx)


async def found(room: Room, submitted: OrderSubmitted, answer: VenueOrder) -> None:
    """An entry of a session that is over was found: what filled needs its stop as much as any other."""
    journal, log = room.parts.journal, room.parts.log
    purpose = purpose_of(submitted, journal)
    trade = Trade(submitted.trade_id, purpose.act, log, trade_state(journal, submitted.trade_id))
    filled = filled_quantity(answer, unshaped(OrderRequest, submitted.request))
    if not filled:
        with journal.transaction() as tx:
            log.write(tx)
            trade.moved(tx, TradeState.ABANDONED, reason=answer.status.value)
        return
    trade.knows(quantity=filled, entry_price=answer.average_price, fees_usdc=answer.fee_usdc)
    held = Held(trade=trade, fill=fill_of(submitted, answer.order_id, filled), purpose=purpose)
    trade.moved(None, TradeState.FILLED, reason="RECONCILED")
    _protected(room, held, await room.protection.protect(held.fill, purpose))
