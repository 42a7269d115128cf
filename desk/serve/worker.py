"""The thread that owns the journal: what the page asks for is done there, one thing after the other.

A journal belongs to one thread, and may have to wait for another program's lock. The thread that answers
requests never waits for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from desk import bootstrap
from desk.bootstrap import Desk
from desk.config import Settings

T = TypeVar("T")


class Worker:
    """Start it, hand it work, stop it. ``beside`` runs on its loop as long as it lives."""

    def __init__(self, settings: Settings, beside: Callable[[Desk], Awaitable[None]]) -> None:
        self._settings = settings
        self._beside = beside
        self._loop = asyncio.new_event_loop()
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
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    async def do(self, work: Callable[[Desk], T]) -> T:
        """The result of ``work`` on the desk, done in the journal's thread."""

        async def done() -> T:
            assert self._desk is not None
            return work(self._desk)

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(done(), self._loop))

    def soon(self, work: Callable[[], None]) -> None:
        """Have something done on the journal's loop; nobody waits for it."""
        self._loop.call_soon_threadsafe(work)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            with bootstrap.opened(self._settings) as desk:
                self._desk = desk
                beside = self._loop.create_task(self._wrapped(desk))
                self._ready.set()
                self._loop.run_forever()
                beside.cancel()
                self._loop.run_until_complete(asyncio.gather(beside, return_exceptions=True))
        except BaseException as error:  # noqa: BLE001 - it is raised by ``start``, in the caller's thread
            self._failed = error
            self._ready.set()
        finally:
            self._loop.close()

    async def _wrapped(self, desk: Desk) -> None:
        await self._beside(desk)
