"""The venue, and the permit without which nothing is sent to it."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from desk.domain.market import OrderRequest, Promises, Snapshot, VenueOrder


class Permit(Struct, frozen=True, kw_only=True):
    """Proof that a ticket was burned for exactly this request. Single use; checked by the venue client."""

    ticket_id: str
    request: OrderRequest
    mac: str


class Venue(Protocol):
    """Where orders go. Only ``submit`` moves money, and it wants a permit.

    Reads raise ``ReadFailed`` once their own retries are spent.
    """

    name: str

    async def promises(self) -> Promises: ...

    async def snapshot(self, symbol: str) -> Snapshot:
        """Account, positions, working orders, quotes and market state, read together. Never raises for a
        part that is missing: that part is None."""
        ...

    async def submit(self, permit: Permit) -> VenueOrder:
        """Send one order, once.

        Raises:
            NotSent: proof that nothing left (connect error, connect timeout, pool timeout, our own pace).
            Refused: a definitive refusal by the contract; nothing executed.
            OutcomeUnknown: everything else.
        """
        ...

    async def orders(
        self, *, symbol: str | None = None, client_order_id: str | None = None
    ) -> tuple[VenueOrder, ...]:
        """Orders of this account in any state, by filter."""
        ...

    async def order(self, order_id: str) -> VenueOrder | None: ...

    async def cancel(self, order_id: str) -> VenueOrder | None:
        """Cancel a working order. It can only lower exposure, so it needs no permit."""
        ...

    async def aclose(self) -> None: ...
