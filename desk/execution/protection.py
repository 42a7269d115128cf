"""After a fill: the stop is proven at the venue, or placed, or the position is left.

Within 5 s an accepted reduce-only stop with our entry as its parent and the filled quantity must be
seen. Missing: one reduce-only stop under its own child ticket. Not proven within 10 s: flatten. That
fails: halt, and every channel is told ``UNPROTECTED``.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from desk.domain import ids
from desk.domain.events import PositionFlattened, StopPlaced
from desk.domain.lifecycle import OrderState
from desk.domain.market import OrderRequest, OrderType, Side, Snapshot, VenueOrder
from desk.domain.money import ZERO
from desk.execution.dispatch import Dispatch, Sent
from desk.execution.exits import Exit
from desk.execution.log import SessionLog
from desk.execution.look import Look
from desk.execution.orders import (
    FLATTEN,
    STOP,
    Purpose,
    flatten_request,
    issued,
    signed_position,
    stop_request,
    submitted,
    ticket_row,
)
from desk.execution.settlement import filled_quantity
from desk.execution.tape import Tape
from desk.execution.tickets import Tickets
from desk.ports import Clock, Journal

#: Seconds to wait before each look for the stop; each row sums to five seconds.
ATTACHED_LOOKS_S = (0.0, 0.25, 0.5, 1.0, 1.25, 2.0)
PLACED_LOOKS_S = (0.0, 0.5, 1.0, 1.5, 2.0)

ATTACHED, PLACED, FLATTENED, UNPROTECTED, NOT_NEEDED = (
    "attached",
    "placed",
    "flattened",
    "unprotected",
    "not_needed",
)


class Fill(Struct, frozen=True, kw_only=True):
    """What has to be protected: the entry's request, the venue's id for it, and what filled of it."""

    request: OrderRequest
    order_id: str
    quantity: Decimal
    position_before: Decimal


class Protected(Struct, frozen=True, kw_only=True):
    """How it ended, whether the position is another than what filled, and how it was left if it was."""

    how: str
    position_differs: bool = False
    exit: Exit | None = None


class Protection:
    """Proves, places, flattens."""

    def __init__(
        self,
        journal: Journal,
        look: Look,
        dispatch: Dispatch,
        tickets: Tickets,
        clock: Clock,
        log: SessionLog,
        tape: Tape,
        venue_name: str,
        mode: str,
    ) -> None:
        self._journal = journal
        self._look = look
        self._dispatch = dispatch
        self._tickets = tickets
        self._clock = clock
        self._log = log
        self._tape = tape
        self._venue_name = venue_name
        self._mode = mode

    async def protect(self, fill: Fill, purpose: Purpose) -> Protected:
        """Make sure that the filled quantity has its stop, or is gone."""
        snapshot, stop = await self._see(fill, ATTACHED_LOOKS_S, parent=fill.order_id)
        if stop is not None:
            return self._placed(fill, purpose, stop, ATTACHED, snapshot)
        if await self._place(fill, purpose, snapshot):
            snapshot, stop = await self._see(fill, PLACED_LOOKS_S, parent=None)
            if stop is not None:
                return self._placed(fill, purpose, stop, PLACED, snapshot)
        return await self._flatten(fill, purpose)

    def stands(self, snapshot: Snapshot, fill: Fill) -> bool:
        """Does this snapshot show a stop for the fill, the entry's own or one that was placed later?"""
        return any(_is_stop(one, fill, None) for one in snapshot.orders or ())

    async def _see(
        self, fill: Fill, looks_s: tuple[float, ...], *, parent: str | None
    ) -> tuple[Snapshot, VenueOrder | None]:
        """Look for the stop until it is there or the looks are spent."""
        snapshot = None
        for delay_s in looks_s:
            if delay_s:
                await self._clock.sleep(delay_s)
            snapshot = await self._look.snapshot(fill.request.symbol)
            stop = next((one for one in snapshot.orders or () if _is_stop(one, fill, parent)), None)
            if stop is not None:
                return snapshot, stop
            if parent is not None and not snapshot.promises.protective_legs:
                break
        assert snapshot is not None
        return snapshot, None

    def _placed(
        self, fill: Fill, purpose: Purpose, stop: VenueOrder, how: str, snapshot: Snapshot
    ) -> Protected:
        """The proof is held: it is a read, and is made again if the process ends before it is written."""
        self._log.hold(
            StopPlaced(
                client_order_id=fill.request.client_order_id,
                trade_id=purpose.trade_id,
                stop_order_id=stop.order_id,
                quantity=fill.quantity,
                stop=stop.stop_price or ZERO,
                how=how,
                inputs=self._tape.take(),
            )
        )
        return Protected(how=how, position_differs=_position_differs(fill, snapshot))

    async def _place(self, fill: Fill, purpose: Purpose, snapshot: Snapshot) -> bool:
        """One stop of our own. False if it is known not to be working."""
        cid = self._log.new_id(ids.CLIENT_ORDER)
        request = stop_request(purpose.act, fill.quantity, cid, self._mode)
        sent = await self._send(request, replace(purpose, name=STOP), snapshot)
        return sent.state in (OrderState.ACCEPTED, OrderState.UNKNOWN, OrderState.FILLED)

    async def _flatten(self, fill: Fill, purpose: Purpose) -> Protected:
        """Leave at the market. Only a fill of the whole quantity counts as out."""
        side = fill.request.side.opposite
        sent, request = await self.leave(fill.request.symbol, side, fill.quantity, purpose)
        out = sent.answer is not None and filled_quantity(sent.answer, request) == fill.quantity
        if not out or sent.answer is None:
            return Protected(how=UNPROTECTED)
        self._log.hold(
            PositionFlattened(
                client_order_id=request.client_order_id,
                trade_id=purpose.trade_id,
                quantity=fill.quantity,
                average_price=sent.answer.average_price,
                reason="STOP_NOT_PROVEN",
                inputs=self._tape.take(),
            )
        )
        return Protected(how=FLATTENED, exit=_left(sent.answer, fill))

    async def leave(
        self, symbol: str, side: Side, quantity: Decimal, purpose: Purpose
    ) -> tuple[Sent, OrderRequest]:
        """One reduce-only market order of this side, whatever became of it, and the request it was."""
        snapshot = await self._look.snapshot(symbol)
        cid = self._log.new_id(ids.CLIENT_ORDER)
        request = flatten_request(symbol, side, quantity, cid, self._mode)
        return await self._send(request, replace(purpose, name=FLATTEN), snapshot), request

    async def _send(self, request: OrderRequest, purpose: Purpose, snapshot: Snapshot) -> Sent:
        """A protective request under its own child ticket, issued and burned in one transaction."""
        with self._journal.transaction() as tx:
            now = self._log.now()
            attempt = 1 + len(tx.tickets_of_intent(purpose.intent_id))
            child = replace(purpose, attempt=attempt, size_usdc=ZERO, loss_at_stop_usdc=ZERO)
            row = ticket_row(child, request, self._log, now, card_hash="", policy_hash="")
            self._tickets.issue(tx, row)
            checked = self._tickets.check(tx, row.ticket_id, purpose.act, now)
            event = submitted(child, checked, request, snapshot, self._venue_name)
            permit = self._tickets.burn(tx, checked, now)
            self._log.write(tx, issued(row, child, request), at=now)
            self._log.write_to(
                tx,
                ids.order_stream(request.client_order_id),
                replace(event, inputs=self._tape.take()),
            )
        return await self._dispatch.go(permit, event, protective=True)


