"""Puts the parts together and serves them on loopback."""

from __future__ import annotations

import ipaddress
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
from desk.serve.announcing import Announcer
from desk.serve.answering import Answering
from desk.serve.app import application
from desk.serve.guard import hosts
from desk.serve.resuming import Resumer
from desk.serve.visitors import Visitors
from desk.serve.worker import Worker


def run(settings: Settings, host: str, port: int, log: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Raises:
        UsageError: ``host`` is not a loopback address.
    """
    if not _is_loopback(host):
        raise UsageError(
            "the page is served on loopback only",
            why="it has no TLS of its own",
            fix="Use --host 127.0.0.1 and put a proxy with TLS in front",
            code="NOT_LOOPBACK",
        )
    config = uvicorn.Config(
        _Later(settings, host, log),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="on",
        server_header=False,
    )
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    config.app.port = socket.getsockname()[1]  # type: ignore[union-attr]  # our own application
    log(f"approvals on http://{host}:{config.app.port}/ (Ctrl-C ends it)")  # type: ignore[union-attr]
    server.run(sockets=[socket])


class _Later:
    """The application, made when the server starts and knows its port."""

    def __init__(self, settings: Settings, host: str, log: Callable[[str], None]) -> None:
        self._settings = settings
        self._host = host
        self._log = log
        self.port = 0
        self._app: Callable[..., object] | None = None
        self._parts: Parts | None = None

    async def __call__(self, scope: dict[str, object], receive: object, send: object) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        assert self._app is not None
        await self._app(scope, receive, send)  # type: ignore[misc]

    async def _lifespan(self, receive: object, send: object) -> None:
        await receive()  # type: ignore[operator]
        self._parts = Parts(self._settings, self._host, self.port, self._log)
        self._parts.worker.start()
        threading.Thread(target=_warm_up, daemon=True).start()
        self._app = self._parts.app
        await send({"type": "lifespan.startup.complete"})  # type: ignore[operator]
        await receive()  # type: ignore[operator]
        await self._parts.close()
        await send({"type": "lifespan.shutdown.complete"})  # type: ignore[operator]


class Parts:
    """Everything that serves one home."""

    def __init__(self, settings: Settings, host: str, port: int, log: Callable[[str], None]) -> None:
        resumer = Resumer(log)
        announcer = Announcer(settings, log)

        async def beside(desk: Desk) -> None:
            await announcer.beside(desk, resumer.run)

        self.worker = Worker(settings, beside)
        self.answering = Answering(self.worker, resumer)
        self._client: SlackClient | None = None
        self._messages: Messages | None = None
        visitors = Visitors(_key_of(settings), settings.people, _now_s)
        slack = self._slack(settings, log)
        self.app = application(
            self.worker, self.answering, visitors, slack, hosts(host, port, settings.page_url), log
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
        return SlackInteractions(settings.slack, self._client, self._messages, record, _now_s, log)

    async def close(self) -> None:
        self.worker.stop()
        if self._client is not None:
            await self._client.aclose()
        if self._messages is not None:
            self._messages.close()


def _key_of(settings: Settings):  # type: ignore[no-untyped-def]
    from desk.journal import load_or_create

    return load_or_create(settings.home.made().path)


def _now_s() -> int:
    return int(time.time())


def _warm_up() -> None:
    """Import what the first resumed session would have to wait for."""
    import desk.deliberation.team  # noqa: F401


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
