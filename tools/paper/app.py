"""The twin over ASGI: routes, headers and error bodies; what is answered is ``PaperVenue``'s.

No middleware: a read costs a route match, one or two SQL statements and the text of the answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from desk.domain import json_text
from desk.domain.ids import SYMBOL, VENUE_ID
from desk.domain.market import OrderStatus
from desk.errors import UsageError
from tools.paper.declined import Declined
from tools.paper.markets import MARKETS_JSON
from tools.paper.store import PaperStore
from tools.paper.venue import FRAMES, Answered, PaperVenue, parsed_time

PREFIX = "/api/v1"
_MAX_BODY_BYTES = 64_000
_MAX_QUOTES = 20
_MAX_BARS = 1000
_FILTERS = ("client_order_id", "idempotency_key", "status", "symbol")


def app(
    store: PaperStore, now: Callable[[], datetime], *, settle_s: int = 30, strict: bool = True
) -> ASGIApp:
    """The twin as an ASGI application under ``/api/v1``. See ``PaperVenue`` for the arguments."""
    return router(PaperVenue(store, now, settle_s=settle_s, strict=strict))


def router(venue: PaperVenue, more: Iterable[BaseRoute] = ()) -> Router:
    """Every operation of the contract that the twin has, and ``more``."""
    routes: list[BaseRoute] = [
        Route(PREFIX + path, _Operations(venue, methods)) for path, methods in _OPERATIONS.items()
    ]
    return Router([*routes, *more], default=_nowhere, redirect_slashes=False)


class _Ask(Struct, frozen=True, kw_only=True):
    """A request, taken apart. ``name`` is the claimed account, proven only by ``admitted``."""

    venue: PaperVenue
    name: str | None
    authorization: str | None
    key: str | None
    if_match: str | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    def admitted(self) -> str:
        return self.venue.admit(self.name, self.authorization)

    def id(self, name: str) -> str:
        text = self.path[name]
        if VENUE_ID.fullmatch(text) is None:
            raise Declined("not_found", "an id is malformed")
        return text


class _Operations:
    """One path of the contract: the operation of each method, as an ASGI application."""

    def __init__(self, venue: PaperVenue, methods: Mapping[str, _Operation]) -> None:
        self._venue = venue
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        operation = self._methods.get(request.method)
        try:
            if operation is None:
                raise Declined("method_not_allowed", "the path does not have this method")
            response = operation(await self._ask(request))
        except Declined as declined:
            response = _refusal(declined)
        except UsageError as error:
            response = _refusal(Declined("unauthorized", error.what))
        except sqlite3.OperationalError:
            response = _error(503, "unavailable", "the book is locked or cannot be written")
        await response(scope, receive, send)

    async def _ask(self, request: Request) -> _Ask:
        body = bytearray()
        if request.method in ("POST", "PATCH"):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    raise Declined("invalid_request", "the body is too large")
        headers = request.headers
        return _Ask(
            venue=self._venue,
            name=headers.get("x-agent-id"),
            authorization=headers.get("authorization"),
            key=headers.get("idempotency-key"),
            if_match=headers.get("if-match"),
            path=request.path_params,
            query=request.query_params,
            body=bytes(body),
        )


_Operation = Callable[[_Ask], Response]


def _json(body: str, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")


def _once(answered: Answered, status: int) -> Response:
    response = _json(answered.body, 200 if answered.is_replay else status)
    if answered.is_replay:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _refusal(declined: Declined) -> Response:
    more = "" if declined.order is None else f',"order":{declined.order}'
    return _error(declined.status, declined.code, declined.what, more)


def _error(status: int, code: str, message: str, more: str = "") -> Response:
    """Every refusal of the twin is made before any effect, or rolls its effect back."""
    fields = json_text.write({"error": code, "message": message, "executed": "no"})
    return _json(fields[:-1] + more + "}", status)


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    await _error(404, "not_found", "the path is not in the contract")(scope, receive, send)


# ---- the operations ------------------------------------------------------------------------------


def _place(ask: _Ask) -> Response:
    return _once(ask.venue.place(ask.admitted(), ask.key, ask.body), 201)


def _modify(ask: _Ask) -> Response:
    order_id = ask.id("order_id")
    return _once(ask.venue.modify(ask.admitted(), order_id, ask.if_match, ask.key, ask.body), 200)


def _close(ask: _Ask) -> Response:
    return _once(ask.venue.close(ask.admitted(), ask.id("position_id"), ask.key), 200)


def _cancel(ask: _Ask) -> Response:
    return _json(ask.venue.cancel(ask.admitted(), ask.id("order_id")))


def _order(ask: _Ask) -> Response:
    return _json(ask.venue.order(ask.admitted(), ask.id("order_id")))


def _orders(ask: _Ask) -> Response:
    filters = {name: ask.query[name] for name in _FILTERS if name in ask.query}
    if "status" in filters and filters["status"] not in {status.value for status in OrderStatus}:
        raise Declined("invalid_request", "status is not one of the contract's values")
    return _json(ask.venue.orders(ask.admitted(), filters))


def _balance(ask: _Ask) -> Response:
    return _json(ask.venue.balance(ask.admitted()))


def _positions(ask: _Ask) -> Response:
    return _json(ask.venue.positions(ask.admitted()))


def _meta(ask: _Ask) -> Response:
    return _json(ask.venue.meta(ask.name))


def _markets(ask: _Ask) -> Response:
    return _json(MARKETS_JSON)


def _quotes(ask: _Ask) -> Response:
    symbols = ask.query.get("symbols", "").split(",")
    if len(symbols) > _MAX_QUOTES or any(SYMBOL.fullmatch(symbol) is None for symbol in symbols):
        raise Declined("invalid_symbol", "symbols are 1 to 20 names with commas between them")
    return _json(ask.venue.quotes(ask.name, symbols))


def _bars(ask: _Ask) -> Response:
    symbol, frame = ask.query.get("symbol", ""), ask.query.get("timeframe", "")
    limit = ask.query.get("limit", "200")
    if SYMBOL.fullmatch(symbol) is None or frame not in FRAMES:
        raise Declined("invalid_request", "symbol and timeframe are needed")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= _MAX_BARS):
        raise Declined("invalid_request", "limit is 1 to 1000")
    end = parsed_time(ask.query["end"]) if "end" in ask.query else None
    return _json(ask.venue.bars(ask.name, symbol, frame, end, int(limit)))


def _market_status(ask: _Ask) -> Response:
    symbol = ask.query.get("symbol")
    if symbol is not None and SYMBOL.fullmatch(symbol) is None:
        raise Declined("invalid_symbol", "the symbol is malformed")
    return _json(ask.venue.market_status(ask.name, symbol))


_OPERATIONS: Mapping[str, Mapping[str, _Operation]] = {
    "/meta": {"GET": _meta},
    "/wallet/balance": {"GET": _balance},
    "/trade/order": {"POST": _place},
    "/trade/order/{order_id}": {"GET": _order, "DELETE": _cancel, "PATCH": _modify},
    "/trade/orders": {"GET": _orders},
    "/trade/markets": {"GET": _markets},
    "/trade/quote": {"GET": _quotes},
    "/trade/bars": {"GET": _bars},
    "/trade/positions": {"GET": _positions},
    "/trade/positions/{position_id}/close": {"POST": _close},
    "/trade/market-status": {"GET": _market_status},
}
