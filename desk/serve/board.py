"""The questions of this home, kept up to date by reading only what the journal has gained.

A waiting session is a few small values here; nothing of it runs. The board belongs to the journal's thread.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime

from msgspec import Struct, field

from desk.approval.inbox import Question
from desk.domain.approval import standing
from desk.domain.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    SessionClosed,
    SessionOpened,
)
from desk.ports import Instant, Journal, Recorded

TYPES = ("SessionOpened", "ApprovalRequested", "ApprovalDecided", "SessionClosed")
#: Sessions that are over and whose questions are still listed.
RECENT = 30


class Session(Struct):
    """What is kept of one: ``said`` are people's words and when, oldest first."""

    session_id: str
    account: str | None
    clock: str
    asked: list[ApprovalRequested] = field(default_factory=list)
    said: list[tuple[datetime, ApprovalDecided]] = field(default_factory=list)
    closed: SessionClosed | None = None

    def question(self, request: ApprovalRequested) -> Question:
        return Question(
            session_id=self.session_id,
            account=self.account,
            request=request,
            stands=standing(request, [decided for _, decided in self.said]),
            over=self.closed is not None,
        )

    @property
    def newest(self) -> Question | None:
        return self.question(self.asked[-1]) if self.asked else None

    def may_go_on(self, now: Instant) -> bool:
        """Is its newest question settled, or the time for it over? A brief's clock stands still meanwhile."""
        newest = self.newest
        if newest is None:
            return False
        return newest.stands.settled or (self.clock != "brief" and newest.expiry.reached(now))


class Board:
    """Call ``read`` first; everything else answers as of then."""

    def __init__(self, recent: int = RECENT) -> None:
        self._seq = 0
        self._open: dict[str, Session] = {}
        self._over: deque[Session] = deque(maxlen=recent)

    def read(self, journal: Journal) -> bool:
        """Take in what was recorded since. True if anything was."""
        head, _ = journal.head()
        if head == self._seq:
            return False
        gained = [(one, one.event) for one in journal.events(after=self._seq, types=TYPES)]
        for record, event in gained:
            self._take(record, event)
            head = max(head, record.seq)
        self._seq = head
        return True

    def _take(self, record: Recorded, event: Event) -> None:
        session_id = str(record.metadata.get("session"))
        if isinstance(event, SessionOpened):
            self._open[session_id] = Session(session_id, event.account, event.clock)
        session = self._open.get(session_id)
        if session is None:
            return
        if isinstance(event, ApprovalRequested):
            session.asked.append(event)
        elif isinstance(event, ApprovalDecided):
            session.said.append((record.occurred_at, event))
        elif isinstance(event, SessionClosed):
            session.closed = event
            del self._open[session_id]
            if session.asked:
                self._over.append(session)

    @property
    def seq(self) -> int:
        """How far the journal has been read."""
        return self._seq

    def waiting(self) -> list[tuple[Session, Question]]:
        """Open questions, oldest first."""
        asked = [(one, one.newest) for one in self._open.values()]
        return [(one, question) for one, question in asked if question is not None and question.open]

    def decided(self) -> list[tuple[Session, Question]]:
        """The newest questions that are settled, or whose session is over, newest first."""
        sessions = [*reversed(self._open.values()), *reversed(self._over)]
        asked = [(one, one.question(request)) for one in sessions for request in reversed(one.asked)]
        return [(one, question) for one, question in asked if not question.open][:RECENT]

    def find(self, approval_id: str) -> tuple[Session, Question] | None:
        """A question that waits or was decided lately."""
        for session in (*self._open.values(), *self._over):
            for request in session.asked:
                if request.approval_id == approval_id:
                    return session, session.question(request)
        return None

    def ready(self, now: Instant) -> list[str]:
        """Sessions that can go on."""
        return [one.session_id for one in self._open.values() if one.may_go_on(now)]
