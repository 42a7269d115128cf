"""One request out, once: the stop file a last time, the bytes, and what is known of them afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from desk.domain import ids
from desk.domain.canonical import moment
from desk.domain.events import (
    Document,
    Informed,
    OrderBecameUnknown,
    OrderFoundAbsent,
    OrderNotSent,
    OrderRejected,
    OrderSubmitted,
)
from desk.domain.lifecycle import ORDER_EVENT, VENUE_STATUS, OrderState
from desk.domain.market import OrderRequest, TimeInForce, VenueOrder
from desk.domain.shape import shaped, unshaped
from desk.errors import DeskError, NotSent, OutcomeUnknown, Refused, TicketRefused
from desk.execution.guard import Guard
from desk.execution.log import SessionLog
from desk.execution.look import Look
from desk.execution.recovery import Absent, Ambiguous, Found, Recovery
from desk.execution.settlement import settled
from desk.execution.tape import INTERRUPTED, Tape
from desk.ports import Journal, Permit, Venue

T = TypeVar("T")
#: Reason of an immediate order that the venue has accepted and not ended.
STILL_WORKING = "STILL_WORKING"


class Sent(Struct, frozen=True, kw_only=True):
    """What is known of a request after it went out, or did not."""

    state: OrderState
    answer: VenueOrder | None = None
    code: str | None = None
    evidence: Document | None = None


class Dispatch:
    """Sends what a burned ticket permits and records the outcome. It never sends anything twice."""

    def __init__(
        self,
        journal: Journal,
        venue: Venue,
        log: SessionLog,
        tape: Tape,
        look: Look,
        guard: Guard,
        recovery: Recovery,
    ) -> None:
        self._journal = journal
        self._venue = venue
        self._log = log
        self._tape = tape
        self._look = look
        self._guard = guard
        self._recovery = recovery

    async def go(self, permit: Permit, submitted: OrderSubmitted, *, protective: bool = False) -> Sent:
        """Send. Cancelling the caller does not cancel the request: its outcome is recorded first."""
        return await uninterrupted(self._go(permit, submitted, protective=protective))

    async def _go(self, permit: Permit, submitted: OrderSubmitted, *, protective: bool) -> Sent:
        if self._look.stopped(protective=protective):
            return self._never_left(submitted, "HALTED", None)
        try:
            answer = await self._tape.act(
                "submit",
                lambda: self._venue.submit(permit),
                shaped,
                lambda plain: unshaped(VenueOrder, plain),
                request=shaped(permit.request),
            )
        except (NotSent, TicketRefused) as error:
            return self._never_left(submitted, error.code, error)
        except Refused as error:
            return self._refused(submitted, error)
        except OutcomeUnknown as error:
            return await self._unknown(permit.request, submitted, error.code, error)
        if _still_working(permit.request, answer):
            return await self._unknown(permit.request, submitted, STILL_WORKING, None)
        return self._answered(permit.request, answer)

    def _never_left(self, submitted: OrderSubmitted, reason: str, error: DeskError | None) -> Sent:
        event = OrderNotSent(
            client_order_id=submitted.client_order_id, reason=reason, inputs=self._tape.take()
        )
        self._record(submitted.client_order_id, event, error)
        return Sent(state=OrderState.NOT_SENT, code=reason)

    def _refused(self, submitted: OrderSubmitted, error: Refused) -> Sent:
        event = OrderRejected(
            client_order_id=submitted.client_order_id,
            order_id=None,
            code=error.code,
            inputs=self._tape.take(),
        )
        self._record(submitted.client_order_id, event, error)
        return Sent(state=OrderState.REJECTED, code=error.code)

    def _answered(self, request: OrderRequest, answer: VenueOrder) -> Sent:
        event = settled(answer, request, self._tape.take())
        self._record(request.client_order_id, event, None)
        return Sent(state=ORDER_EVENT[type(event).__name__], answer=answer, code=answer.reject_code)

    async def _unknown(
        self, request: OrderRequest, submitted: OrderSubmitted, reason: str, error: DeskError | None
    ) -> Sent:
        event = OrderBecameUnknown(
            client_order_id=submitted.client_order_id, reason=reason, inputs=self._tape.take()
        )
        self._record(submitted.client_order_id, event, error)
        return await self.look_up(request, submitted)

    async def interrupted(self, request: OrderRequest, submitted: OrderSubmitted) -> Sent:
        """What becomes of an order whose process ended before the answer came: as that process would."""
        error = OutcomeUnknown("the process ended before the answer came", code=INTERRUPTED)
        return await self._unknown(request, submitted, error.code, error)

    async def look_up(self, request: OrderRequest, submitted: OrderSubmitted) -> Sent:
        """Resolve an order that is UNKNOWN in the journal; it stays so unless something is proven."""
        stream = ids.order_stream(request.client_order_id)
        burned_at = self._journal.stream(stream)[0].occurred_at
        stamp = self._log.stamp(stream)  # Drawn on every way: a brief's clock counts its stamps.
        now = self._tape.note("now", lambda: stamp.wall, lambda at: at, _time)
        resolution = await self._recovery.resolve(request, submitted.baseline, burned_at, now)
        match resolution:
            case Found(order=order) if not _still_working(request, order):
                return self._answered(request, order)
            case Absent(evidence=evidence):
                absent = OrderFoundAbsent(
                    client_order_id=request.client_order_id, evidence=evidence, inputs=self._tape.take()
                )
                self._record(request.client_order_id, absent, None)
                return Sent(state=OrderState.ABSENT, code="ABSENT")
            case Ambiguous(evidence=evidence):
                return Sent(state=OrderState.UNKNOWN, code="UNKNOWN", evidence=evidence)
        return Sent(state=OrderState.UNKNOWN, code=STILL_WORKING)

    def _record(self, client_order_id: str, event: Informed, error: DeskError | None) -> None:
        stream = ids.order_stream(client_order_id)
        with self._journal.transaction() as tx:
            now = self._log.stamp(stream)
            if error is not None:
                self._guard.failed(tx, now, error)
            elif not isinstance(event, OrderNotSent):
                self._guard.answered(tx, now)
            informed = replace(event, inputs=(*event.inputs, *self._tape.take()))
            self._log.write_to(tx, stream, informed, at=now)


def _still_working(request: OrderRequest, order: VenueOrder) -> bool:
    """An order that had to fill or end at once, and has done neither: it may still do either."""
    immediate = request.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
    return immediate and VENUE_STATUS[order.status] is OrderState.ACCEPTED


def _time(plain: object) -> datetime:
    return moment(str(plain))


async def uninterrupted(work: Awaitable[T]) -> T:
    """Run to the end even if the caller is cancelled; the cancellation is passed on afterwards."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # The request may be on its way: its outcome is recorded before anybody may leave.
        await asyncio.wait({task})
        raise
