"""A session as the journal holds it, indexed by what a re-drive will ask for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
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
from desk.journal.codec import is_current
from desk.journal.document import as_recorded
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


def _no_blob(sha256: str) -> bytes | None:
    return None


class Record:
    """Events of one session up to its close, oldest first.

    Args:
        blob: where texts are that the events name by their sha256.

    Raises:
        UsageError: the journal has no such session.
    """

    def __init__(
        self,
        events: Sequence[Recorded],
        session_id: str,
        blob: Callable[[str], bytes | None] = _no_blob,
    ) -> None:
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
        self.text_source = blob
        self._by_place = {(event.stream_id, event.version): event for event in self.events}

    @property
    def closed(self) -> SessionClosed | None:
        last = self.events[-1].event if self.events[-1].event_type == "SessionClosed" else None
        return last if isinstance(last, SessionClosed) else None

    @property
    def brief(self) -> BriefReceived:
        return next(
            event for event in (record.event for record in self.events) if isinstance(event, BriefReceived)
        )

    @property
    def named_account(self) -> str | None:
        """The account that the run named; None if the session has one of its own."""
        named = self.opened.settings["account"]
        return None if named is None else str(named)

    def at(self, stream_id: str, version: int) -> Recorded | None:
        """The event at this place of this stream."""
        return self._by_place.get((stream_id, version))

    def call(self, role: str, n: int) -> ModelReplied | None:
        """The n-th reply of a role."""
        found = self.call_step(role, n)
        event = None if found is None else found.event
        return event if isinstance(event, ModelReplied) else None

    def call_step(self, role: str, n: int) -> Recorded | None:
        """Where that reply lies: in a stream of its own."""
        return self.at(ids.call_stream(self.session_id, role, n), 1)

    def calls_of(self, role: str) -> list[Recorded]:
        """The calls of a role, in the order in which it was asked."""
        calls: list[Recorded] = []
        while (found := self.call_step(role, len(calls) + 1)) is not None:
            calls.append(found)
        return calls

    def input_step(self, position: int) -> tuple[Recorded, int]:
        """The event that carries the input at this position of the tape, and which of its inputs it is.

        Raises:
            IndexError: the tape is shorter.
        """
        for event in self.events:
            inputs = len(_inputs(event))
            if position < inputs:
                return event, position
            position -= inputs
        raise IndexError("there are fewer inputs")

    def text(self, sha256: str) -> str | None:
        """The text of this sha256, if it is at hand."""
        body = self.text_source(sha256)
        return None if body is None else body.decode()

    def calls(self) -> Iterable[ModelReplied]:
        """Every reply on record, in the order of the journal."""
        replies = (record.event for record in self.events if record.event_type == "ModelReplied")
        return [event for event in replies if isinstance(event, ModelReplied)]

    def minted(self) -> dict[str, list[str]]:
        """Ids by prefix, in the order in which they were minted."""
        found: dict[str, list[str]] = defaultdict(list)
        for event in self.events:
            for prefix, places in MINTED.items():
                found[prefix] += [
                    str(event.data[field]) for kind, field in places if kind == event.event_type
                ]
        return found

    def carries_at(self, version: int) -> bool:
        """False for an event of the session's stream that was recorded without inputs because its type had
        none then: what led to it is with the next event."""
        recorded = self.at(self.stream, version)
        if recorded is None or is_current(recorded.event_type, recorded.schema_version):
            return True
        return "inputs" in as_recorded(recorded.data) or "inputs" not in recorded.data

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
    return Record(source.of_session(ids.require_id(session_id, ids.SESSION)), session_id, source.blob)
