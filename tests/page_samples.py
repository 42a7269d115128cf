"""For tests of the page: sessions that wait in a home, the application in this process, people at it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
from msgspec.structs import replace

from desk import bootstrap
from desk.approval.inbox import InboxApprover
from desk.bootstrap import Desk, Hands, Wishes
from desk.briefs.reader import read
from desk.config import Settings, load
from desk.domain.debate import Debate
from desk.ports import Answers, ModelReply, ModelRequest
from desk.replay.nowhere import NoScreen
from desk.serve.server import Parts
from desk.session import Given, Session

PORT = 8640
HOST = f"127.0.0.1:{PORT}"
TOKENS = {"ann": "a token of ann's", "bob": "a token of bob's"}
TWO_PEOPLE = '[[approval.rules]]\nname = "all"\nhumans = 2\n'
#: A session whose question waits for four hours, or for less.
Change = Callable[[Desk, Given], Given]


def settings_in(home: Path, extra: str = "") -> Settings:
    """A home in which ann and bob have page tokens."""
    home.mkdir(exist_ok=True)
    people = [
        f'[[people]]\nname = "{name}"\npage_token_sha256 = "{sha256(token.encode()).hexdigest()}"\n'
        for name, token in TOKENS.items()
    ]
    (home / "desk.toml").write_text("".join(people) + extra, encoding="utf-8")
    return load({"DESK_HOME": str(home)})


def unchanged(desk: Desk, given: Given) -> Given:
    return given


def with_ttl(seconds: int) -> Change:
    """Its question expires that soon."""

    def change(desk: Desk, given: Given) -> Given:
        approver = InboxApprover(desk.journal, given.parts.log.session_id)
        approver.ttl_s = seconds
        return replace(given, parts=replace(given.parts, approver=approver))

    return change


class Spiced:
    """Answers of the rules model with something put in front of every sentence."""

    def __init__(self, inner: Answers, spice: str) -> None:
        self._inner = inner
        self._spice = spice

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        reply = await self._inner.answer(role, n, request, within_s, on_text)
        return replace(reply, content=reply.content.replace("Rules model: ", self._spice))


def spiced(spice: str) -> Change:
    def change(desk: Desk, given: Given) -> Given:
        plain = given.answers

        def answers(debate: Debate) -> Answers:
            return Spiced(plain(debate), spice)

        return replace(given, answers=answers)

    return change


async def wait_in(
    settings: Settings, change: Change = unchanged, *, clock: str = "wall", sessions: int = 1
) -> list[str]:
    """Run sessions up to their question; their approvals' ids."""
    wishes = Wishes(approve="inbox", clock=clock)
    brief = read("@year-end-rally")

    async def one(desk: Desk) -> str:
        hands = Hands(screen=NoScreen(), prompt=None, person="")
        given = change(desk, bootstrap.given(desk, wishes, brief, hands))
        try:
            report = await Session(given).run()
        finally:
            await given.parts.venue.aclose()
        assert report.waiting is not None
        return report.waiting.approval_id

    with bootstrap.opened(settings) as desk:
        return [await one(desk) for _ in range(sessions)]


@dataclass
class Served:
    """The application of a home, and what it logged."""

    parts: Parts
    settings: Settings
    log: list[str]

    @asynccontextmanager
    async def stranger(self, host: str = HOST) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.parts.app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            yield client

    @asynccontextmanager
    async def person(self, name: str = "ann") -> AsyncIterator[httpx.AsyncClient]:
        async with self.stranger() as client:
            assert (await client.post("/login", data={"token": TOKENS[name]})).status_code == 303
            yield client

    async def events(self, event_type: str) -> list[dict[str, object]]:
        def found(desk: Desk) -> list[dict[str, object]]:
            return [dict(one.data) for one in desk.journal.events(types=(event_type,))]

        return await self.parts.worker.do(found)

    async def until(self, event_type: str, count: int = 1) -> list[dict[str, object]]:
        """Wait until as many of them are on record, a bounded time."""
        end = time.monotonic() + 20
        while len(found := await self.events(event_type)) < count:
            assert time.monotonic() < end, f"no {event_type}; log: {self.log}"
            await asyncio.sleep(0.02)
        return found


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Served]:
    """The whole server but its socket."""
    log: list[str] = []
    parts = Parts(settings, "127.0.0.1", PORT, log.append)
    await asyncio.to_thread(parts.worker.start)
    try:
        yield Served(parts, settings, log)
    finally:
        await asyncio.to_thread(parts.close)


async def form(person: httpx.AsyncClient, approval_id: str) -> dict[str, str]:
    """The hidden fields of a question's forms, with the box ticked."""
    page = await person.get(f"/approvals/{approval_id}")
    assert page.status_code == 200, page.text
    return {**dict(re.findall(r'name="(token|card)" value="([0-9a-f]+)"', page.text)), "sure": "yes"}


async def say(person: httpx.AsyncClient, approval_id: str, word: str, **more: str) -> httpx.Response:
    """Read the page, then send one of its forms."""
    fields = {**await form(person, approval_id), **more}
    return await person.post(f"/approvals/{approval_id}/{word}", data=fields)
