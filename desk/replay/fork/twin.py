"""The venue of a fork: the record's answers, and past them a simulated exchange in this process.

It is handed no address, no key and no transport, only something that makes the embedded twin on an account
of its own; what the fork "trades" there is thrown away with it.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from desk.domain.market import Promises, Snapshot, VenueOrder
from desk.ports import Permit, Venue


class Twin(Struct, kw_only=True):
    """``desk.ports.Venue``; the exchange is made when something is first asked of it.

    ``acted`` is true once it took an order: from then on only it knows what the account holds.
    """

    name: str
    made: Callable[[], Venue]
    acted: bool = False
    _exchange: Venue | None = None

    @property
    def exchange(self) -> Venue:
        if self._exchange is None:
            self._exchange = self.made()
        return self._exchange

    async def promises(self) -> Promises:
        return await self.exchange.promises()

    async def snapshot(self, symbol: str) -> Snapshot:
        return await self.exchange.snapshot(symbol)

    async def submit(self, permit: Permit) -> VenueOrder:
        self.acted = True
        return await self.exchange.submit(permit)

    async def orders(
        self, *, symbol: str | None = None, client_order_id: str | None = None
    ) -> tuple[VenueOrder, ...]:
        return await self.exchange.orders(symbol=symbol, client_order_id=client_order_id)

    async def order(self, order_id: str) -> VenueOrder | None:
        return await self.exchange.order(order_id)

    async def cancel(self, order_id: str) -> VenueOrder | None:
        self.acted = True
        return await self.exchange.cancel(order_id)

    async def aclose(self) -> None:
        if self._exchange is not None:
            await self._exchange.aclose()
