"""The one way to money: propose an intent, execute a ticket id. Nothing else reaches the venue.

verdict → intent → gate → approval → ticket → order machine → breaker → venue → protection proven. The
chat holds neither sizes nor permission: it hands over an intent made by code, and later a ticket's id.
"""

from __future__ import annotations

from desk.domain.limits import Limits
from desk.domain.proposal import Intent
from desk.execution.executing import Executing
from desk.execution.proposing import Proposing
from desk.execution.room import Parts, furnished
from desk.ports import DoorRefused, ExecutionReport, TicketId, Waiting


class Passage:
    """What is behind every door: gate, humans, ticket, and one request for it. A session has its own."""

    def __init__(self, parts: Parts) -> None:
        room = furnished(parts)
        self._proposing = Proposing(room)
        self._executing = Executing(room)

    async def propose(self, intent: Intent) -> DoorRefused | Waiting | TicketId:
        """Gate, and a human where one must decide. ``Waiting`` means: ask again with ``decide``."""
        return await self._proposing.propose(intent)

    async def decide(self) -> DoorRefused | Waiting | TicketId:
        """Look once more for the answer to the question that ``propose`` left open."""
        return await self._proposing.decide()

    async def execute(self, ticket_id: str) -> ExecutionReport:
        """At most one request for this ticket, ever. A ticket that is not good is reported, not raised."""
        return await self._executing.execute(ticket_id)


class TradeDoor(Passage):
    """``desk.ports.Door`` to a venue. It remembers which tickets it issued.

    Raises:
        TypeError: the limits are a fork's (``WhatIf``), or anything but the desk's own type.
    """

    def __init__(self, parts: Parts) -> None:
        if type(parts.limits) is not Limits:
            raise TypeError("supposed limits open no door")
        super().__init__(parts)
