"""The inbox: questions that wait in the journal, and the one place where an answer to one is recorded.

Any other terminal (and later Slack and the page) answers here. The first valid answer counts, in one
immediate transaction; a second one is told so.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from decimal import Decimal

from desk.domain import approval, ids
from desk.domain.events import ApprovalDecided, ApprovalRequested
from desk.errors import UsageError
from desk.ports import Answer, Clock, Ids, Instant, Journal, NewEvent, Recorded, Transaction

TTL_S = 4 * 3600
POLL_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request on record and what became of it; ``decision`` is None while it is open."""

    session_id: str
    account: str | None
    request: ApprovalRequested
    decision: ApprovalDecided | None
    over: bool

    @property
    def expiry(self) -> Instant:
        return Instant(
            wall=self.request.expires_at,
            boot_id=self.request.expires_boot,
            monotonic_s=Decimal(self.request.expires_monotonic),
        )


class InboxApprover:
    """Leaves the question in the journal; waits ``wait_s`` for somebody to answer it there."""

    channel = "inbox"
    ttl_s = TTL_S

    def __init__(self, journal: Journal, session_id: str, wait_s: float = 0) -> None:
        self._journal = journal
        self._stream = ids.session_stream(session_id)
        self._wait_s = wait_s

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        end = time.monotonic() + self._wait_s
        while True:
            decision = decision_in(self._journal.stream(self._stream), request.approval_id)
            if decision is not None:
                return Answer(
                    card_hash=decision.card_hash,
                    decision=decision.decision,
                    by=decision.by,
                    channel=decision.channel,
                    reason=decision.reason,
                )
            left_s = end - time.monotonic()
            if left_s <= 0:
                return None
            await asyncio.sleep(min(POLL_S, left_s))


def decision_in(events: list[Recorded], approval_id: str) -> ApprovalDecided | None:
    """The decision about this approval among a session's events."""
    decided = (record.event for record in events if record.event_type == "ApprovalDecided")
    return next(
        (one for one in decided if isinstance(one, ApprovalDecided) and one.approval_id == approval_id), None
    )


class Inbox:
    """Reads and answers the questions of all sessions of this home."""

    def __init__(self, journal: Journal, new_ids: Ids) -> None:
        self._journal = journal
        self._ids = new_ids

    def waiting(self) -> list[Question]:
        """Open questions, oldest first: not decided, their session not over."""
        asked = self._journal.events(types=("ApprovalRequested",))
        questions = [self._question(record) for record in asked]
        return [question for question in questions if question.decision is None and not question.over]

    def find(self, approval_id: str) -> Question:
        """One question by its id.

        Raises:
            UsageError: there is none.
        """
        ids.require_id(approval_id, ids.APPROVAL)
        for record in self._journal.events(types=("ApprovalRequested",)):
            if record.data["approval_id"] == approval_id:
                return self._question(record)
        raise UsageError(
            f"there is no approval {approval_id}", fix="`desk approvals` lists them", code="NO_APPROVAL"
        )

    def _question(self, record: Recorded) -> Question:
        request = record.event
        assert isinstance(request, ApprovalRequested)
        events = self._journal.stream(record.stream_id)
        account = record.metadata.get("account")
        return Question(
            session_id=str(record.metadata["session"]),
            account=None if account is None else str(account),
            request=request,
            decision=decision_in(events, request.approval_id),
            over=any(event.event_type == "SessionClosed" for event in events),
        )

    def answer(
        self,
        question: Question,
        clock: Clock,
        *,
        granted: bool,
        card: str,
        by: str,
        channel: str,
        reason: str | None,
    ) -> ApprovalDecided:
        """Record an answer, if it is the first and in time.

        Args:
            card: at least eight characters of the hash of the card that was read.

        Raises:
            UsageError: the card is another one, the question is decided, over or too late.
        """
        request, stream = question.request, ids.session_stream(question.session_id)
        if len(card) < approval.SHORT_HASH or not request.card_hash.startswith(card):
            raise UsageError("that is not this approval's card", why="the hash differs", code="CARD_DIFFERS")
        if not approval.intact(request):
            raise UsageError("the recorded card is damaged", fix="Run `desk verify`", code="CARD_DIFFERS")
        with self._journal.transaction() as tx:
            self._still_open(tx, stream, request.approval_id)
            now = clock.stamp(stream)
            late = question.expiry.reached(now)
            said = approval.GRANTED if granted else approval.DENIED
            decided = ApprovalDecided(
                approval_id=request.approval_id,
                intent_id=request.intent_id,
                intent_hash=request.intent_hash,
                card_hash=request.card_hash,
                decision=approval.EXPIRED if late else said,
                by=by,
                channel=channel,
                reason="TOO_LATE" if late else reason,
            )
            self._write(tx, stream, question, decided, now)
        return decided

    def _still_open(self, tx: Transaction, stream: str, approval_id: str) -> None:
        events = tx.stream(stream)
        decided = decision_in(events, approval_id)
        if decided is not None:
            raise UsageError(
                f"this approval is already {decided.decision} by {decided.by} ({decided.channel})",
                fix="The first answer counts; nothing was changed",
                code="ALREADY_DECIDED",
            )
        if any(event.event_type == "SessionClosed" for event in events):
            raise UsageError("the session is over", fix="Nothing was changed", code="SESSION_OVER")

    def _write(
        self, tx: Transaction, stream: str, question: Question, decided: ApprovalDecided, now: Instant
    ) -> None:
        event = NewEvent(
            event=decided,
            event_id=self._ids.new(ids.EVENT, stream),
            occurred_at=now.wall,
            account=question.account,
            session_id=question.session_id,
        )
        tx.append(stream, tx.version(stream), [event])
