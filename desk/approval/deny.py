"""The channel that asks nobody."""

from __future__ import annotations

from desk.domain.approval import DENIED
from desk.domain.events import ApprovalRequested
from desk.domain.policy import NOBODY
from desk.ports import Answer


class DenyApprover:
    """``--approve deny``, and a console without a terminal: every question is answered with no."""

    ttl_s = 600
    suspends = False

    def __init__(self, reason: str = "CHANNEL_DENIES", channel: str = "deny") -> None:
        self.channel = channel
        self._reason = reason

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        return Answer(
            card_hash=request.card_hash,
            decision=DENIED,
            by=NOBODY,
            channel=self.channel,
            reason=self._reason,
        )
