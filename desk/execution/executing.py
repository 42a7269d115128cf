"""The second half of the door: a ticket's id becomes at most one request, and its outcome is settled."""

from __future__ import annotations

from msgspec import Struct

from desk.domain import ids
from desk.domain.events import OrderSubmitted, TradingStateChanged
from desk.domain.lifecycle import OrderState, SessionState, TradeState
from desk.domain.market import Market
from desk.domain.money import ZERO, parsed
from desk.domain.risk import assess
from desk.domain.steps import Judged, Sending, Settled
from desk.errors import TicketRefused
from desk.execution import report
from desk.execution.dispatch import Sent
from desk.execution.look import Seen
from desk.execution.orders import submitted
from desk.execution.protection import FLATTENED, UNPROTECTED, Fill, Protected
from desk.execution.questions import gated, refusal_of
from desk.execution.room import Cleared, Room
from desk.execution.settlement import differences, filled_quantity
from desk.execution.tickets import FORGED, USED, refuse
from desk.ports import ExecutionReport, Permit, Transaction


class Burned(Struct, frozen=True, kw_only=True):
    """A ticket that was honoured: what may be sent, and the event that is durable already."""

    permit: Permit
    event: OrderSubmitted
    market: Market


class Executing:
    """Looks again, burns, sends, settles, protects, reports."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._parts = room.parts
        self._log = room.parts.log

    async def execute(self, ticket_id: str) -> ExecutionReport:
        """Honour a ticket once. Every other use is refused and reported; nothing raises to the chat."""
        cleared = self._room.cleared.get(ticket_id)
        if cleared is None:
            return self._not_honoured(None, ticket_id, refuse(FORGED))
        seen = await self._room.look.look(cleared.intent.act.symbol)
        try:
            burned = self._burn(ticket_id, cleared, seen)
        except TicketRefused as error:
            self._given_up(cleared, error)
            return self._not_honoured(cleared, ticket_id, error)
        if isinstance(burned, ExecutionReport):
            return burned
        self._parts.screen.show(Sending(intent=cleared.intent, client_order_id=burned.event.client_order_id))
        sent = await self._room.dispatch.go(burned.permit, burned.event)
        done = await self._settle(ticket_id, cleared, burned, sent)
        self._parts.screen.show(Settled(report=done.document))
        return done

    def _not_honoured(self, cleared: Cleared | None, ticket_id: str, error: TicketRefused) -> ExecutionReport:
        intent = None if cleared is None else cleared.intent
        shown = ticket_id if ids.is_id(ticket_id, ids.TICKET) else "not a ticket id"
        return report.refusal(intent, shown, "failed", "system", (error.code,))

    def _given_up(self, cleared: Cleared, error: TicketRefused) -> None:
        """A ticket that can never be used any more ends its trade; a used one has ended it otherwise."""
        if error.code != USED and cleared.trade.state is TradeState.ENTRY_APPROVED:
            cleared.trade.moved(None, TradeState.ABANDONED, reason=error.code)
            self._room.move(SessionState.IDLE)

    # ---- before the bytes ------------------------------------------------------------------------

    def _burn(self, ticket_id: str, cleared: Cleared, seen: Seen) -> Burned | ExecutionReport:
        """Gate again, breaker, burn and submission in one immediate transaction."""
        intent, snapshot = cleared.intent, seen.snapshot
        with self._parts.journal.transaction() as tx:
            now = self._log.now()
            row = self._parts.tickets.check(tx, ticket_id, intent.act, now)
            book = self._room.look.book(tx, seen, now, without=ticket_id)
            assessment = assess(intent, book, self._room.limits())
            self._parts.screen.show(Judged(intent=intent, assessment=assessment, stage="send"))
            if not assessment.cleared or snapshot.market is None:
                gate = gated(intent, assessment, "send", snapshot.venue_time, self._parts.tape.take())
                self._log.write(tx, gate, at=now)
                refused = refusal_of(assessment)
                return self._withdrawn(
                    tx, ticket_id, cleared, refused.outcome, refused.decided_by, refused.reasons
                )
            if not self._room.guard.admit(tx, now, ticket_id):
                gate = gated(intent, assessment, "send", snapshot.venue_time, self._parts.tape.take())
                self._log.write(tx, gate, at=now)
                return self._withdrawn(tx, ticket_id, cleared, "halted", "system", ("BREAKER_OPEN",))
            gate = gated(intent, assessment, "send", snapshot.venue_time, self._parts.tape.take())
            self._log.write(tx, gate, at=now)
            permit = self._parts.tickets.burn(tx, row, now)
            event = submitted(cleared.purpose, row, permit.request, snapshot, self._parts.venue.name)
            self._log.write_to(tx, ids.order_stream(event.client_order_id), event)
            cleared.trade.moved(tx, TradeState.ORDER_PLACED, reason="TICKET_BURNED")
        self._room.move(SessionState.PENDING)
        return Burned(permit=permit, event=event, market=snapshot.market)

    def _withdrawn(
        self,
        tx: Transaction,
        ticket_id: str,
        cleared: Cleared,
        outcome: str,
        decided_by: str,
        reasons: tuple[str, ...],
    ) -> ExecutionReport:
        """The ticket is void: nothing was sent and nothing will be."""
        tx.revoke_ticket(ticket_id)
        cleared.trade.moved(tx, TradeState.ABANDONED, reason=reasons[0])
        self._room.move(SessionState.IDLE)
        return report.refusal(cleared.intent, ticket_id, outcome, decided_by, reasons)

    # ---- after the answer ------------------------------------------------------------------------

    async def _settle(self, ticket_id: str, cleared: Cleared, burned: Burned, sent: Sent) -> ExecutionReport:
        request = burned.permit.request
        if sent.state is OrderState.UNKNOWN:
            self._room.move(SessionState.ERROR)
            cleared.trade.moved(None, TradeState.UNKNOWN, reason="ORDER_UNKNOWN")
            return report.of(cleared.intent, ticket_id, request, burned.market, sent)
        differs = () if sent.answer is None else differences(sent.answer, request)
        if differs:
            self._halt("ANSWER_DIFFERS")
        filled = ZERO if sent.answer is None else filled_quantity(sent.answer, request)
        if sent.answer is None or filled == 0:
            self._room.move(SessionState.IDLE)
            cleared.trade.moved(None, TradeState.ABANDONED, reason=sent.code or sent.state.value)
            return report.of(cleared.intent, ticket_id, request, burned.market, sent, differences=differs)
        self._room.move(SessionState.SETTLING)
        price = sent.answer.average_price
        cleared.trade.knows(quantity=filled, entry_price=price, fees_usdc=sent.answer.fee_usdc)
        protected = await self._protect(
            cleared,
            burned,
            sent,
            Fill(
                request=request,
                order_id=sent.answer.order_id,
                quantity=filled,
                position_before=parsed(str(burned.event.baseline["position"])),
            ),
        )
        if protected.position_differs:
            differs = (*differs, "position")
            self._halt("POSITION_DIFFERS")
        self._room.move(SessionState.IDLE)
        return report.of(cleared.intent, ticket_id, request, burned.market, sent, protected, differs)

    async def _protect(self, cleared: Cleared, burned: Burned, sent: Sent, fill: Fill) -> Protected:
        protected = await self._room.protection.protect(fill, cleared.purpose)
        match protected.how:
            case how if how == UNPROTECTED:
                self._halt(UNPROTECTED.upper())
                cleared.trade.moved(
                    None, TradeState.FILLED, TradeState.UNPROTECTED, reason=UNPROTECTED.upper()
                )
            case how if how == FLATTENED:
                if protected.exit is not None:
                    cleared.trade.left(protected.exit)
                steps = (TradeState.FILLED, TradeState.UNPROTECTED, TradeState.EXIT_TRIGGERED)
                ends = (TradeState.ORDER_CLOSING, TradeState.CLOSED)
                cleared.trade.moved(None, *steps, *ends, reason="STOP_NOT_PROVEN")
            case how:
                cleared.trade.moved(None, TradeState.FILLED, TradeState.HOLDING, reason=f"STOP_{how.upper()}")
        return protected

    def _halt(self, reason: str) -> None:
        """Stop the desk: the file first, then the record of it."""
        self._parts.halt.halt(reason)
        change = TradingStateChanged(source="ACTIVE", target="HALTED", reason=reason, by="desk")
        with self._parts.journal.transaction() as tx:
            self._log.write_to(tx, ids.STATE_STREAM, change)
