"""What the executor can do: plain async functions over the door, with nothing to decide in them."""

from __future__ import annotations

from desk.ports import Door, ExecutionReport


async def execute_ticket(door: Door, ticket_id: str) -> ExecutionReport:
    """Carry out the ticket with this id, if the door honours it.

    Args:
        ticket_id: the id alone. Symbol, side, size and prices are the ticket's and cannot be given.
    """
    return await door.execute(ticket_id)
