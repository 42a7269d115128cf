"""The twin as an HTTP transport in this process: what a client is handed instead of a network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx

from tools.paper.app import app
from tools.paper.store import PaperStore


class InProcess(httpx.ASGITransport):
    """Requests go straight to the twin; closing the client closes its store."""

    def __init__(self, store: PaperStore, now: Callable[[], datetime]) -> None:
        super().__init__(app(store, now, settle_s=0))
        self._store = store

    async def aclose(self) -> None:
        self._store.close()
