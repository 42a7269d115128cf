"""The thread that owns the journal: what the page asks for is done there, one thing after the other.

A journal belongs to one thread, and may have to wait for another program's lock. The thread that answers
requests never waits for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from desk import bootstrap
from desk.bootstrap import Desk
from desk.config import Settings
from desk.errors import JournalUnavailable

T = TypeVar("T")
#: How long to wait for the thread's end: what is under way may have to hear from a venue first.
PATIENCE_S = 15


class Worker:
    """Start it, hand it work, stop it. ``beside`` runs on its loop as long as it lives."""

    def __init__(self, settings: Settings, beside: Callable[[Desk], Coroutine[Any, Any, None]]) -> None:
        self._settings = settings
        self._beside = beside
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._desk: Desk | None = None
        self._failed: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        """Open the journal. Raises what opening it raises."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        """Let what is under way come to its end, then close the journal."""
        if self._loop is not None and self._over is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(timeout=PATIENCE_S)

    async def do(self, work: Callable[[Desk], T]) -> T:
        """The result of ``work`` on the desk, done in the journal's thread.

        Raises:
            JournalUnavailable: the worker has been stopped.
        """

        async def done() -> T:
            assert self._desk is not None
            return work(self._desk)

        if self._loop is None or not self._thread.is_alive():
            raise JournalUnavailable("the journal is closed", fix="Start `desk serve` again")
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(done(), self._loop))

    def soon(self, work: Callable[[], None]) -> None:
        """Have something done on the journal's loop; nobody waits for it."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(work)

    def _run(self) -> None:
        try:
            with bootstrap.opened(self._settings) as desk:
                asyncio.run(self._work(desk))
        except BaseException as error:  # noqa: BLE001 - it is raised by ``start``, in the caller's thread
            self._failed = error
        finally:
            self._ready.set()

    async def _work(self, desk: Desk) -> None:
        self._loop, self._over, self._desk = asyncio.get_running_loop(), asyncio.Event(), desk
        beside = asyncio.create_task(self._beside(desk))
        self._ready.set()
        await self._over.wait()
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
