"""Puts the parts together and serves them on loopback."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable

import uvicorn

from desk.approval.slack.client import SlackClient
from desk.approval.slack.interactions import SlackInteractions
from desk.approval.slack.messages import Messages
from desk.approval.slack.settings import missing
from desk.bootstrap import Desk
from desk.config import Settings
from desk.errors import UsageError
from desk.journal import load_or_create
from desk.serve.announcing import Announcer
from desk.serve.answering import Answering
from desk.serve.app import application
from desk.serve.board import Board
from desk.serve.guard import hosts
from desk.serve.resuming import Resumer
from desk.serve.visitors import Visitors
from desk.serve.worker import Worker

MOST_CONNECTIONS = 200


def run(settings: Settings, host: str, port: int, log: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Raises:
        UsageError: ``host`` is not a loopback address, or the port is taken.
        JournalError, ConfigError: the home cannot be used.
    """
    listening = _listening(host, port)
    address = f"{host if ':' not in host else f'[{host}]'}:{listening.getsockname()[1]}"
    parts = Parts(settings, host, listening.getsockname()[1], log)
    try:
        parts.worker.start()
        threading.Thread(target=_warm_up, name="imports", daemon=True).start()
        log(f"approvals on http://{address}/ (Ctrl-C ends it)")
        uvicorn.Server(_config(parts)).run(sockets=[listening])
    finally:
        parts.close()
        listening.close()


def _listening(host: str, port: int) -> socket.socket:
    if not _is_loopback(host):
        raise UsageError(
            "the page is served on loopback only",
            why="it has no TLS of its own",
            fix="Use --host 127.0.0.1 and put a proxy with TLS in front",
            code="NOT_LOOPBACK",
        )
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UsageError(
            f"port {port} of {host} cannot be used",
            why=os.strerror(error.errno or 0),
            fix="Use another --port, or end the program that has it",
            code="PORT_TAKEN",
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _config(parts: Parts) -> uvicorn.Config:
    """A quiet server: no access log (an address may be private), nothing about itself."""
    return uvicorn.Config(
        parts.app,
        log_level="error",
        access_log=False,
        lifespan="on",
        ws="none",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )


class Parts:
    """Everything that serves one home."""

    def __init__(self, settings: Settings, host: str, port: int, log: Callable[[str], None]) -> None:
        board = Board()
        resumer, announcer = Resumer(board, log), Announcer(settings, board, log)

        async def beside(desk: Desk) -> None:
            await asyncio.gather(resumer.run(desk), announcer.run(desk))

        key = load_or_create(settings.home.made().path)
        visitors = Visitors(key, settings.people, lambda: int(time.time()))
        self.worker = Worker(settings, beside)
        self.answering = Answering(self.worker, board, resumer)
        self._client: SlackClient | None = None
        self._messages: Messages | None = None
        slack = self._slack(settings, log)
        self.app = application(
            self.worker,
            board,
            self.answering,
            visitors,
            slack,
            allowed=hosts(host, port, settings.page_url),
            page_url=settings.page_url,
            log=log,
            leave=self._leave,
        )

    def _slack(self, settings: Settings, log: Callable[[str], None]) -> SlackInteractions | None:
        """The clicks' handler, where clicks can be believed."""
        if settings.slack is None or settings.slack.signing_secret is None:
            return None
        for lack in missing(settings.slack):
            log(f"slack: {lack}")
        self._client = SlackClient(settings.slack)
        self._messages = Messages(settings.home.made().slack)
        record = self.answering.with_request
        return SlackInteractions(
            settings.slack, self._client, self._messages, record, lambda: int(time.time()), log
        )

    async def _leave(self) -> None:
        """On the server's own loop, to which the client's connections belong."""
        if self._client is not None:
            await self._client.aclose()

    def close(self) -> None:
        """Let what is under way end, then let go of everything."""
        self.worker.stop()
        if self._messages is not None:
            self._messages.close()


def _warm_up() -> None:
    """Import what the first resumed session would have to wait for."""
    import desk.deliberation.team  # noqa: F401
