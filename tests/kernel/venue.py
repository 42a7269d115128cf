"""A venue made by hand: honest by default, and told by a test what to get wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from desk.domain.market import (
    OrderRequest,
    OrderStatus,
    OrderType,
    Position,
    Promises,
    Quote,
    Side,
    Snapshot,
    VenueOrder,
)
from desk.errors import DeskError
from desk.ports import Permit
from tests.kernel.values import PROMISES, quote, snapshot


def nothing(permit: Permit) -> None:
    """Do nothing."""


class HandVenue:
    """``desk.ports.Venue`` in memory.

    Attributes:
        sent: every request that arrived, in order: the ledger that tests judge by.
        lose: what is raised *after* a request of this purpose was carried out.
        fail: what is raised *instead of* carrying it out.
        lie: changes to the answer to an entry.
        before: called with each permit when its request arrives.
        shown: changes to what a snapshot shows.
        hides_ids / late: whether client order ids are shown; how many reads miss a new order.
        dawdles: an entry is accepted, and neither fills nor ends until ``ends`` is called.
        attaches / takes_stops / fills_exits: what it does of its own protective part.
    """

    name = "paper"

    def __init__(self, clear: Callable[[Permit], None]) -> None:
        self.sent: list[OrderRequest] = []
        self.reads = 0
        self.lose: dict[str, DeskError] = {}
        self.fail: dict[str, DeskError] = {}
        self.lie: dict[str, Any] = {}
        self.before: Callable[[Permit], None] = nothing
        self.shown: dict[str, Any] = {}
        self.mid = Decimal(2000)
        self.share = Decimal(1)
        self.hides_ids = False
        self.late = 0
        self.strangers: list[VenueOrder] = []
        self.dawdles = False
        self.attaches = True
        self.takes_stops = True
        self.fills_exits = True
        self._clear = clear
        self._orders: list[VenueOrder] = []
        self._held = Decimal(0)

    # ---- what a test asks ------------------------------------------------------------------------

    @property
    def entries(self) -> list[OrderRequest]:
        return [request for request in self.sent if purpose_of(request) == "entry"]

    @property
    def purposes(self) -> list[str]:
        return [purpose_of(request) for request in self.sent]

    def ends(self) -> None:
        """The entry that dawdled is cancelled."""
        self._orders = [replace(one, status=OrderStatus.CANCELLED) for one in self._orders]

    # ---- the port --------------------------------------------------------------------------------

    async def submit(self, permit: Permit) -> VenueOrder:
        self._clear(permit)
        self.before(permit)
        self.sent.append(permit.request)
        purpose = purpose_of(permit.request)
        if purpose in self.fail:
            raise self.fail[purpose]
        order = self._carried_out(permit.request)
        if purpose in self.lose:
            raise self.lose[purpose]
        return replace(order, **self.lie) if purpose == "entry" else order

    async def snapshot(self, symbol: str) -> Snapshot:
        self.reads += 1
        fields = {"quotes": self.quotes(), "positions": self._positions(), "orders": self._listed()}
        return snapshot(**({"promises": await self.promises()} | fields | self.shown))

    async def promises(self) -> Promises:
        return replace(PROMISES, client_order_id_lookup=not self.hides_ids)

    async def orders(
        self, *, symbol: str | None = None, client_order_id: str | None = None
    ) -> tuple[VenueOrder, ...]:
        return tuple(one for one in self._listed() if client_order_id in (None, one.client_order_id))

    async def order(self, order_id: str) -> VenueOrder | None:
        return next((one for one in self._listed() if one.order_id == order_id), None)

    async def cancel(self, order_id: str) -> VenueOrder | None:
        return await self.order(order_id)

    async def aclose(self) -> None:
        """Nothing to close."""

    # ---- behind the counter ----------------------------------------------------------------------

    def quotes(self) -> tuple[Quote, ...]:
        return (quote(self.mid),)

    def _listed(self) -> tuple[VenueOrder, ...]:
        own = () if self.reads <= self.late else self._orders
        shown = [replace(one, client_order_id=None) if self.hides_ids else one for one in own]
        return (*shown, *self.strangers)

    def _positions(self) -> tuple[Position, ...]:
        if not self._held:
            return ()
        side = Side.BUY if self._held > 0 else Side.SELL
        return (
            Position(
                position_id="pos_1",
                symbol="SPX-PERP",
                side=side,
                quantity=abs(self._held),
                entry_price=Decimal(2000),
                stop=None,
            ),
        )

    def _carried_out(self, request: OrderRequest) -> VenueOrder:
        match purpose_of(request):
            case "entry":
                return self._entered(request)
            case "stop":
                status = OrderStatus.ACCEPTED if self.takes_stops else OrderStatus.REJECTED
                return self._kept(told(request, self._new_id(), status, Decimal(0)))
            case _:
                filled = request.quantity if self.fills_exits else Decimal(0)
                self._held += request.side.sign * filled
                status = OrderStatus.FILLED if filled else OrderStatus.CANCELLED
                return self._kept(told(request, self._new_id(), status, filled, self.mid))

    def _entered(self, request: OrderRequest) -> VenueOrder:
        if self.dawdles:
            return self._kept(told(request, self._new_id(), OrderStatus.ACCEPTED, Decimal(0)))
        filled = request.quantity * self.share
        self._held += request.side.sign * filled
        whole = OrderStatus.FILLED if self.share == 1 else OrderStatus.CANCELLED
        entry = self._kept(told(request, self._new_id(), whole, filled, self.mid if filled else None))
        if filled and self.attaches:
            self._kept(self._leg(entry, filled))
        return entry

    def _leg(self, entry: VenueOrder, filled: Decimal) -> VenueOrder:
        assert entry.side is not None
        return VenueOrder(
            order_id=self._new_id(),
            status=OrderStatus.ACCEPTED,
            symbol=entry.symbol,
            side=entry.side.opposite,
            quantity=filled,
            type=OrderType.STOP,
            reduce_only=True,
            stop_price=entry.stop_loss,
            parent_order_id=entry.order_id,
        )

    def _new_id(self) -> str:
        return f"ord_{len(self._orders) + 1}"

    def _kept(self, order: VenueOrder) -> VenueOrder:
        self._orders.append(order)
        return order


def purpose_of(request: OrderRequest) -> str:
    """entry, stop or flatten, by what was asked."""
    if not request.reduce_only:
        return "entry"
    return "stop" if request.type is OrderType.STOP else "flatten"


def told(
    request: OrderRequest,
    order_id: str,
    status: OrderStatus,
    filled: Decimal,
    price: Decimal | None = None,
) -> VenueOrder:
    """The order as an honest venue reports it."""
    return VenueOrder(
        order_id=order_id,
        status=status,
        client_order_id=request.client_order_id,
        symbol=request.symbol,
        side=request.side,
        quantity=request.quantity,
        amount_unit="base",
        filled_quantity=filled,
        average_price=price,
        fee_usdc=Decimal(0),
        type=request.type,
        time_in_force=request.time_in_force,
        mode=request.mode,
        leverage=request.leverage,
        reduce_only=request.reduce_only,
        limit_price=request.limit_price,
        stop_price=request.stop_price,
        stop_loss=request.stop_loss,
        take_profit=request.take_profit,
    )
