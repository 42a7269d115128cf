"""The door of a fork: the real law of gate, ticket and order machine, in front of nothing real."""

from __future__ import annotations

from desk.domain.limits import WhatIf
from desk.domain.proposal import Intent
from desk.execution.executing import Executing
from desk.execution.proposing import Proposing
from desk.execution.room import Parts, furnished
from desk.ports import DoorRefused, ExecutionReport, TicketId, Waiting
from desk.replay.fork.twin import Twin
from desk.replay.nowhere import NoVenue


class WhatIfDoor:
    """``desk.ports.Door`` of a fork, and of its replay.

    Raises:
        TypeError: the limits are not a fork's, or the venue is one that could send.
    """

    def __init__(self, parts: Parts) -> None:
        if not isinstance(parts.limits, WhatIf) or type(parts.venue) not in (Twin, NoVenue):
            raise TypeError("a fork has supposed limits and a venue that cannot send")
        room = furnished(parts)
        self._proposing = Proposing(room)
        self._executing = Executing(room)

    async def propose(self, intent: Intent) -> DoorRefused | Waiting | TicketId:
        return await self._proposing.propose(intent)

    async def decide(self) -> DoorRefused | Waiting | TicketId:
        return await self._proposing.decide()

    async def execute(self, ticket_id: str) -> ExecutionReport:
        return await self._executing.execute(ticket_id)
