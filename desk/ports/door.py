"""The door, and the tool that leads to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from desk.domain.events import Document
from desk.domain.proposal import Intent


class DoorRefused(Struct, frozen=True, kw_only=True):
    """Nothing may happen. ``outcome`` is the session's: denied, refused_by_human, halted …"""

    outcome: str
    decided_by: str
    reasons: tuple[str, ...]


class Waiting(Struct, frozen=True, kw_only=True):
    """A human has been asked and has not answered."""

    approval_id: str
    expires_at: datetime


class TicketId(Struct, frozen=True, kw_only=True):
    """The name of a ticket: all that the executor is given."""

    ticket_id: str


class ExecutionReport(Struct, frozen=True, kw_only=True):
    """What happened, by code (deliberation section 1). ``document`` is its public JSON."""

    outcome: str
    decided_by: str
    reasons: tuple[str, ...]
    document: Document


class Door(Protocol):
    """The one way to money. The chat proposes an intent and executes a ticket id; it knows nothing else."""

    async def propose(self, intent: Intent) -> DoorRefused | Waiting | TicketId: ...

    async def decide(self) -> DoorRefused | Waiting | TicketId:
        """Ask once more for the decision that ``propose`` left open."""
        ...

    async def execute(self, ticket_id: str) -> ExecutionReport: ...


class Tool(Struct, frozen=True, kw_only=True):
    """What the executor may call: its public schema, and the function over the door behind it."""

    name: str
    schema: Document
    call: Callable[[Door, str], Awaitable[ExecutionReport]]
