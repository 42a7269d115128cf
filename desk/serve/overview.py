"""What the list shows: a question as a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from desk.approval.inbox import Question
from desk.approval.slack.card import decided_line
from desk.bootstrap import Desk
from desk.domain.approval import GRANTED
from desk.serve.board import Board, Session

#: Why the code asks a human, in words.
WHY: Mapping[str, str] = MappingProxyType(
    {
        "HUMAN_SIZE": "its size",
        "HUMAN_HOUR": "what was sent within the hour",
        "HUMAN_DAY": "what was sent within the day",
        "HUMAN_EVENT": "a listed event is near",
        "POLICY_UNMATCHED": "no rule of the policy speaks of it",
    }
)


class Row(Struct, frozen=True, kw_only=True):
    """``left_s`` is None where no clock runs; ``line`` and ``at`` say what became of it."""

    approval_id: str
    title: str
    side: str
    at_stop: str
    at_worst: str
    why: str
    until: str
    left_s: int | None
    quorum: int
    granted_by: tuple[str, ...]
    decision: str
    line: str
    at: str


class Overview(Struct, frozen=True, kw_only=True):
    """What waits, oldest first; what was decided, newest first. ``state`` changes when either does."""

    waiting: tuple[Row, ...]
    decided: tuple[Row, ...]
    halted: bool

    @property
    def state(self) -> str:
        waiting = [f"{row.approval_id}:{len(row.granted_by)}" for row in self.waiting]
        decided = [f"{row.approval_id}:{row.line}" for row in self.decided]
        return "|".join([str(self.halted), *waiting, *decided])


def overview(desk: Desk, board: Board) -> Overview:
    """Raises: JournalError if the journal cannot be read."""
    board.read(desk.journal)
    return Overview(
        waiting=tuple(row(*one) for one in board.waiting()),
        decided=tuple(row(*one) for one in board.decided()),
        halted=desk.halt.halted(),
    )


def readiness(desk: Desk, board: Board) -> dict[str, object]:
    """What a monitor wants to know. Raises: JournalError if the journal cannot be read or written."""
    with desk.journal.transaction():
        """Nothing: it can be begun and ended."""
    board.read(desk.journal)
    return {
        "head": board.seq,
        "halted": desk.halt.halted(),
        "hard": desk.halt.hard(),
        "waiting": len(board.waiting()),
    }


def row(session: Session, question: Question) -> Row:
    request, card = question.request, question.request.card
    act, loss = mapping(card.get("act")), mapping(card.get("worst_loss"))
    left_s = int((request.expires_at - datetime.now(UTC)).total_seconds())
    return Row(
        approval_id=request.approval_id,
        title=f"{str(act.get('side')).upper()} {act.get('size')} USDC {act.get('symbol')}",
        side=str(act.get("side")),
        at_stop=str(loss.get("at_stop_usdc")),
        at_worst=str(loss.get("notional_usdc")),
        why=", ".join(why(code) for code in listed(card.get("why_asked"))),
        until=f"{request.expires_at:%Y-%m-%d %H:%M:%SZ}",
        left_s=None if session.clock == "brief" else max(0, left_s),
        quorum=request.quorum,
        granted_by=question.stands.granted_by,
        decision=question.stands.decision or ("over" if question.over else "open"),
        line=_line(session, question),
        at=_at(session, question),
    )


def why(code: object) -> str:
    """A reason for asking, in words."""
    text = str(code)
    return (
        f"the policy's rule {text.partition(':')[2]}" if text.startswith("POLICY:") else WHY.get(text, text)
    )


def _line(session: Session, question: Question) -> str:
    if question.open:
        return ""
    if not question.stands.settled:
        return "its session ended before anybody decided"
    line, closed = decided_line(question.stands), session.closed
    last = session.asked[-1].approval_id == question.request.approval_id
    if closed is None or not last or question.stands.decision != GRANTED:
        return line
    reasons = f" ({', '.join(closed.reasons)})" if closed.reasons else ""
    return f"{line}; {closed.outcome.replace('_', ' ')}{reasons}"


def _at(session: Session, question: Question) -> str:
    """When the last word on it was said."""
    said = [at for at, one in session.said if one.approval_id == question.request.approval_id]
    return f"{said[-1]:%Y-%m-%d %H:%M:%SZ}" if said else ""


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
