"""Keeps Slack's cards in step with the journal: open questions are posted, settled ones lose the buttons."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from desk.approval.inbox import Question
from desk.approval.slack import card
from desk.approval.slack.client import SlackClient
from desk.approval.slack.messages import Messages
from desk.bootstrap import Desk, slack_poster
from desk.config import Settings
from desk.errors import ChannelDown, DeskError
from desk.serve.board import Board

PAUSE_S = 2.0


class Announcer:
    """Works beside the resumer, on the journal's loop. Without Slack it does nothing."""

    def __init__(self, settings: Settings, board: Board, log: Callable[[str], None]) -> None:
        self._settings = settings.slack if settings.slack is not None and settings.slack.posts else None
        self._board = board
        self._log = log

    async def run(self, desk: Desk) -> None:
        """Until it is cancelled. Slack being down, or anything it does, ends nothing."""
        if self._settings is None:
            return
        seen, trouble = -1, ""
        while True:
            try:
                self._board.read(desk.journal)
                if self._board.seq != seen:
                    seen = self._board.seq
                    await self._look(desk)
                trouble = ""
            except DeskError as error:
                if str(error) != trouble:
                    self._log(f"slack: cards are not in step: {error}")
                trouble = str(error)
            except Exception as error:  # noqa: BLE001 - a defect here must not end the sessions' way on
                self._log(f"slack: cards are not in step: a defect of the desk ({type(error).__name__})")
            await asyncio.sleep(PAUSE_S)

    async def _look(self, desk: Desk) -> None:
        messages = Messages(desk.home.slack)
        try:
            for _, question in self._board.waiting():
                if messages.posted(question.request.approval_id) is None:
                    await slack_poster(desk).post(question.request)
            settled = {one.request.approval_id: one for _, one in self._board.decided()}
            await self._update(messages, settled)
        finally:
            messages.close()

    async def _update(self, messages: Messages, settled: dict[str, Question]) -> None:
        """Cards of questions that were settled elsewhere: who decided stands there now (bot mode)."""
        assert self._settings is not None
        client = SlackClient(self._settings)
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
            await client.aclose()
