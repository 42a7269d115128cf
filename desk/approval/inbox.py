"""The inbox: questions that wait in the journal, and the one place where an answer to one is recorded.

Any other terminal (and later Slack and the page) answers here. The first valid answer counts, in one
immediate transaction; a second one is told so.
"""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

from msgspec import Struct

from desk.domain import approval, ids
from desk.domain.approval import Standing, standing
from desk.domain.events import ApprovalDecided, ApprovalRequested
from desk.domain.money import ZERO
from desk.errors import UsageError
from desk.ports import Answer, Clock, Ids, Instant, Journal, NewEvent, Recorded, Transaction

TTL_S = 4 * 3600
POLL_S = 0.5


class Question(Struct, frozen=True, kw_only=True):
    """A request on record and where it stands; ``over`` if its session has ended."""

    session_id: str
    account: str | None
    request: ApprovalRequested
    stands: Standing
    over: bool

    @property
    def open(self) -> bool:
        return not self.stands.settled and not self.over

    @property
    def expiry(self) -> Instant:
        return Instant(
            wall=self.request.expires_at,
            boot_id=self.request.expires_boot,
            monotonic_s=Decimal(self.request.expires_monotonic),
        )


class InboxApprover:
    """Leaves the question in the journal; waits ``wait_s`` for people to answer it there."""

    channel = "inbox"
    ttl_s = TTL_S
    suspends = True

    def __init__(self, journal: Journal, session_id: str, wait_s: float = 0) -> None:
        self._journal = journal
        self._session_id = session_id
        self._wait_s = wait_s

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        end = time.monotonic() + self._wait_s
        while True:
            now = stands(self._journal, self._session_id, request)
            if now.settled and now.last is not None:
                return answer_of(now.last)
            left_s = end - time.monotonic()
            if left_s <= 0:
                return None
            await asyncio.sleep(min(POLL_S, left_s))


def stands(journal: Journal, session_id: str, request: ApprovalRequested) -> Standing:
    """Where an approval stands by the journal, this instant."""
    return standing(request, decisions_in(journal.stream(ids.session_stream(session_id))))


def answer_of(decided: ApprovalDecided) -> Answer:
    """A word on record as the answer it was."""
    return Answer(
        card_hash=decided.card_hash,
        decision=decided.decision,
        by=decided.by,
        channel=decided.channel,
        reason=decided.reason,
        size_usdc=decided.size_usdc,
        edited_hash=decided.edited_hash,
    )


def decisions_in(events: list[Recorded]) -> list[ApprovalDecided]:
    """Everything people said among a session's events, oldest first."""
    decided = (record.event for record in events if record.event_type == "ApprovalDecided")
    return [one for one in decided if isinstance(one, ApprovalDecided)]


class Inbox:
    """Reads and answers the questions of all sessions of this home."""

    def __init__(self, journal: Journal, new_ids: Ids) -> None:
        self._journal = journal
        self._ids = new_ids

    def asked(self) -> list[Question]:
        """Every question of this home, oldest first, and where it stands."""
        return [self._question(record) for record in self._journal.events(types=("ApprovalRequested",))]

    def waiting(self) -> list[Question]:
        """Open questions, oldest first: not decided, their session not over."""
        return [question for question in self.asked() if question.open]

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
            stands=standing(request, decisions_in(events)),
            over=any(event.event_type == "SessionClosed" for event in events),
        )

    def answer(self, question: Question, clock: Clock, answer: Answer) -> Answered:
        """Record a person's word, if the question is open, in time, and they have not spoken before.

        Args:
            answer: ``card_hash`` may be its first eight characters or more: of the card that was read.

        Raises:
            UsageError: the card is another one, the question is decided, over or too late, the person has
                answered already, or the edit is not one.
            JournalCorrupt: what they were shown may not be what was recorded.
        """
        request, stream = question.request, ids.session_stream(question.session_id)
        if len(answer.card_hash) < approval.SHORT_HASH or not request.card_hash.startswith(answer.card_hash):
            raise UsageError("that is not this approval's card", why="the hash differs", code="CARD_DIFFERS")
        if not approval.intact(request):
            raise UsageError("the recorded card is damaged", fix="Run `desk verify`", code="CARD_DIFFERS")
        with self._journal.transaction() as tx:
            tx.prove(stream)
            self._still_open(tx, stream, request, answer)
            now = clock.stamp(stream)
            late = question.expiry.reached(now)
            decided = _word(request, answer, late=late)
            self._write(tx, stream, question, decided, now)
            return Answered(decided=decided, stands=standing(request, decisions_in(tx.stream(stream))))

    def _still_open(self, tx: Transaction, stream: str, request: ApprovalRequested, answer: Answer) -> None:
        events = tx.stream(stream)
        stands = standing(request, decisions_in(events))
        if stands.settled and stands.last is not None:
            last = stands.last
            raise UsageError(
                f"this approval is already {last.decision} by {last.by} ({last.channel})",
                fix="The first answer counts; nothing was changed",
                code="ALREADY_DECIDED",
            )
        if any(event.event_type == "SessionClosed" for event in events):
            raise UsageError("the session is over", fix="Nothing was changed", code="SESSION_OVER")
        if answer.decision == approval.GRANTED and answer.by in stands.granted_by:
            raise UsageError(
                f"{answer.by} has approved this already",
                why=f"it needs {request.quorum} different people",
                fix="Somebody else must approve; nothing was changed",
                code="ALREADY_ANSWERED",
            )

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


class Answered(Struct, frozen=True, kw_only=True):
    """What was recorded, and where the approval stands with it."""

    decided: ApprovalDecided
    stands: Standing


def _word(request: ApprovalRequested, answer: Answer, *, late: bool) -> ApprovalDecided:
    """The event of a person's word; after the time it is an expiry, whatever it was."""
    size, edited_hash = None, None
    if answer.decision == approval.EDITED and not late:
        if request.parent is not None:
            raise UsageError("this approval was edited already", fix="Approve or deny it", code="SECOND_EDIT")
        act = approval.edited_act(request.card, answer.size_usdc or ZERO)
        size, edited_hash = act.size_usdc, act.hash
    return ApprovalDecided(
        approval_id=request.approval_id,
        intent_id=request.intent_id,
        intent_hash=request.intent_hash,
        card_hash=request.card_hash,
        decision=approval.EXPIRED if late else answer.decision,
        by=answer.by,
        channel=answer.channel,
        reason="TOO_LATE" if late else answer.reason,
        size_usdc=size,
        edited_hash=edited_hash,
    )
