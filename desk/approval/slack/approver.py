"""``--approve slack``: the question goes to the inbox, and its card to Slack."""

from __future__ import annotations

from collections.abc import Callable

from desk.approval.inbox import InboxApprover
from desk.approval.slack import card
from desk.approval.slack.client import SlackClient
from desk.approval.slack.messages import Messages
from desk.domain.events import ApprovalRequested
from desk.errors import ChannelDown
from desk.ports import Answer


class SlackApprover:
    """Posts the card once, then waits as the inbox does. Slack being down stops nobody from answering."""

    channel = "slack"
    suspends = True

    def __init__(self, inbox: InboxApprover, poster: Poster) -> None:
        self._inbox = inbox
        self._poster = poster
        self.ttl_s = inbox.ttl_s

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        await self._poster.post(request)
        return await self._inbox.ask(request)


class Poster:
    """Sends each card once, whoever asks for it. ``open`` makes what is needed, when it is needed."""

    def __init__(
        self,
        open_client: Callable[[], SlackClient],
        open_messages: Callable[[], Messages],
        page: str | None,
        log: Callable[[str], None],
    ) -> None:
        self._open_client = open_client
        self._open_messages = open_messages
        self._page = page
        self._log = log

    async def post(self, request: ApprovalRequested) -> None:
        """Never raises for Slack: what could not be sent is said, and may be tried again."""
        messages, client = self._open_messages(), self._open_client()
        try:
            if not messages.claim(request.approval_id):
                return
            page = None if self._page is None else f"{self._page}/approvals/{request.approval_id}"
            blocks = card.open_card(request, page, ask_reason=not client.bot)
            messages.sent(request.approval_id, await client.post(card.headline(request), blocks))
        except ChannelDown as error:
            messages.unclaim(request.approval_id)
            self._log(f"slack: {error}; the question waits in the inbox")
        finally:
            messages.close()
            await client.aclose()
