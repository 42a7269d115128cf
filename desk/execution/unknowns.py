"""Orders whose outcome nobody knows: found in the journal, looked up at the venue, resolved by proof."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from desk.domain.events import Document, OrderSubmitted
from desk.domain.lifecycle import OrderState
from desk.domain.market import OrderRequest
from desk.domain.shape import unshaped
from desk.execution.held import found
from desk.execution.log import SessionLog
from desk.execution.on_record import OPEN_ENDED, order_state
from desk.execution.orders import ENTRY
from desk.execution.room import Parts, furnished
from desk.execution.tape import Tape
from desk.ports import Journal


class Unresolved(Struct, frozen=True, kw_only=True):
    """A submitted order without a known outcome."""

    submitted: OrderSubmitted
    state: OrderState

    @property
    def session_id(self) -> str | None:
        return self.submitted.session_id


class Resolved(Struct, frozen=True, kw_only=True):
    """What a lookup made of it; ``evidence`` for what stays ambiguous."""

    client_order_id: str
    session_id: str | None
    symbol: str
    state: OrderState
    evidence: Document | None = None


def unresolved(journal: Journal, *, venue: str, account: str | None = None) -> list[Unresolved]:
    """Orders of this venue (and account) that were submitted and whose end is not on record."""
    open_ended = []
    for record in journal.events(types=("OrderSubmitted",)):
        event = record.event
        assert isinstance(event, OrderSubmitted)
        if event.venue != venue or account not in (None, event.account):
            continue
        state = order_state(journal, event.client_order_id)
        if state in OPEN_ENDED:
            open_ended.append(Unresolved(submitted=event, state=state))
    return open_ended


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
        await found(room, submitted, sent.answer)
    return Resolved(
        client_order_id=submitted.client_order_id,
        session_id=submitted.session_id,
        symbol=submitted.symbol,
        state=sent.state,
        evidence=sent.evidence,
    )
