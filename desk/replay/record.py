"""A session as the journal holds it, indexed by what a re-drive will ask for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Final

from desk.domain import ids
from desk.domain.events import (
    ApprovalDecided,
    BriefReceived,
    Document,
    ModelReplied,
    SessionClosed,
    SessionOpened,
)
from desk.errors import UsageError
from desk.ports import Recorded
from desk.replay.source import Source

#: Where each id that code mints is written down, by prefix: (event type, field).
MINTED: Final = MappingProxyType(
    {
        ids.INTENT: (("IntentMinted", "intent_id"),),
        ids.APPROVAL: (("ApprovalRequested", "approval_id"),),
        ids.TICKET: (("TicketIssued", "ticket_id"),),
        ids.TRADE: (("TicketIssued", "trade_id"),),
        ids.CLIENT_ORDER: (("TicketIssued", "client_order_id"),),
    }
)
#: Streams whose events are the session's record; others (trade, breaker, account) are folds' business.
RECORD_STREAMS: Final = frozenset({"session", "call", "order"})


class Record:
    """Events of one session up to its close, oldest first.

    Raises:
        UsageError: the journal has no such session.
    """

    def __init__(self, events: Sequence[Recorded], session_id: str) -> None:
        if not events or not isinstance(events[0].event, SessionOpened):
            raise UsageError(
                f"there is no session {session_id} here", fix="`desk sessions` lists them", code="NO_SESSION"
            )
        self.session_id = session_id
        self.stream = ids.session_stream(session_id)
        closed = next((event.seq for event in events if event.event_type == "SessionClosed"), None)
        self.events = tuple(event for event in events if closed is None or event.seq <= closed)
        self.opened = events[0].event
        self.inputs: tuple[Document, ...] = tuple(note for event in self.events for note in _inputs(event))
        self._by_place = {(event.stream_id, event.version): event for event in self.events}
        self._calls = {
            (event.role, event.n): event
            for event in (record.event for record in self.events if record.event_type == "ModelReplied")
            if isinstance(event, ModelReplied)
        }

    @property
    def closed(self) -> SessionClosed | None:
        last = self.events[-1].event if self.events[-1].event_type == "SessionClosed" else None
        return last if isinstance(last, SessionClosed) else None

    @property
    def brief(self) -> BriefReceived:
        return next(
            event for event in (record.event for record in self.events) if isinstance(event, BriefReceived)
        )

    def at(self, stream_id: str, version: int) -> Recorded | None:
        """The event at this place of this stream."""
        return self._by_place.get((stream_id, version))

    def call(self, role: str, n: int) -> ModelReplied | None:
        return self._calls.get((role, n))

    def calls(self) -> Iterable[ModelReplied]:
        """Every reply on record, in the order of the roles' calls."""
        return self._calls.values()

    def minted(self) -> dict[str, list[str]]:
        """Ids by prefix, in the order in which they were minted."""
        found: dict[str, list[str]] = defaultdict(list)
        for event in self.events:
            for prefix, places in MINTED.items():
                found[prefix] += [
                    str(event.data[field]) for kind, field in places if kind == event.event_type
                ]
        return found

    def decision_at(self, version: int) -> ApprovalDecided | None:
        """The decision, if that is what the session's stream holds at this version."""
        record = self.at(self.stream, version)
        event = record.event if record is not None and record.event_type == "ApprovalDecided" else None
        return event if isinstance(event, ApprovalDecided) else None


def _inputs(record: Recorded) -> Sequence[Document]:
    notes = record.data.get("inputs", ())
    assert isinstance(notes, list | tuple)
    return [note for note in notes if isinstance(note, dict)]


def load(source: Source, session_id: str) -> Record:
    """The record of one session."""
    return Record(source.of_session(ids.require_id(session_id, ids.SESSION)), session_id)
