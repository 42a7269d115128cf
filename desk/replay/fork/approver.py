"""The human of a fork: what the change supposes, or what people said on record."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from desk.approval.inbox import answer_of
from desk.domain.approval import DENIED, EDITED, GRANTED, edited_act
from desk.domain.events import ApprovalDecided, ApprovalRequested
from desk.execution.log import SessionLog
from desk.ports import Answer, Journal
from desk.replay.fork.change import DENY, GRANT, Change
from desk.replay.record import Record


class ForkApprover:
    """The change's answer, or what people said on record of the very same act. Nobody else is asked."""

    ttl_s = 4 * 3600
    suspends = False

    def __init__(
        self, record: Record, change: Change, step: Callable[[], int], journal: Journal, log: SessionLog
    ) -> None:
        self._change = change
        self._step = step
        self._journal = journal
        self._log = log
        self._said = [one.event for one in record.events if one.event_type == "ApprovalDecided"]
        self.channel = "fork"

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        if self._change.answer is not None and self._step() >= self._change.at:
            words = [self._supposed(request, n) for n in range(request.quorum)]
        else:
            words = [
                one
                for one in self._said
                if isinstance(one, ApprovalDecided) and one.intent_hash == request.intent_hash
            ]
        heard = [self._heard(request, word) for word in words]
        return answer_of(heard[-1]) if heard else None

    def _supposed(self, request: ApprovalRequested, n: int) -> ApprovalDecided:
        """What the change says, once for each human that is needed."""
        said = self._change.answer
        decision, size, edited_hash = {GRANT: GRANTED, DENY: DENIED}.get(str(said), EDITED), None, None
        if isinstance(said, Decimal):
            act = edited_act(request.card, said)
            size, edited_hash = act.size_usdc, act.hash
        return ApprovalDecided(
            approval_id=request.approval_id,
            intent_id=request.intent_id,
            intent_hash=request.intent_hash,
            card_hash=request.card_hash,
            decision=decision,
            by=f"supposed-{n + 1}",
            channel="supposed",
            reason="SUPPOSED" if decision == DENIED else None,
            size_usdc=size,
            edited_hash=edited_hash,
        )

    def _heard(self, request: ApprovalRequested, word: ApprovalDecided) -> ApprovalDecided:
        """Written down as another process would have: a word counts from the journal."""
        heard = replace(
            word,
            approval_id=request.approval_id,
            intent_id=request.intent_id,
            card_hash=request.card_hash,
        )
        with self._journal.transaction() as tx:
            self._log.write_to(tx, self._log.stream, heard)
        return heard
