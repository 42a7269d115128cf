"""What every answer carries, and what no request may do: another host, another site, too large a body."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64_000
#: How long somebody may take to send a body.
BODY_S = 10
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: Signed by its sender, and sent to whatever public name stands before this server.
SLACK = "/slack/interactions"


def hosts(host: str, port: int, page_url: str | None) -> frozenset[str]:
    """The ``Host`` headers a page is shown under: ours, and that of the proxy in front, if one is named."""
    names = {f"{host}:{port}", f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"}
    if page_url is not None:
        names.add(urlsplit(page_url).netloc.lower())
    return frozenset(names)


class Guard:
    """Around the application: refuses strangers, puts the headers on every answer, lets no error through."""

    def __init__(self, inner: ASGIApp, allowed: frozenset[str], log: Callable[[str], None]) -> None:
        self._inner = inner
        self._allowed = allowed
        self._log = log
        self._headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._headers]
            await send(message)

        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        refused = stranger(scope, self._allowed)
        if refused is not None:
            await refused(scope, receive, sent)
            return
        try:
            await self._inner(scope, receive, sent)
        except Exception as error:  # noqa: BLE001 - it was answered with 500; its text may be anything
            self._log(f"page: a defect of the desk ({type(error).__name__})")


def stranger(scope: Scope, allowed: frozenset[str]) -> Response | None:
    """A refusal for a request that was made for another host, or by another site."""
    if scope["path"] == SLACK:
        return None
    headers = Headers(scope=scope)
    named = headers.getlist("host")
    if len(named) != 1 or named[0].lower() not in allowed:
        return PlainTextResponse("unknown host", 421)
    if scope["method"] in ("GET", "HEAD"):
        return None
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    # A form of ours has the origin "null" too, since our pages send no referrer.
    if site not in (None, "same-origin", "none") or not (origin in (None, "null") or _ours(origin, allowed)):
        return PlainTextResponse("another site's form", 403)
    return None


def _ours(origin: str | None, allowed: frozenset[str]) -> bool:
    scheme, _, place = (origin or "").lower().partition("://")
    return scheme in ("http", "https") and place in allowed


async def body_of(request: Request) -> bytes | None:
    """The body; None if it is larger than any of ours, or does not come."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    return None
    except TimeoutError:
        return None
    return bytes(body)
