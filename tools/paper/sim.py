"""The twin with fault injection and ``/_sim``: the same application behind a wire that breaks on command.

Only tests and drills import this module; ``tools.paper.app`` knows nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import NoReturn
from urllib.parse import parse_qsl, urlencode

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.domain import json_text
from desk.errors import UsageError
from tools.paper.app import PREFIX, router
from tools.paper.declined import Declined
from tools.paper.lies import falsified
from tools.paper.plan import Armed, Fault, FaultPlan, Lie
from tools.paper.request import Fields, members
from tools.paper.store import PaperStore
from tools.paper.venue import PaperVenue

_SILENCE_S = 60.0


class Wire(StrEnum):
    """In process, a lost answer is raised as the httpx error it would be; over TCP it is acted out."""

    IN_PROCESS = "in_process"
    TCP = "tcp"


def sim_app(
    store: PaperStore,
    now: Callable[[], datetime],
    plan: FaultPlan,
    *,
    wire: Wire = Wire.IN_PROCESS,
    settle_s: int = 0,
    strict: bool = True,
) -> ASGIApp:
    """As ``tools.paper.app.app``, with ``/_sim/{faults,switches,clock,ledger}`` and a plan that works."""
    venue = PaperVenue(store, now, settle_s=settle_s, strict=strict, quirks=plan)
    return _FaultyApp(router(venue, _sim_routes(plan, venue)), plan, wire)


class _FaultyApp:
    def __init__(self, inner: ASGIApp, plan: FaultPlan, wire: Wire) -> None:
        self._inner = inner
        self._plan = plan
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        path = scope["path"].removeprefix(PREFIX)
        if path.startswith("/_sim"):
            await self._inner(scope, receive, send)
            return
        armed = self._plan.take(scope["method"], path)
        if armed is not None and armed.kind in _BEFORE:
            await self._instead(armed, scope, receive, send)
            return
        if armed is not None and armed.kind is Fault.LATENCY:
            await asyncio.sleep(armed.ms / 1000)
        answer = await self._executed(scope, receive, path)
        await self._answer(armed, answer, (scope, receive, send))

    async def _executed(self, scope: Scope, receive: Receive, path: str) -> Response:
        """Carry the call out and keep the answer, told as the plan's switches want it."""
        if self._plan.tells(Lie.HIDE_CLIENT_ORDER_ID):
            query = [(k, v) for k, v in parse_qsl(scope["query_string"].decode()) if k != "client_order_id"]
            scope = {**scope, "query_string": urlencode(query).encode()}
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self._inner(scope, receive, hold)
        body = b"".join(message.get("body", b"") for message in held[1:])
        told = falsified(self._plan, path, body)
        if told is None:
            return _json(404, {"error": "not_found", "message": "no such path"})
        kept = {key.decode(): value.decode() for key, value in held[0]["headers"] if key != b"content-length"}
        return Response(told, int(held[0]["status"]), kept)

    async def _answer(self, armed: Armed | None, answer: Response, ends: tuple[Scope, Receive, Send]) -> None:
        body = bytes(answer.body)
        kind = armed.kind if armed is not None else None
        match kind:
            case Fault.EXECUTE_THEN_TIMEOUT:
                await self._silence(armed)
            case Fault.EXECUTE_THEN_DROP:
                await self._drop(body, ends)
            case Fault.EXECUTE_THEN_500:
                await _json(500, {"error": "internal_error", "message": "simulated"})(*ends)
            case Fault.BAD_JSON:
                await Response(body[: len(body) // 2], answer.status_code, media_type="application/json")(
                    *ends
                )
            case _:
                await answer(*ends)

    async def _instead(self, armed: Armed, scope: Scope, receive: Receive, send: Send) -> None:
        """A fault that keeps the call from being carried out."""
        match armed.kind:
            case Fault.CONNECT_ERROR:
                _raise(httpx.ConnectError("simulated"))
            case Fault.TIMEOUT_BEFORE:
                await self._silence(armed)
            case Fault.HTML_502:
                await Response("<html>bad gateway</html>", 502, media_type="text/html")(scope, receive, send)
            case Fault.RATE_LIMIT:
                response = _json(429, {"error": "rate_limited", "message": "simulated", "executed": "no"})
                response.headers["Retry-After"] = "1"
                await response(scope, receive, send)
            case _:
                await _json(armed.status, {"error": "unavailable", "message": "simulated"})(
                    scope, receive, send
                )

    async def _silence(self, armed: Armed | None) -> None:
        if self._wire is Wire.IN_PROCESS:
            _raise(httpx.ReadTimeout("simulated"))
        await asyncio.sleep(armed.ms / 1000 if armed is not None and armed.ms else _SILENCE_S)

    async def _drop(self, body: bytes, ends: tuple[Scope, Receive, Send]) -> None:
        """Over TCP: promise the whole answer, send half, and return; the server then hangs up."""
        if self._wire is Wire.IN_PROCESS:
            _raise(httpx.RemoteProtocolError("simulated"))
        _, _, send = ends
        headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


_BEFORE = frozenset(
    {Fault.CONNECT_ERROR, Fault.TIMEOUT_BEFORE, Fault.HTML_502, Fault.RATE_LIMIT, Fault.STATUS}
)


def _raise(error: httpx.TransportError) -> NoReturn:
    raise error


def _json(status: int, fields: dict[str, object]) -> Response:
    return Response(json_text.write(fields), status, media_type="application/json")


# ---- /_sim ---------------------------------------------------------------------------------------


def _sim_routes(plan: FaultPlan, venue: PaperVenue) -> list[BaseRoute]:
    async def arm(request: Request) -> Response:
        return _done(lambda fields: _arm(plan, fields), await request.body())

    async def switch(request: Request) -> Response:
        return _done(lambda fields: _switch(plan, fields), await request.body())

    async def clock(request: Request) -> Response:
        body, name = await request.body(), request.headers.get("x-agent-id")
        return _done(lambda _: venue.set_clock(name, body), body)

    async def ledger(request: Request) -> Response:
        return Response(venue.ledger(request.headers.get("x-agent-id")), media_type="application/json")

    return [
        Route(f"{PREFIX}/_sim/faults", arm, methods=["POST"]),
        Route(f"{PREFIX}/_sim/switches", switch, methods=["POST"]),
        Route(f"{PREFIX}/_sim/clock", clock, methods=["POST"]),
        Route(f"{PREFIX}/_sim/ledger", ledger, methods=["GET"]),
    ]


def _done(act: Callable[[Fields], None], body: bytes) -> Response:
    try:
        act(members(body))
    except (Declined, UsageError, ValueError) as error:
        what = error.what if isinstance(error, Declined | UsageError) else "a name is not known"
        return _json(400, {"error": "invalid_request", "message": what})
    return Response(status_code=204)


def _arm(plan: FaultPlan, fields: Fields) -> None:
    match = fields.get("match")
    where = match if isinstance(match, dict) else {}
    plan.arm(
        Fault(str(fields.get("kind"))),
        method=_text(where.get("method")),
        path=_text(where.get("path")),
        count=_whole(fields.get("count"), 1),
        ms=_whole(fields.get("ms"), 0),
        status=_whole(fields.get("status"), 503),
    )


def _switch(plan: FaultPlan, fields: Fields) -> None:
    for name, much in fields.items():
        plan.tell(Lie(name), _whole(much, 0))


def _text(value: json_text.Tree) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: json_text.Tree, default: int) -> int:
    return int(str(value)) if value is not None else default