def _left(answer: VenueOrder, fill: Fill) -> Exit | None:
    """The exit at the market; None where the venue does not say at what price."""
    if answer.average_price is None:
        return None
    fee = answer.fee_usdc or ZERO
    return Exit(price=answer.average_price, reason="STOP_NOT_PROVEN", fee_usdc=fee, quantity=fill.quantity)


def _is_stop(order: VenueOrder, fill: Fill, parent: str | None) -> bool:
    """An accepted reduce-only stop for exactly what filled, on the other side, of this parent."""
    return (
        order.status.working
        and order.type is OrderType.STOP
        and order.reduce_only is True
        and order.symbol == fill.request.symbol
        and order.side is fill.request.side.opposite
        and order.quantity == fill.quantity
        and (parent is None or order.parent_order_id == parent)
        and _protects(order, fill)
    )


def _protects(order: VenueOrder, fill: Fill) -> bool:
    """At the stop that was approved, or one that loses less."""
    wanted, price = fill.request.stop_loss, order.stop_price
    if wanted is None or price is None:
        return False
    return fill.request.side.sign * (price - wanted) >= 0


def _position_differs(fill: Fill, snapshot: Snapshot) -> bool:
    """Has the position moved by more than what filled, or the other way? Unknown is no difference yet."""
    if snapshot.positions is None:
        return False
    moved = signed_position(snapshot, fill.request.symbol) - fill.position_before
    return moved != fill.request.side.sign * fill.quantity
