"""A session on the embedded venue that waits for a human, and everything a person or a process does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from desk import bootstrap, reopening
from desk.approval.inbox import Answered, Inbox
from desk.bootstrap import Desk, Hands, Wishes
from desk.briefs.reader import read
from desk.config import Settings
from desk.deliberation.floor import drive
from desk.domain.approval import GRANTED
from desk.domain.events import ApprovalRequested, Event
from desk.domain.policy import Policy, Rule
from desk.home.identity import RandomIds
from desk.home.paths import Home
from desk.journal import memory_journal
from desk.ports import Answer
from desk.replay.record import load
from desk.replay.resume import Replayed, replay, resume
from desk.session import Chat, Given, Session, SessionReport
from tests.kernel.fakes import Dark

#: The bundled brief whose trade is large enough to need a human.
BRIEF = "@year-end-rally"
HANDS = Hands(screen=Dark(), prompt=None, person="ann")
TWO = Policy(rules=(Rule(name="two", humans=2),))


@dataclass(kw_only=True)
class Asked:
    """One home with one session. Every call opens the home anew, as another process would.

    Attributes:
        settings: changes to the home's settings from the next call on.
        around: changes to what the next process gives its session.
    """

    home: Path
    settings: dict[str, Any] = field(default_factory=dict)
    around: Callable[[Given], Given] = lambda given: given
    session_id: str = ""

    def opened(self) -> Any:
        return bootstrap.opened(Settings(home=Home(self.home), **self.settings))

    async def run(self, *, approve: str = "inbox", chat: Chat = drive, brief: str = BRIEF) -> SessionReport:
        """Start the session; with the inbox it suspends."""
        with self.opened() as desk:
            given = bootstrap.given(desk, Wishes(approve=approve), read(brief), HANDS)
            self.session_id = given.parts.log.session_id
            return await Session(self.around(replace(given, chat=chat))).run()

    async def resume(self, chat: Chat = drive) -> SessionReport:
        """Go on with it, as ``desk resume`` does."""
        with self.opened() as desk:
            record = load(desk.journal, self.session_id)
            given = replace(reopening.with_world(desk, record, HANDS), chat=chat)
            return await resume(record, self.around(given), memory_journal(), desk.journal)

    def answer(self, decision: str = GRANTED, by: str = "ann", **word: Any) -> Answered:
        """Say a word on the question that is open, or on the last one there was, in the inbox."""
        with self.opened() as desk:
            return answered(desk, self.question.approval_id, decision, by, **word)

    async def replays(self) -> Replayed:
        with self.opened() as desk:
            record, shadow = load(desk.journal, self.session_id), memory_journal()
            given = reopening.without_world(record, desk.journal, shadow, Dark())
            return await replay(record, given, shadow)

    # ---- what is on record -----------------------------------------------------------------------

    @property
    def question(self) -> ApprovalRequested:
        """The newest question."""
        last = self.events("ApprovalRequested")[-1]
        assert isinstance(last, ApprovalRequested)
        return last

    def events(self, *types: str) -> list[Any]:
        with self.opened() as desk:
            found: list[Event] = [record.event for record in desk.journal.events(types=types)]
            return found

    def decisions(self) -> list[tuple[str, str, str | None]]:
        return [(one.decision, one.by, one.reason) for one in self.events("ApprovalDecided")]

    def orders(self) -> list[dict[str, Any]]:
        """Entries in the venue's own ledger."""
        with self.opened() as desk:
            store = bootstrap.paper_store(desk)
            try:
                with store.reading() as book:
                    lines = list(book.ledger(f"paper:{self.session_id}"))
            finally:
                store.close()
        return [line for line in lines if line["kind"] == "order"]

    def calls(self) -> int:
        return len(self.events("ModelReplied"))


def answered(desk: Desk, approval_id: str, decision: str, by: str, **word: Any) -> Answered:
    """What ``desk approve``, ``deny`` and ``edit`` do once they know who speaks and of which card."""
    inbox = Inbox(desk.journal, RandomIds())
    question = inbox.find(approval_id)
    said = {"card_hash": question.request.card_hash, "channel": "inbox"} | word
    clock = reopening.clock_of(desk, question.session_id)
    return inbox.answer(question, clock, Answer(decision=decision, by=by, **said))


def sized(size: int | str) -> dict[str, Decimal]:
    """The size of an edit."""
    return {"size_usdc": Decimal(size)}
