"""What became of an order nobody heard back from. Only proof resolves it; it is never sent again.

Found: the venue shows our client order id; or, where it hides ids, exactly one order since our baseline
has every parameter we sent and the position moved by exactly what it filled. Absent: the venue promises
lookup by our id, two independent reads after the settling time show neither the id nor any new order of
the symbol, and the position has not moved. Everything else stays ambiguous, for a human.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from desk.domain.events import Document
from desk.domain.market import OrderRequest, Promises, Snapshot, VenueOrder
from desk.domain.money import ZERO, parsed, plain
from desk.domain.shape import shaped, unshaped
from desk.errors import ReadFailed
from desk.execution.look import Look
from desk.execution.orders import signed_position
from desk.execution.tape import Tape
from desk.ports import Clock, Venue

#: Seconds before each of the independent reads.
READS_AT_S = (0.0, 1.0)


class Found(Struct, frozen=True, kw_only=True):
    order: VenueOrder


class Absent(Struct, frozen=True, kw_only=True):
    evidence: Document


class Ambiguous(Struct, frozen=True, kw_only=True):
    evidence: Document


Resolution = Found | Absent | Ambiguous


class Recovery:
    """Looks an order up. Reads only."""

    def __init__(self, venue: Venue, look: Look, clock: Clock, tape: Tape) -> None:
        self._venue = venue
        self._look = look
        self._clock = clock
        self._tape = tape

    async def resolve(
        self, request: OrderRequest, baseline: Document, submitted_at: datetime, now: datetime
    ) -> Resolution:
        """Two independent reads, and what they prove together.

        Args:
            request: what was sent.
            baseline: ``orders.baseline`` of the snapshot it was sent on.
            submitted_at: desk time of the burn; with ``now`` it says whether the venue has settled.
            now: desk time of this look.
        """
        readings = [await self._read(request, baseline, delay) for delay in READS_AT_S]
        evidence = [reading.document() for reading in readings]
        orders = [reading.ours for reading in readings if reading.ours is not None]
        if orders and all(order.order_id == orders[0].order_id for order in orders):
            return Found(order=orders[-1])
        settled = now - submitted_at >= timedelta(seconds=readings[-1].promises.settle_s)
        if settled and not orders and all(reading.shows_nothing for reading in readings):
            return Absent(evidence={"reads": evidence})
        return Ambiguous(evidence={"reads": evidence, "settled": settled})

    async def _read(self, request: OrderRequest, baseline: Document, delay_s: float) -> _Reading:
        if delay_s:
            await self._clock.sleep(delay_s)
        snapshot = await self._look.snapshot(request.symbol)
        promises = snapshot.promises
        named: tuple[VenueOrder, ...] | None = ()
        if promises.client_order_id_lookup:
            named = await self._orders(client_order_id=request.client_order_id)
        return _reading(request, baseline, snapshot, named)

    async def _orders(self, *, client_order_id: str) -> tuple[VenueOrder, ...] | None:
        """Orders under our id; None where the venue could not be read."""
        try:
            return await self._tape.read(
                "orders",
                lambda: self._venue.orders(client_order_id=client_order_id),
                lambda orders: [shaped(order) for order in orders],
                _orders_from,
                request={"client_order_id": client_order_id},
            )
        except ReadFailed:
            return None


def _orders_from(plain_orders: object) -> tuple[VenueOrder, ...]:
    assert isinstance(plain_orders, list)
    return tuple(unshaped(VenueOrder, order) for order in plain_orders)


class _Reading(Struct, frozen=True, kw_only=True):
    """One read: the order that is ours by proof, new orders of the symbol, how far the position moved."""

    promises: Promises
    complete: bool
    ours: VenueOrder | None
    new_orders: tuple[str, ...]
    moved: Decimal | None

    @property
    def shows_nothing(self) -> bool:
        """A conclusive nothing: only a venue that finds orders by our id can show it."""
        quiet = not self.new_orders and self.moved == 0
        return self.complete and self.promises.client_order_id_lookup and self.ours is None and quiet

    def document(self) -> Document:
        return {
            "complete": self.complete,
            "order_id": None if self.ours is None else self.ours.order_id,
            "new_orders": list(self.new_orders),
            "position_moved": None if self.moved is None else plain(self.moved),
        }


def _reading(
    request: OrderRequest,
    baseline: Document,
    snapshot: Snapshot,
    named: tuple[VenueOrder, ...] | None,
) -> _Reading:
    listed = snapshot.orders or ()
    by_id = {
        order.order_id: order
        for order in (*listed, *(named or ()))
        if order.client_order_id == request.client_order_id
    }
    known = baseline["orders"]
    assert isinstance(known, list)
    new = [
        order for order in listed if order.order_id not in known and order.symbol in (request.symbol, None)
    ]
    new = [order for order in new if order.parent_order_id is None]
    moved = None
    if snapshot.positions is not None:
        moved = signed_position(snapshot, request.symbol) - parsed(str(baseline["position"]))
    return _Reading(
        promises=snapshot.promises,
        complete=snapshot.orders is not None and snapshot.positions is not None and named is not None,
        ours=next(iter(by_id.values())) if len(by_id) == 1 else _look_alike(request, new, moved),
        new_orders=tuple(order.order_id for order in new),
        moved=moved,
    )


def _look_alike(request: OrderRequest, new: list[VenueOrder], moved: Decimal | None) -> VenueOrder | None:
    """Where ids are hidden: the one new order that has every parameter we sent and explains the position."""
    if len(new) != 1 or new[0].client_order_id is not None:
        return None
    order = new[0]
    same = (
        order.symbol == request.symbol
        and order.side is request.side
        and order.quantity == request.quantity
        and order.type is request.type
        and order.limit_price == request.limit_price
        and order.stop_loss == request.stop_loss
        and order.take_profit == request.take_profit
        and bool(order.reduce_only) == request.reduce_only
    )
    explained = moved == request.side.sign * (order.filled_quantity or ZERO)
    return order if same and explained else None
