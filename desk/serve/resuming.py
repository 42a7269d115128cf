"""Sessions whose question is answered go on by themselves; so do those whose time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from desk.bootstrap import Desk, Hands
from desk.errors import DeskError
from desk.home.clock import WallClock
from desk.reconciling import go_on
from desk.replay.nowhere import NoScreen
from desk.replay.record import load
from desk.serve.board import Board

POLL_S = 0.5
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
#: Sessions under way at a time: one that waits for a slow model or venue does not hold up the others.
MOST_AT_ONCE = 4
#: How long a session under way may take to end when the server does; after that it is cut off, and resumable.
PATIENCE_S = 10.0
HANDS = Hands(screen=NoScreen(), prompt=None, person="")


class Resumer:
    """Looks whenever the journal has grown, when told to, and when the time of a question is over."""

    def __init__(self, board: Board, log: Callable[[str], None]) -> None:
        self._board = board
        self._log = log
        self._wake = asyncio.Event()
        self._clock = WallClock()
        self._running: dict[str, asyncio.Task[None]] = {}
        #: Session to (not before, the pause that led to it), while something keeps it from going on.
        self._later: dict[str, tuple[float, float]] = {}
        self._trouble = ""

    def wake(self) -> None:
        """Look now: somebody has answered."""
        self._wake.set()

    async def run(self, desk: Desk) -> None:
        """Until it is cancelled. Nothing that a session or the journal raises ends it."""
        try:
            while True:
                self._look(desk)
                try:
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue
                finally:
                    self._wake.clear()
        finally:
            await self._leave()

    def _look(self, desk: Desk) -> None:
        try:
            self._board.read(desk.journal)
        except DeskError as error:
            if str(error) != self._trouble:
                self._log(f"the journal could not be read: {error}")
            self._trouble = str(error)
            return
        self._trouble = ""
        ready = self._board.ready(self._clock.stamp("look"))
        self._later = {one: self._later[one] for one in self._later if one in ready}
        for session_id in ready:
            if len(self._running) >= MOST_AT_ONCE:
                return
            if session_id not in self._running and self._later.get(session_id, (0.0,))[0] <= monotonic():
                self._running[session_id] = asyncio.create_task(self._go_on(desk, session_id))

    async def _go_on(self, desk: Desk, session_id: str) -> None:
        try:
            report = await go_on(desk, load(desk.journal, session_id), HANDS)
        except DeskError as error:
            self._pause(session_id, None if error.code == "SESSION_BUSY" else str(error))
        except Exception as error:  # noqa: BLE001 - one session's defect must not end the others' way on
            self._pause(session_id, f"a defect of the desk ({type(error).__name__})")
        else:
            if report.outcome == "awaiting_approval":
                self._pause(session_id, None)
            self._log(f"{session_id}: {report.outcome} by {report.decided_by} {','.join(report.reasons)}")
        finally:
            del self._running[session_id]
            self.wake()

    def _pause(self, session_id: str, why: str | None) -> None:
        """Another process may be at it, or something is down: try again, less and less often."""
        _, pause = self._later.get(session_id, (0.0, FIRST_PAUSE_S / 2))
        pause = min(LONGEST_PAUSE_S, pause * 2)
        self._later[session_id] = (monotonic() + pause, pause)
        if why is not None:
            self._log(f"{session_id} could not go on, next try in {pause:g} s: {why}")

    async def _leave(self) -> None:
        """Let the sessions under way end; what does not is cut off where it can be resumed."""
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=PATIENCE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
