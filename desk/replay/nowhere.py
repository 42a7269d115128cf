"""What a replay has instead of a world: nothing that could be asked, and nothing that could be sent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

from desk.domain.events import ApprovalRequested
from desk.domain.market import Promises, Snapshot, VenueOrder
from desk.errors import Divergence
from desk.ports import Answer, ModelReply, ModelRequest, Permit

_FORBIDDEN = frozenset(
    {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}
)


def _not_on_record(what: str) -> NoReturn:
    raise Divergence(f"{what} is not on record", why="a replay has nobody to ask")


class NoVenue:
    """``desk.ports.Venue`` without a way to reach anything."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def promises(self) -> Promises:
        _not_on_record("the venue's promises")

    async def snapshot(self, symbol: str) -> Snapshot:
        _not_on_record("a look at the venue")

    async def submit(self, permit: Permit) -> VenueOrder:
        _not_on_record("an order")

    async def orders(
        self, *, symbol: str | None = None, client_order_id: str | None = None
    ) -> tuple[VenueOrder, ...]:
        _not_on_record("a list of orders")

    async def order(self, order_id: str) -> VenueOrder | None:
        _not_on_record("an order's state")

    async def cancel(self, order_id: str) -> VenueOrder | None:
        _not_on_record("a cancellation")

    async def aclose(self) -> None:
        """Nothing is open."""


class NoScreen:
    """Nobody is looking."""

    def show(self, step: object) -> None:
        """Nothing."""


class NoAnswers:
    """Nobody answers for the roles but the record."""

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        _not_on_record(f"call {n} of {role}")


class NoApprover:
    """No human is asked."""

    channel = "record"
    ttl_s = 0
    suspends = False

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        return None


class NoHalt:
    """The stop file of a world that cannot act."""

    def halted(self) -> bool:
        return False

    def hard(self) -> bool:
        return False

    def halt(self, reason: str) -> None:
        """On record the desk halted itself; here there is nothing to stop."""


def forbid_sockets() -> None:
    """From here on, for the rest of the process, any attempt to use the network raises ``Divergence``."""

    def refuse(event: str, args: tuple[object, ...]) -> None:
        if event in _FORBIDDEN:
            raise Divergence("something tried to use the network", why="a replay never does")

    sys.addaudithook(refuse)
