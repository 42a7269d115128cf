"""The routes: pages for people who logged in, health for machines, and Slack's clicks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.approval.slack.interactions import Handled, SlackInteractions
from desk.domain import envelope
from desk.domain.approval import DENIED, EDITED, GRANTED
from desk.domain.money import amount
from desk.errors import DeskError, JournalError, UsageError
from desk.ports import Answer
from desk.serve import pages
from desk.serve.answering import Answering
from desk.serve.guard import HEADERS, body_of, stranger
from desk.serve.visitors import COOKIE, VALID_S, Visitors
from desk.serve.worker import Worker

STATIC = Path(__file__).parent / "static"
STALE = "This form is not valid any more; read it again."
TOO_MANY = "Too many wrong tokens; wait a minute."
TYPES = {"style.css": "text/css", "live.js": "text/javascript"}


def application(
    worker: Worker,
    answering: Answering,
    visitors: Visitors,
    slack: SlackInteractions | None,
    allowed: frozenset[str],
    log: Callable[[str], None],
) -> ASGIApp:
    """The ASGI application. ``allowed`` are the hosts its pages are shown under."""
    site = Site(worker, answering, visitors, slack, allowed, log)
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
        Route("/slack/interactions", site.slack, methods=["POST"]),
    ]
    handlers: dict[Any, Any] = {HTTPException: site.http_error, DeskError: site.desk_error}
    return _Headers(Starlette(routes=routes, exception_handlers=handlers))


class _Headers:
    """Puts the security headers on every answer."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner
        self._headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._headers]
            await send(message)

        await self._inner(scope, receive, sent)


class Site:
    """What each route does."""

    def __init__(
        self,
        worker: Worker,
        answering: Answering,
        visitors: Visitors,
        slack: SlackInteractions | None,
        allowed: frozenset[str],
        log: Callable[[str], None],
    ) -> None:
        self._worker = worker
        self._answering = answering
        self._visitors = visitors
        self._slack = slack
        self._allowed = allowed
        self._log = log

    # ---- pages -----------------------------------------------------------------------------------

    async def home(self, request: Request) -> Response:
        """What waits, and what was decided lately; a login for somebody we do not know."""
        refused = stranger(request, self._allowed)
        if refused is not None:
            return refused
        name = self._name(request)
        if name is None:
            return HTMLResponse(pages.login(anybody=self._visitors.anybody))
        return HTMLResponse(pages.home(await self._worker.do(pages.overview), name))

    async def login(self, request: Request) -> Response:
        refused = stranger(request, self._allowed)
        if refused is not None:
            return refused
        if self._visitors.locked:
            return HTMLResponse(
                pages.login(anybody=True, problem="Too many wrong tokens; wait a minute."), 429
            )
        form = await _form(request)
        cookie = self._visitors.login(form.get("token", "")) if form is not None else None
        if cookie is None:
            self._log("page: a wrong token")
            return HTMLResponse(
                pages.login(anybody=self._visitors.anybody, problem="That is no token here."), 403
            )
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, cookie, max_age=VALID_S, httponly=True, samesite="strict", path="/")
        return answer

    async def logout(self, request: Request) -> Response:
        refused = stranger(request, self._allowed)
        if refused is not None:
            return refused
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    async def approval(self, request: Request) -> Response:
        """One question: its card, the gate, the debate, the facts; and the forms that answer it."""
        refused, cookie = stranger(request, self._allowed), request.cookies.get(COOKIE)
        if refused is not None:
            return refused
        name = self._name(request)
        if name is None or cookie is None:
            return RedirectResponse("/", 303)
        return await self._shown(request.path_params["approval_id"], cookie, name)

    async def _shown(self, approval_id: str, cookie: str, name: str, problem: str = "") -> Response:
        view = await self._worker.do(lambda desk: pages.closer(desk, approval_id))
        token = self._visitors.form_token(cookie, view.card_hash)
        return HTMLResponse(pages.approval(view, name, token, problem), 409 if problem else 200)

    async def answer(self, request: Request) -> Response:
        """Approve, deny or edit, as the person who logged in, for the very card that was shown."""
        refused, cookie = stranger(request, self._allowed), request.cookies.get(COOKIE)
        if refused is not None:
            return refused
        name, form = self._name(request), await _form(request)
        if name is None or cookie is None:
            return RedirectResponse("/", 303)
        approval_id, word = request.path_params["approval_id"], request.path_params["word"]
        card = (form or {}).get("card", "")
        if form is None or not self._visitors.may_send(cookie, card, form.get("token", "")):
            return await self._shown(
                approval_id, cookie, name, "This form is not valid any more; read it again."
            )
        try:
            await self._answering.answer(approval_id, _answer(word, card, form, name))
        except (UsageError, JournalError) as error:
            return await self._shown(approval_id, cookie, name, str(error))
        return RedirectResponse(f"/approvals/{approval_id}", 303)

    async def pulse(self, request: Request) -> Response:
        """How far the journal is: the page's script reads a page again when this changes."""
        refused = stranger(request, self._allowed)
        if refused is not None or self._name(request) is None:
            return refused or PlainTextResponse("log in first", 401)
        head, _ = await self._worker.do(lambda desk: desk.journal.head())
        return JSONResponse({"head": head})

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in TYPES:
            return PlainTextResponse("not found", 404)
        return Response((STATIC / name).read_bytes(), media_type=TYPES[name])

    def _name(self, request: Request) -> str | None:
        return self._visitors.name_of(request.cookies.get(COOKIE))

    # ---- machines --------------------------------------------------------------------------------

    async def healthz(self, request: Request) -> Response:
        """This process answers."""
        return JSONResponse({"ok": True})

    async def readyz(self, request: Request) -> Response:
        """The journal can be read and the desk's state is known."""
        try:
            ready = await self._worker.do(pages.readiness)
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

    # ---- errors ----------------------------------------------------------------------------------

    async def http_error(self, request: Request, error: HTTPException) -> Response:
        return PlainTextResponse(
            {404: "not found", 405: "not allowed"}.get(error.status_code, "refused"), error.status_code
        )

    async def desk_error(self, request: Request, error: DeskError) -> Response:
        missing = error.code in ("NO_APPROVAL", "USAGE")
        return HTMLResponse(pages.problem(str(error)), 404 if missing else 503)


