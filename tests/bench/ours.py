"""Our side: a real session (AutoGen team, gate, journal on disk) with a scripted model and a canned venue."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

import desk.session
from desk import bootstrap
from desk.bootstrap import Desk, Hands, Wishes
from desk.briefs.reader import read
from desk.config import Settings
from desk.domain import ids
from desk.domain.brief import Brief
from desk.domain.dossier import Dossier
from desk.domain.market import Snapshot, VenueOrder
from desk.execution.log import SessionLog
from desk.execution.tape import Tape
from desk.home.paths import Home
from desk.ports import Answers, ModelReply, ModelRequest, Permit, Venue
from desk.session import Given, Session

BRIEF = "@brexit-eve"
TICKET = re.compile(r"tkt_[0-9a-f]{32}")


class Unseen:
    """A screen nobody looks at."""

    def show(self, step: object) -> None:
        """Nothing."""


@dataclass
class Heard:
    """What a first, real session was told by its models and its venue."""

    replies: dict[tuple[str, int], ModelReply] = field(default_factory=dict)
    snapshots: list[Snapshot] = field(default_factory=list)
    answer: VenueOrder | None = None
    prompt_chars: int = 0


class Listening:
    """The real venue and the real models, with somebody taking notes."""

    def __init__(self, venue: Venue, heard: Heard) -> None:
        self._venue = venue
        self._heard = heard
        self.name = venue.name

    async def snapshot(self, symbol: str) -> Snapshot:
        seen = await self._venue.snapshot(symbol)
        self._heard.snapshots.append(seen)
        return seen

    async def submit(self, permit: Permit) -> VenueOrder:
        self._heard.answer = await self._venue.submit(permit)
        return self._heard.answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)


class Noting:
    """Answers of the real models, noted."""

    def __init__(self, answers: Answers, heard: Heard) -> None:
        self._answers = answers
        self._heard = heard

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        reply = await self._answers.answer(role, n, request, within_s, on_text)
        self._heard.replies[role, n] = reply
        said = sum(len(str(message["content"])) for message in request.messages)
        self._heard.prompt_chars += len(request.system) + said
        return reply


class Canned:
    """The venue's answers of the first session, with this session's order id in them."""

    name = "paper"

    def __init__(self, heard: Heard, clear: Callable[[Permit], None]) -> None:
        self._heard = heard
        self._clear = clear
        self._looks = iter(heard.snapshots)
        self._order_id = ""

    def _ours(self, order: VenueOrder) -> VenueOrder:
        then = self._heard.answer
        assert then is not None
        same = order.client_order_id == then.client_order_id
        return replace(order, client_order_id=self._order_id) if same else order

    async def snapshot(self, symbol: str) -> Snapshot:
        seen = next(self._looks)
        return replace(seen, orders=tuple(map(self._ours, seen.orders))) if seen.orders else seen

    async def submit(self, permit: Permit) -> VenueOrder:
        self._clear(permit)
        self._order_id = permit.request.client_order_id
        assert self._heard.answer is not None
        return self._ours(self._heard.answer)

    async def aclose(self) -> None:
        """Nothing is open."""


class Said:
    """The replies of the first session; the executor names this session's ticket."""

    def __init__(self, heard: Heard, latency_s: float, spans: list[tuple[float, float]]) -> None:
        self._heard = heard
        self._latency_s = latency_s
        self._spans = spans

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        began = time.perf_counter()
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        self._spans.append((began, time.perf_counter()))
        reply = self._heard.replies[role, n]
        ticket = TICKET.search(str(request.messages)) if role == "executor" else None
        if ticket is None:
            return reply
        calls = (
            replace(call, arguments=TICKET.sub(ticket.group(), call.arguments)) for call in reply.tool_calls
        )
        return replace(reply, tool_calls=tuple(calls))


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one session took from the built dossier on: CPU and wall seconds, commits and seconds in them."""

    cpu_s: float
    wall_s: float
    commits: int
    commit_s: float


class Bench:
    """A home on disk in which the same session is run again and again."""

    def __init__(self, home: Path) -> None:
        self._opened = bootstrap.opened(Settings(home=Home(home)))
        self.desk: Desk = self._opened.__enter__()
        self.brief: Brief = read(BRIEF)
        self.heard = Heard()
        self._spans: list[tuple[float, float]] = []
        self._base: Given = self._given()
        asyncio.run(self._listen())
        #: Everything that a session writes.
        self.record = tuple(self.desk.journal.events())

    def close(self) -> None:
        asyncio.run(self._base.parts.venue.aclose())
        self._opened.__exit__(None, None, None)

    def _given(self) -> Given:
        return bootstrap.given(
            self.desk, Wishes(), self.brief, Hands(screen=Unseen(), prompt=None, person="x")
        )

    async def _listen(self) -> None:
        given = self._given()
        venue, answers = given.parts.venue, given.answers
        parts = replace(given.parts, venue=Listening(venue, self.heard))  # type: ignore[arg-type]  # a venue
        heard = self.heard
        report = await Session(
            replace(given, parts=parts, answers=lambda debate: Noting(answers(debate), heard))
        ).run()
        assert report.outcome == "executed", report
        await venue.aclose()

    def _again(self, latency_s: float) -> Given:
        parts, clear = self._base.parts, self.desk.tickets.clear
        session_id = parts.new_ids.new(ids.SESSION, "desk")
        log = SessionLog(parts.clock, parts.new_ids, session_id, f"paper:{session_id}")
        venue: Any = Canned(self.heard, clear)
        parts = replace(parts, venue=venue, log=log, tape=Tape())
        self._spans = []
        return replace(self._base, parts=parts, answers=lambda _: Said(self.heard, latency_s, self._spans))

    @contextmanager
    def unsynced(self) -> Iterator[None]:
        """Everything is written, but the disk is not waited for: what is left is our own work."""
        database = self.desk.journal._db
        database.execute("PRAGMA synchronous = OFF")
        try:
            yield
        finally:
            database.execute("PRAGMA synchronous = FULL")

    def session(self, latency_s: float = 0.0) -> Cost:
        """One session; measured from the built dossier to its report."""
        given = self._again(latency_s)
        with built() as marks, committed(self.desk) as commits:
            report = asyncio.run(Session(given).run())
            cpu_s, wall_s = time.process_time() - marks["cpu"], time.perf_counter() - marks["wall"]
        assert report.outcome == "executed", report
        return Cost(cpu_s=cpu_s, wall_s=wall_s, commits=len(commits), commit_s=sum(commits))

    def critical_path(self) -> int:
        """How many calls have to be waited for one after the other."""
        self.session(latency_s=0.02)
        steps, end = 0, 0.0
        for began, ended in sorted(self._spans):
            if began >= end:
                steps, end = steps + 1, ended
        return steps

    def task(self) -> str:
        """The dossier in its long form, and the brief's own words: what the peer gets."""
        dossier = desk.session.build(self.brief, None)
        return "\n".join([*(fact.line() for fact in dossier.facts), self.brief.question, self.brief.text])


@contextmanager
def built() -> Any:
    """Notes the moment at which a session has its dossier."""
    original, marks = desk.session.build, {}

    def build(*args: Any) -> Dossier:
        dossier = original(*args)
        marks.update(cpu=time.process_time(), wall=time.perf_counter())
        return dossier

    desk.session.build = build
    try:
        yield marks
    finally:
        desk.session.build = original


@contextmanager
def committed(opened: Desk) -> Any:
    """Seconds of each commit of the journal: nearly all of them the disk's."""
    journal, seconds = opened.journal, []
    original = journal._commit

    def commit(*args: Any) -> None:
        before, began = args[1], time.perf_counter()
        original(*args)
        if args[0].head != before:
            seconds.append(time.perf_counter() - began)

    journal._commit = commit  # type: ignore[method-assign]
    try:
        yield seconds
    finally:
        del journal._commit
