"""Orders whose outcome nobody knows: found in the journal, looked up at the venue, resolved by proof."""

from __future__ import annotations

from dataclasses import dataclass, replace

from desk.domain import ids
from desk.domain.events import Document, OrderSubmitted
from desk.domain.lifecycle import OrderState, TradeState, fold_order
from desk.domain.market import OrderRequest, VenueOrder
from desk.domain.money import parsed
from desk.domain.proposal import Act, act_from
from desk.domain.shape import unshaped
from desk.execution.log import SessionLog
from desk.execution.orders import ENTRY, Purpose
from desk.execution.protection import ATTACHED, PLACED, Fill
from desk.execution.room import Parts, Room, furnished
from desk.execution.settlement import filled_quantity
from desk.execution.tape import Tape
from desk.execution.trades import Trade
from desk.ports import Journal

#: States an order may be left in by a process that is gone.
OPEN_ENDED = frozenset({OrderState.SUBMITTED, OrderState.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """A submitted order without a known outcome."""

    submitted: OrderSubmitted
    state: OrderState

    @property
    def session_id(self) -> str | None:
        return self.submitted.session_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a lookup made of it; ``evidence`` for what stays ambiguous."""

    client_order_id: str
    session_id: str | None
    symbol: str
    state: OrderState
    evidence: Document | None = None


def unresolved(journal: Journal, *, venue: str, account: str | None = None) -> list[Unresolved]:
    """Orders of this venue (and account) that were submitted and whose end is not on record."""
    found = []
    for record in journal.events(types=("OrderSubmitted",)):
        event = record.event
        assert isinstance(event, OrderSubmitted)
        if event.venue != venue or account not in (None, event.account):
            continue
        history = journal.stream(ids.order_stream(event.client_order_id))
        state = fold_order(one.event_type for one in history)
        if state in OPEN_ENDED:
            found.append(Unresolved(submitted=event, state=state))
    return found


async def look_up(parts: Parts, one: Unresolved) -> Resolved:
    """Resolve one order of a session that is over, by reads alone; record what is proven under that session.

    ``parts`` is any session's on the same venue and account; the events carry the order's own session.
    """
    submitted = one.submitted
    log = SessionLog(parts.clock, parts.new_ids, submitted.session_id or "", submitted.account)
    room = furnished(replace(parts, log=log, tape=Tape()))
    request = unshaped(OrderRequest, submitted.request)
    look = room.dispatch.interrupted if one.state is OrderState.SUBMITTED else room.dispatch.look_up
    sent = await look(request, submitted)
    if sent.answer is not None and submitted.purpose == ENTRY:
        await _protect(room, submitted, request, sent.answer)
    return Resolved(
        client_order_id=submitted.client_order_id,
        session_id=submitted.session_id,
        symbol=submitted.symbol,
        state=sent.state,
        evidence=sent.evidence,
    )


async def _protect(room: Room, submitted: OrderSubmitted, request: OrderRequest, answer: VenueOrder) -> None:
    """A fill that was found needs its stop as much as any other."""
    log, journal = room.parts.log, room.parts.journal
    filled = filled_quantity(answer, request)
    act = act_of(journal, submitted)
    trade = Trade(submitted.trade_id, act, log, trade_state(journal, submitted.trade_id))
    if filled:
        purpose = Purpose(
            name=ENTRY,
            intent_id=submitted.intent_id,
            act=act,
            trade_id=submitted.trade_id,
            bucket=submitted.bucket,
            size_usdc=submitted.size_usdc,
            loss_at_stop_usdc=submitted.loss_at_stop_usdc,
            approved_by=submitted.approved_by,
            attempt=1,
        )
        before = parsed(str(submitted.baseline["position"]))
        fill = Fill(request=request, order_id=answer.order_id, quantity=filled, position_before=before)
        trade.knows(quantity=filled, entry_price=answer.average_price, fees_usdc=answer.fee_usdc)
        protected = await room.protection.protect(fill, purpose)
        proven = protected.how in (ATTACHED, PLACED)
        if not proven:
            room.parts.halt.halt("UNPROTECTED")
    with journal.transaction() as tx:
        log.write(tx)
        if not filled:
            trade.moved(tx, TradeState.ABANDONED, reason=answer.status.value)
        else:
            trade.moved(
                tx,
                TradeState.FILLED,
                TradeState.HOLDING if proven else TradeState.UNPROTECTED,
                reason="RECONCILED",
            )


def act_of(journal: Journal, submitted: OrderSubmitted) -> Act:
    """The act of the order's intent, from its session's stream."""
    stream = journal.stream(ids.session_stream(submitted.session_id or ""))
    minted = (one.data for one in stream if one.event_type == "IntentMinted")
    return next(act_from(data["act"]) for data in minted if data["intent_id"] == submitted.intent_id)  # type: ignore[arg-type]


def trade_state(journal: Journal, trade_id: str) -> TradeState:
    """Where the trade's last move left it."""
    moved = [one.data for one in journal.stream(ids.trade_stream(trade_id)) if one.event_type == "TradeMoved"]
    return TradeState(str(moved[-1]["target"])) if moved else TradeState.SCANNING
