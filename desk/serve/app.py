"""The routes: pages for people who logged in, health for machines, and Slack's clicks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from desk.approval.slack.interactions import Handled, SlackInteractions
from desk.domain import ids
from desk.errors import DeskError, JournalError, UsageError
from desk.serve import forms, pages
from desk.serve.answering import Answering
from desk.serve.board import Board
from desk.serve.closer import closer
from desk.serve.guard import SLACK, Guard, body_of
from desk.serve.overview import overview, readiness
from desk.serve.visitors import COOKIE, VALID_S, Visitors
from desk.serve.worker import Worker

STATIC = Path(__file__).parent / "static"
STALE = "This form is not valid any more; read the card again."
WRONG = "That is no token here."
TOO_MANY = "Too many wrong tokens; wait a minute."
DEFECT = "Something went wrong inside; what happened is in the server's log. Nothing more was done."
TYPES = MappingProxyType({"style.css": "text/css", "live.js": "text/javascript"})
MISSING = frozenset({"NO_APPROVAL", "USAGE"})


def application(
    worker: Worker,
    board: Board,
    answering: Answering,
    visitors: Visitors,
    slack: SlackInteractions | None,
    *,
    allowed: frozenset[str],
    page_url: str | None,
    log: Callable[[str], None],
    leave: Callable[[], Awaitable[None]],
) -> ASGIApp:
    """The ASGI application.

    Args:
        slack: what answers Slack's clicks; without it they are told 404.
        allowed: the hosts its pages are shown under.
        page_url: where the proxy in front shows them, if there is one.
        leave: lets go of what it used, on its own loop.
    """
    site = Site(worker, board, answering, visitors, slack, page_url, log)
    routes = [
        Route("/", site.home),
        Route("/login", site.login, methods=["POST"]),
        Route("/logout", site.logout, methods=["POST"]),
        Route("/approvals/{approval_id}", site.approval),
        Route("/approvals/{approval_id}/{word}", site.answer, methods=["POST"]),
        Route("/pulse", site.pulse),
        Route("/static/{name}", site.static),
        Route("/healthz", site.healthz),
        Route("/readyz", site.readyz),
        Route(SLACK, site.slack, methods=["POST"]),
    ]
    handlers: dict[Any, Any] = {HTTPException: http_error, DeskError: desk_error, Exception: defect}

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await leave()

    return Guard(Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan), allowed, log)


class Visit(Struct, frozen=True):
    """A request of somebody who has logged in."""

    name: str
    cookie: str


class Site:
    """What each route does."""

    def __init__(
        self,
        worker: Worker,
        board: Board,
        answering: Answering,
        visitors: Visitors,
        slack: SlackInteractions | None,
        page_url: str | None,
        log: Callable[[str], None],
    ) -> None:
        self._worker = worker
        self._board = board
        self._answering = answering
        self._visitors = visitors
        self._slack = slack
        self._proxy = urlsplit(page_url or "")
        self._log = log

    # ---- people ----------------------------------------------------------------------------------

    async def home(self, request: Request) -> Response:
        """What waits, and what was decided lately; a login for somebody we do not know."""
        visit = self._visit(request)
        if visit is None:
            to = request.query_params.get("to", "")
            return HTMLResponse(self._login_page(to))
        seen = await self._worker.do(lambda desk: overview(desk, self._board))
        return HTMLResponse(pages.home(seen, visit.name))

    async def login(self, request: Request) -> Response:
        form = await forms.fields(request) or {}
        to = form.get("to", "")
        if self._visitors.locked:
            return HTMLResponse(self._login_page(to, TOO_MANY), 429)
        cookie = self._visitors.login(form.get("token", ""))
        if cookie is None:
            self._log("page: a wrong token")
            return HTMLResponse(self._login_page(to, WRONG), 403)
        answer = RedirectResponse(f"/approvals/{to}" if ids.is_id(to, ids.APPROVAL) else "/", 303)
        answer.set_cookie(
            COOKIE,
            cookie,
            max_age=VALID_S,
            httponly=True,
            samesite="strict",
            path="/",
            secure=self._behind_tls(request),
        )
        return answer

    def _login_page(self, to: str, problem: str = "") -> str:
        wanted = to if ids.is_id(to, ids.APPROVAL) else ""
        return pages.login(anybody=self._visitors.anybody, to=wanted, problem=problem)

    def _behind_tls(self, request: Request) -> bool:
        """Did this come by the proxy that ``approval.page_url`` names, over TLS?"""
        host = request.headers.get("host", "").lower()
        return self._proxy.scheme == "https" and self._proxy.netloc.lower() == host

    async def logout(self, request: Request) -> Response:
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return answer

    async def approval(self, request: Request) -> Response:
        """One question: its card, the gate, the debate, the facts; and the forms that answer it."""
        visit, approval_id = self._visit(request), request.path_params["approval_id"]
        if visit is None:
            wanted = f"?to={approval_id}" if ids.is_id(approval_id, ids.APPROVAL) else ""
            return RedirectResponse(f"/{wanted}", 303)
        return await self._shown(approval_id, visit)

    async def _shown(self, approval_id: str, visit: Visit, problem: str = "") -> Response:
        it = await self._worker.do(lambda desk: closer(desk, self._board, approval_id))
        token = self._visitors.form_token(visit.cookie, it.card_hash)
        return HTMLResponse(pages.approval(it, visit.name, token, problem), 409 if problem else 200)

    async def answer(self, request: Request) -> Response:
        """Approve, deny or edit, as the person who logged in, for the very card that was shown."""
        visit, form = self._visit(request), await forms.fields(request)
        if visit is None:
            return RedirectResponse("/", 303)
        approval_id, word = request.path_params["approval_id"], request.path_params["word"]
        if form is None or not self._visitors.may_send(
            visit.cookie, form.get("card", ""), form.get("token", "")
        ):
            return await self._shown(approval_id, visit, STALE)
        try:
            await self._answering.answer(approval_id, forms.answer(word, form, visit.name))
        except (UsageError, JournalError) as error:
            return await self._shown(approval_id, visit, str(error))
        return RedirectResponse(f"/approvals/{approval_id}", 303)

    async def pulse(self, request: Request) -> Response:
        """How far the journal is: the page's script reads its page again when this changes."""
        if self._visit(request) is None:
            return PlainTextResponse("log in first", 401)
        head, halted = await self._worker.do(lambda desk: (desk.journal.head()[0], desk.halt.halted()))
        return JSONResponse({"head": head, "halted": halted})

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in TYPES:
            return PlainTextResponse("not found", 404)
        return Response((STATIC / name).read_bytes(), media_type=TYPES[name])

    def _visit(self, request: Request) -> Visit | None:
        cookie = request.cookies.get(COOKIE)
        name = self._visitors.name_of(cookie)
        return None if name is None or cookie is None else Visit(name, cookie)

    # ---- machines --------------------------------------------------------------------------------

    async def healthz(self, request: Request) -> Response:
        """This process answers."""
        return JSONResponse({"ok": True})

    async def readyz(self, request: Request) -> Response:
        """The journal can be read and written, and the desk's state is known."""
        try:
            ready = await self._worker.do(lambda desk: readiness(desk, self._board))
        except DeskError as error:
            return JSONResponse({"ok": False, "code": error.code}, 503)
        return JSONResponse({"ok": True, **ready})

    async def slack(self, request: Request) -> Response:
        if self._slack is None:
            return PlainTextResponse("Slack is not set up", 404)
        body = await body_of(request)
        if body is None:
            return PlainTextResponse("too large", 413)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        handled = self._slack.handle(body, headers)
        return Response(handled.body, handled.status, background=BackgroundTask(_afterwards, handled))


async def _afterwards(handled: Handled) -> None:
    """What a click asks for; Slack has its answer already."""
    if handled.after is not None:
        await handled.after()


# ---- errors --------------------------------------------------------------------------------------


async def http_error(request: Request, error: HTTPException) -> Response:
    words = {404: "not found", 405: "not allowed"}
    return PlainTextResponse(words.get(error.status_code, "refused"), error.status_code)


async def desk_error(request: Request, error: DeskError) -> Response:
    return HTMLResponse(pages.problem(str(error)), 404 if error.code in MISSING else 503)


async def defect(request: Request, error: Exception) -> Response:
    """Anything else is a defect of ours: its text may be anything, so none of it is shown."""
    return HTMLResponse(pages.problem(DEFECT), 500)
