"""Sessions whose question is answered go on by themselves; so do those whose time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from desk.approval.inbox import Inbox, Question
from desk.bootstrap import Desk, Hands
from desk.errors import DeskError
from desk.home.identity import RandomIds
from desk.reconciling import go_on
from desk.reopening import clock_of
from desk.replay.nowhere import NoScreen
from desk.replay.record import load

POLL_S = 0.5
LONGEST_PAUSE_S = 60.0
HANDS = Hands(screen=NoScreen(), prompt=None, person="")


class Resumer:
    """Looks at the questions whenever the journal has grown, when told to, and when one of them expires."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._wake = asyncio.Event()
        self._seen = -1
        self._open: dict[str, Question] = {}
        self._not_before: dict[str, tuple[float, float]] = {}

    def wake(self) -> None:
        """Look now: somebody has answered."""
        self._wake.set()

    async def run(self, desk: Desk) -> None:
        """Until it is cancelled."""
        while True:
            await self._look(desk)
            try:
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()
            except TimeoutError:
                continue
            finally:
                self._wake.clear()

    async def _look(self, desk: Desk) -> None:
        try:
            for session_id in self._ready(desk):
                await self._go_on(desk, session_id)
        except DeskError as error:
            self._log(f"the journal could not be read: {error}")

    def _ready(self, desk: Desk) -> list[str]:
        """Sessions that can go on. The questions are read again only when something was recorded."""
        head, _ = desk.journal.head()
        if head != self._seen:
            asked = Inbox(desk.journal, RandomIds()).asked()
            self._open = {one.request.approval_id: one for one in asked if not one.over}
            self._seen = head
        now = monotonic()
        found = [one for one in self._open.values() if one.stands.settled or self._expired(desk, one)]
        return [one.session_id for one in found if self._not_before.get(one.session_id, (0.0, 0.0))[0] <= now]

    def _expired(self, desk: Desk, question: Question) -> bool:
        return question.expiry.reached(clock_of(desk, question.session_id).stamp("look"))

    async def _go_on(self, desk: Desk, session_id: str) -> None:
        try:
            report = await go_on(desk, load(desk.journal, session_id), HANDS)
        except DeskError as error:
            self._later(session_id, error)
            return
        self._not_before.pop(session_id, None)
        self._log(f"{session_id}: {report.outcome} by {report.decided_by} {','.join(report.reasons)}")

    def _later(self, session_id: str, error: DeskError) -> None:
        """Another process may be at it, or something is down: try again, less and less often."""
        _, pause = self._not_before.get(session_id, (0.0, 0.25))
        pause = min(LONGEST_PAUSE_S, pause * 2)
        self._not_before[session_id] = (monotonic() + pause, pause)
        if error.code != "SESSION_BUSY":
            self._log(f"{session_id} could not go on: {error}")
