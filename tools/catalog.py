"""The executor's tools as a model sees them. Nobody else is given any."""

from __future__ import annotations

from types import MappingProxyType

from desk.ports import Tool
from tools.functions import execute_ticket

EXECUTE_TICKET = Tool(
    name="execute_ticket",
    schema=MappingProxyType(
        {
            "name": "execute_ticket",
            "description": "Carry out one ticket. Everything about it is fixed; it works once.",
            "parameters": {
                "type": "object",
                "properties": {"ticket_id": {"type": "string", "description": "The ticket's id."}},
                "required": ["ticket_id"],
                "additionalProperties": False,
            },
            "strict": True,
        }
    ),
    call=execute_ticket,
)
CATALOG = (EXECUTE_TICKET,)
