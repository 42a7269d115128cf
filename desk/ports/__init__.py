"""What the desk needs from the world: small Protocols, each with its contract.

Everything that cannot be computed comes through one of these, so a session can be re-driven from its
record by handing it the recorded answers instead. Concretes are named in ``desk.bootstrap`` only.
"""

from desk.ports.door import Door, DoorRefused, ExecutionReport, TicketId, Tool, Waiting
from desk.ports.journal import (
    ANY,
    EMPTY,
    Folds,
    History,
    Journal,
    NewEvent,
    Projection,
    Recorded,
    State,
    TicketRow,
    Transaction,
)
from desk.ports.models import Answers, Model, ModelReply, ModelRequest, ToolCall
from desk.ports.people import Answer, Approver, Screen
from desk.ports.time import Clock, HaltSwitch, Ids, Instant, Signer
from desk.ports.venue import Permit, Venue

__all__ = [
    "ANY",
    "EMPTY",
    "Answer",
    "Answers",
    "Approver",
    "Clock",
    "Door",
    "DoorRefused",
    "ExecutionReport",
    "Folds",
    "HaltSwitch",
    "History",
    "Ids",
    "Instant",
    "Journal",
    "Model",
    "ModelReply",
    "ModelRequest",
    "NewEvent",
    "Permit",
    "Projection",
    "Recorded",
    "Screen",
    "Signer",
    "State",
    "TicketId",
    "TicketRow",
    "Tool",
    "ToolCall",
    "Transaction",
    "Venue",
    "Waiting",
]