async def _afterwards(handled: Handled) -> None:
    """What a click asks for; Slack has its answer already."""
    if handled.after is not None:
        await handled.after()


def _answer(word: str, card: str, form: Mapping[str, str], name: str) -> Answer:
    """The person's word.

    Raises:
        UsageError: the word is none, or a part of it is missing.
    """
    reason = envelope.inert(form.get("reason", ""))[:500] or None
    match word:
        case "approve" if form.get("sure") == "yes":
            return Answer(card_hash=card, decision=GRANTED, by=name, channel="page")
        case "approve":
            raise UsageError("tick the box to approve", fix="Nothing was decided")
        case "deny" if reason is not None:
            return Answer(card_hash=card, decision=DENIED, by=name, channel="page", reason=reason)
        case "deny":
            raise UsageError("say why", fix="Nothing was decided")
        case "edit" if form.get("sure") == "yes":
            return Answer(card_hash=card, decision=EDITED, by=name, channel="page", size_usdc=_size(form))
        case "edit":
            raise UsageError("tick the box to approve the smaller order", fix="Nothing was decided")
    raise UsageError("that is no answer", fix="Approve, deny or edit")


def _size(form: Mapping[str, str]) -> Decimal:
    try:
        return amount(form.get("size", "").strip())
    except DeskError:
        raise UsageError("the size is not a number", fix="Write whole USDC, such as 100") from None


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a form; None for anything else, and for a field that comes twice."""
    body = await body_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if body is None or kind != "application/x-www-form-urlencoded":
        return None
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=16)
    except ValueError:
        return None
    if any(len(values) != 1 for values in fields.values()):
        return None
    return {name: values[0] for name, values in fields.items()}
