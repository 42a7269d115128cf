"""The one way in which the page and Slack answer: through the inbox, in the journal's thread."""

from __future__ import annotations

from desk.approval.inbox import Answered, Inbox
from desk.bootstrap import Desk
from desk.domain.events import ApprovalRequested
from desk.home.clock import WallClock
from desk.home.identity import RandomIds
from desk.ports import Answer
from desk.reopening import clock_of
from desk.serve.board import Board
from desk.serve.resuming import Resumer
from desk.serve.worker import Worker


class Answering:
    """Records a person's word and has the session go on at once."""

    def __init__(self, worker: Worker, board: Board, resumer: Resumer) -> None:
        self._worker = worker
        self._board = board
        self._resumer = resumer

    async def answer(self, approval_id: str, answer: Answer) -> Answered:
        """Raises: UsageError as ``Inbox.answer`` does; JournalUnavailable if nothing could be recorded."""
        answered, _ = await self.with_request(approval_id, answer)
        return answered

    async def with_request(self, approval_id: str, answer: Answer) -> tuple[Answered, ApprovalRequested]:
        """As ``answer``, with the request that was answered."""
        answered = await self._worker.do(lambda desk: self._record(desk, approval_id, answer))
        self._worker.soon(self._resumer.wake)
        return answered

    def _record(self, desk: Desk, approval_id: str, answer: Answer) -> tuple[Answered, ApprovalRequested]:
        inbox = Inbox(desk.journal, RandomIds())
        self._board.read(desk.journal)
        found = self._board.find(approval_id)
        question = inbox.find(approval_id) if found is None else found[1]
        on_wall = found is not None and found[0].clock != "brief"
        clock = WallClock() if on_wall else clock_of(desk, question.session_id)
        return inbox.answer(question, clock, answer), question.request
