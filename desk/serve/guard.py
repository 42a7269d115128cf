"""What every answer carries, and what no request may do: another host, another site, too large a body."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

MAX_BODY = 64_000
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def hosts(host: str, port: int, page_url: str | None) -> frozenset[str]:
    """The ``Host`` headers a page is shown under: ours, and that of the proxy in front, if one is named."""
    names = {f"{host}:{port}", f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"}
    if page_url is not None:
        names.add(urlsplit(page_url).netloc)
    return frozenset(names)


def stranger(request: Request, allowed: frozenset[str]) -> Response | None:
    """A refusal for a request that was made for another host, or by another site."""
    if request.headers.get("host") not in allowed:
        return PlainTextResponse("unknown host", 421)
    if request.method == "POST":
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site not in (None, "same-origin", "none"):
            return PlainTextResponse("another site's form", 403)
        if origin not in (None, "null") and urlsplit(origin or "").netloc not in allowed:
            return PlainTextResponse("another site's form", 403)
    return None


async def body_of(request: Request) -> bytes | None:
    """The body; None if it is larger than any of ours."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)
