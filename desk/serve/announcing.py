"""Keeps Slack's cards in step with the journal: open questions are posted, settled ones lose the buttons."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from desk.approval.inbox import Inbox, Question
from desk.approval.slack import card
from desk.approval.slack.client import SlackClient
from desk.approval.slack.messages import Messages
from desk.bootstrap import Desk, slack_poster
from desk.config import Settings
from desk.errors import ChannelDown
from desk.home.identity import RandomIds

PAUSE_S = 2.0


class Announcer:
    """Works beside the resumer, on the journal's loop. Without Slack it does nothing."""

    def __init__(self, settings: Settings, log: Callable[[str], None]) -> None:
        self._settings = settings.slack if settings.slack is not None and settings.slack.posts else None
        self._log = log

    async def beside(self, desk: Desk, other: Callable[[Desk], Awaitable[None]]) -> None:
        """Run both until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(_as_coroutine(other, desk))
            both.create_task(self._run(desk))

    async def _run(self, desk: Desk) -> None:
        if self._settings is None:
            return
        seen = -1
        while True:
            head, _ = desk.journal.head()
            if head != seen:
                seen = head
                await self._look(desk)
            await asyncio.sleep(PAUSE_S)

    async def _look(self, desk: Desk) -> None:
        asked = Inbox(desk.journal, RandomIds()).asked()
        for question in asked:
            if question.open:
                await slack_poster(desk).post(question.request)
        await self._update(desk, {one.request.approval_id: one for one in asked if not one.open})

    async def _update(self, desk: Desk, settled: dict[str, Question]) -> None:
        """Cards of questions that were settled elsewhere: who decided stands there now (bot mode)."""
        assert self._settings is not None
        messages, client = Messages(desk.home.slack), SlackClient(self._settings)
        try:
            for approval_id, posted in messages.open_cards().items():
                question = settled.get(approval_id)
                if question is not None and client.bot:
                    line = card.decided_line(question.stands)
                    await client.update(posted, line, card.settled_card(question.request, line))
                    messages.settled(approval_id)
        except ChannelDown as error:
            self._log(f"slack: a card could not be changed: {error}")
        finally:
            messages.close()
            await client.aclose()


async def _as_coroutine(work: Callable[[Desk], Awaitable[None]], desk: Desk) -> None:
    await work(desk)
