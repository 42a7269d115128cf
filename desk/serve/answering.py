"""The one way in which the page and Slack answer: through the inbox, in the journal's thread."""

from __future__ import annotations

from desk.approval.inbox import Answered, Inbox
from desk.bootstrap import Desk
from desk.domain.events import ApprovalRequested
from desk.home.identity import RandomIds
from desk.ports import Answer
from desk.reopening import clock_of
from desk.serve.resuming import Resumer
from desk.serve.worker import Worker


class Answering:
    """Records a person's word and has the session go on at once."""

    def __init__(self, worker: Worker, resumer: Resumer) -> None:
        self._worker = worker
        self._resumer = resumer

    async def answer(self, approval_id: str, answer: Answer) -> Answered:
        """Raises: UsageError as ``Inbox.answer`` does; JournalUnavailable if nothing could be recorded."""
        answered, _ = await self.with_request(approval_id, answer)
        return answered

    async def with_request(self, approval_id: str, answer: Answer) -> tuple[Answered, ApprovalRequested]:
        def record(desk: Desk) -> tuple[Answered, ApprovalRequested]:
            inbox = Inbox(desk.journal, RandomIds())
            question = inbox.find(approval_id)
            answered = inbox.answer(question, clock_of(desk, question.session_id), answer)
            return answered, question.request

        answered = await self._worker.do(record)
        self._worker.soon(self._resumer.wake)
        return answered
