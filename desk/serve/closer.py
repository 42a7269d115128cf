"""Everything about one question: the card, the gate, the debate, the facts, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from desk.approval.inbox import Inbox, Question
from desk.bootstrap import Desk
from desk.domain.events import ApprovalDecided, ApprovalRequested, SessionClosed, SessionOpened
from desk.home.identity import RandomIds
from desk.journal.projections import show_document
from desk.ports import Recorded
from desk.serve.board import Board, Session
from desk.serve.gate import Waterfall, waterfall
from desk.serve.overview import Row, mapping, row
from desk.serve.sketch import Ladder, Loss, ladder, losses


class Closer(Struct, frozen=True, kw_only=True):
    """One question as its page shows it. ``child`` is the smaller one that an edit made of it."""

    row: Row
    card_hash: str
    open: bool
    quorum: int
    parent: str | None
    child: str | None
    card: Mapping[str, Any]
    ladder: Ladder | None
    losses: tuple[Loss, ...]
    gate: Waterfall | None
    messages: list[Mapping[str, Any]]
    cited: list[Mapping[str, Any]]
    facts: list[Mapping[str, Any]]
    said: list[Mapping[str, str]]
    session: Mapping[str, Any]
    orders: list[Mapping[str, Any]]
    halted: bool

    @property
    def state(self) -> str:
        """Changes when the page has something else to say."""
        return f"{self.halted}|{len(self.said)}|{self.row.line}|{self.session['outcome']}|{self.child}"


def closer(desk: Desk, board: Board, approval_id: str) -> Closer:
    """Raises: UsageError: there is no such question."""
    board.read(desk.journal)
    found = board.find(approval_id)
    known = found[0] if found else Inbox(desk.journal, RandomIds()).find(approval_id)
    events = desk.journal.of_session(known.session_id)
    session = found[0] if found else _session_from(events)
    question = next(session.question(one) for one in session.asked if one.approval_id == approval_id)
    return _closer(desk, session, question, events)


def _session_from(events: Sequence[Recorded]) -> Session:
    """As the board would hold it: a question decided long ago."""
    opened = events[0].event
    assert isinstance(opened, SessionOpened)
    session = Session(opened.session_id, opened.account, opened.clock)
    for record in events:
        match record.event_type:
            case "ApprovalRequested" if isinstance(event := record.event, ApprovalRequested):
                session.asked.append(event)
            case "ApprovalDecided" if isinstance(event := record.event, ApprovalDecided):
                session.said.append((record.occurred_at, event))
            case "SessionClosed" if isinstance(event := record.event, SessionClosed):
                session.closed = event
    return session


def _closer(desk: Desk, session: Session, question: Question, events: Sequence[Recorded]) -> Closer:
    request, shown = question.request, show_document(events, "")
    messages, facts = _mappings(shown["messages"]), _mappings(shown["facts"])
    cited = _cited(messages)
    children = [one.approval_id for one in session.asked if one.parent == request.approval_id]
    said = [(at, one) for at, one in session.said if one.approval_id == request.approval_id]
    return Closer(
        row=row(session, question),
        card_hash=request.card_hash,
        open=question.open,
        quorum=request.quorum,
        parent=request.parent,
        child=children[0] if children else None,
        card=request.card,
        ladder=ladder(mapping(request.card.get("act"))),
        losses=losses(request.card),
        gate=waterfall(_gate_of(events, request)),
        messages=messages,
        cited=[fact for fact in facts if fact["id"] in cited],
        facts=[fact for fact in facts if fact["id"] not in cited],
        said=[_word(f"{at:%Y-%m-%d %H:%M:%SZ}", one) for at, one in said],
        session=mapping(shown["session"]),
        orders=_mappings(shown["orders"]),
        halted=desk.halt.halted(),
    )


def _gate_of(events: Sequence[Recorded], request: ApprovalRequested) -> Mapping[str, Any] | None:
    """The assessment that the question was asked on, not the later ones."""
    gates = (one.data for one in events if one.event_type == "GateAssessed")
    return next((gate for gate in gates if gate["intent_id"] == request.intent_id), None)


def _word(at: str, one: ApprovalDecided) -> dict[str, str]:
    size = f" to {one.size_usdc} USDC" if one.size_usdc is not None else ""
    reason = one.reason or ""
    return {"at": at, "by": one.by, "channel": one.channel, "what": f"{one.decision}{size}", "reason": reason}


def _cited(messages: Sequence[Mapping[str, Any]]) -> set[str]:
    """Ids of the facts that somebody rested on."""
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            found.update(str(fact) for fact in value.get("facts") or () if isinstance(fact, str))
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk([message["content"] for message in messages])
    return found


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
