"""Records one session after another in one home, through the real desk, with a world that can be bent.

What a scenario does to a session, it does here: run it, answer it, interrupt it, go on with it. Every
step opens the home anew, as another process would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from desk import bootstrap, reopening
from desk.bootstrap import Desk, Hands, Wishes
from desk.briefs.reader import read
from desk.config import ROLES, Settings
from desk.deliberation.floor import drive
from desk.domain import ids
from desk.domain.approval import GRANTED
from desk.domain.book import TradingState
from desk.domain.breaker import BreakerState
from desk.domain.brief import Brief
from desk.domain.events import ApprovalRequested, Event, TradingStateChanged
from desk.errors import DeskError, ReadFailed
from desk.execution.guard import Guard, changed, stored
from desk.execution.log import SessionLog
from desk.execution.look import trading_state
from desk.execution.tape import Tape
from desk.execution.unknowns import unresolved
from desk.home.halt import HaltFile
from desk.home.identity import RandomIds
from desk.home.paths import Home
from desk.journal import memory_journal
from desk.ports import Approver, Clock, NewEvent, Transaction
from desk.reconciling import settled
from desk.replay.record import load
from desk.replay.resume import resume
from desk.session import Given, Session, SessionReport
from tests.corpus.briefs import Briefs
from tests.corpus.passing_time import PassingClock
from tests.fakes.deaths import Death
from tests.fakes.openai_server import OpenAIServer, Script, Streams
from tests.fakes.paper_wire import faulty_venue
from tests.kernel.asked import answered
from tests.kernel.crash import dying
from tools.paper.plan import FaultPlan, Lie

T = TypeVar("T")
ENDPOINT: Final = "openai:loopback"
SERVICE: Final = "trading@paper"
#: What is done when a step of the session is shown; true once it was done.
Hook = Callable[[object], bool]
#: A change to what the process gives its session.
Around = Callable[[Given], Given]


def as_it_is(given: Given) -> Given:
    return given


@dataclass(kw_only=True)
class Recorder:
    """One home, one clock, and the world around the session that is being recorded.

    Attributes:
        settings: of the home, from the next process on.
        voices: what the model's endpoint says; None leaves all roles to the rules.
        around: what the next process changes in what it gives its session.
        hooks: what happens at a step of the session; each once.
        session_id: of the newest session.
        turn: how often this scenario was played before.
    """

    home: Path
    chance: Random
    clock: PassingClock = field(default_factory=PassingClock)
    settings: dict[str, Any] = field(default_factory=dict)
    voices: Mapping[str, Script] | None = None
    streams: Streams | None = None
    finish: str = "stop"
    faults: FaultPlan = field(default_factory=FaultPlan)
    settle_s: int = 0
    around: Around = as_it_is
    hooks: list[Hook] = field(default_factory=list)
    session_id: str = ""
    turn: int = 0

    def __post_init__(self) -> None:
        self.briefs = Briefs(self.home / "briefs")

    def afresh(self, chance: Random, turn: int) -> None:
        """A world as it should be, for the next scenario."""
        self._mend()
        self.chance, self.turn, self.settings = chance, turn, {}
        self.voices, self.streams = None, None
        self.finish, self.faults, self.settle_s = "stop", FaultPlan(), 0
        self.around, self.hooks, self.session_id = as_it_is, [], ""

    def pick(self, variants: Sequence[T]) -> T:
        """The variants of a scenario, one after the other."""
        return variants[self.turn % len(variants)]

    def opened(self, url: str | None = None) -> Any:
        return bootstrap.opened(Settings(home=Home(self.home), openai_url=url, **self.settings))

    # ---- one process -----------------------------------------------------------------------------

    def run(self, brief: str | None = None, **wishes: Any) -> SessionReport | None:
        """A new session, to its end or as far as its process lived."""
        flags = Wishes(models=self._models(), stream=self.streams is not None, **wishes)
        loaded = read(brief or self.brief())

        def given(desk: Desk) -> Given:
            made = bootstrap.given(desk, flags, loaded, self._hands())
            self.session_id = made.parts.log.session_id
            return made

        return self._lived(given, lambda desk, made: Session(made).run(), flags.clock)

    def resume(self) -> SessionReport | None:
        """Go on with it, as ``desk resume`` does."""

        def given(desk: Desk) -> Given:
            return reopening.with_world(desk, load(desk.journal, self.session_id), self._hands())

        async def work(desk: Desk, made: Given) -> SessionReport:
            with closing(memory_journal()) as shadow:
                return await resume(load(desk.journal, self.session_id), made, shadow, desk.journal)

        with self.opened() as desk:
            record = load(desk.journal, self.session_id)
        return None if record.closed else self._lived(given, work, record.opened.clock)

    def killed(self, at: int, brief: str | None = None) -> bool:
        """A new session in a real process that dies at this instruction of the kernel; did it begin?"""
        loaded = read(brief or self.brief())

        async def work() -> None:
            with self.opened() as desk:
                made = bootstrap.given(desk, Wishes(), loaded, self._hands())
                await Session(replace(made, chat=drive)).run()

        before = set(self.sessions())
        dying(work, at)
        begun = set(self.sessions()) - before
        self.session_id = begun.pop() if begun else ""
        return bool(self.session_id)

    def _lived(self, given: Callable[[Desk], Given], work: Any, clock: str) -> SessionReport | None:
        with ExitStack() as stack:
            url = None
            if self.voices is not None:
                streams = self.streams or Streams.WELL
                server = OpenAIServer(dict(self.voices), finish=self.finish, streams=streams)
                url = stack.enter_context(server).url
            desk = stack.enter_context(self.opened(url))
            try:
                return asyncio.run(self._living(desk, given, work, clock))
            except Death:
                return None

    async def _living(self, desk: Desk, given: Any, work: Any, clock: str) -> SessionReport:
        made = given(desk)
        await made.parts.venue.aclose()
        live = self.around(self._bent(desk, made, clock))
        try:
            report: SessionReport = await work(desk, live)
            return report
        finally:
            await live.parts.venue.aclose()

    def _bent(self, desk: Desk, given: Given, clock_name: str) -> Given:
        """The same session on this recorder's time, with its venue behind the wire and its hooks in sight."""
        parts, brief = given.parts, given.brief
        clock: Clock = parts.clock if clock_name == "brief" else self.clock
        account = parts.log.account
        elapsed = self._elapsed(desk, parts.log.session_id, clock_name)
        venue = self._venue(desk, brief, account, elapsed)
        log = SessionLog(clock, parts.new_ids, parts.log.session_id, account)
        chat = drive if self.chance.random() < 0.8 else given.chat
        return replace(given, chat=chat, parts=replace(parts, clock=clock, log=log, venue=venue))

    def _venue(self, desk: Desk, brief: Brief, account: str, elapsed: Callable[[], timedelta]) -> Any:
        """The embedded venue; behind a wire that breaks if anything is to go wrong."""
        if not (self.faults.armed or self.faults.lies or self.settle_s or self.hooks):
            return bootstrap.paper_venue(desk, brief, account, elapsed, again=True)
        return faulty_venue(
            desk, account, lambda: brief.as_of + elapsed(), self.faults, settle_s=self.settle_s
        )

    def _elapsed(self, desk: Desk, session_id: str, clock_name: str) -> Callable[[], timedelta]:
        if clock_name == "brief":
            return timedelta
        opened = desk.journal.stream(f"session-{session_id}")
        began = opened[0].occurred_at if opened else self.now()
        return lambda: max(timedelta(), self.now() - began)

    def now(self) -> datetime:
        return self.clock.stamp("").wall.astimezone(UTC)

    def _hands(self) -> Hands:
        return Hands(screen=self, prompt=None, person="ann")

    def _models(self) -> dict[str, str]:
        voices = self.voices or {}
        return {role: ENDPOINT if role in voices else bootstrap.RULES for role in ROLES}

    def show(self, step: object) -> None:
        """``desk.ports.Screen``: what watches the session, and acts when its moment has come."""
        self.hooks = [hook for hook in self.hooks if not hook(step)]

    # ---- what people and others do meanwhile -----------------------------------------------------

    def brief(self, **extra: object) -> str:
        """Any brief: a bundled one, or one of a market that wanders."""
        if extra or self.chance.random() < 0.6:
            return self.briefs.wandering(self.chance, **extra)
        return self.briefs.bundled(self.chance)

    def say(self, decision: str = GRANTED, by: str = "ann", **word: Any) -> None:
        """A word in the inbox on the newest question; none if there is none, or it is turned away."""
        with self.opened() as desk:
            asked = self._events(desk, "ApprovalRequested")
            if asked:
                assert isinstance(asked[-1], ApprovalRequested)
                try:
                    answered(desk, asked[-1].approval_id, decision, by, **word)
                except DeskError:
                    return

    def reconcile(self) -> None:
        """``desk reconcile`` of this session."""
        with self.opened() as desk:
            for one in unresolved(desk.journal, venue="paper"):
                if one.session_id == self.session_id:
                    asyncio.run(settled(desk, one))

    def approver(self, make: Callable[[Given], Approver]) -> None:
        """Who is asked, from the next process on."""
        self.around = lambda given: replace(given, parts=replace(given.parts, approver=make(given)))

    def when(self, kind: type, do: Callable[[], None], **fields: object) -> None:
        """Do it as soon as a step of this kind, with these values, is shown."""

        def hook(step: object) -> bool:
            meant = isinstance(step, kind) and all(getattr(step, k) == v for k, v in fields.items())
            if meant:
                do()
            return meant

        self.hooks.append(hook)

    def lies(self, *lies: Lie, much: int = 1) -> None:
        for lie in lies:
            self.faults.tell(lie, much)

    # ---- stops -----------------------------------------------------------------------------------

    def halt(self, *, hard: bool = False) -> None:
        HaltFile(Home(self.home).halt).halt("a person", hard=hard)

    def halt_on_record(self) -> None:
        self._moved(TradingState.HALTED)

    def reduce(self) -> None:
        self._moved(TradingState.REDUCING)

    def _moved(self, target: TradingState) -> None:
        event = TradingStateChanged(source="ACTIVE", target=target.value, reason="a person", by="ann")
        self._written(ids.STATE_STREAM, lambda _: event)

    def break_down(self, code: str = "NETWORK") -> None:
        """The venue's breaker opens, because of others."""
        failure = ReadFailed("it failed", code=code)
        with self.opened() as desk, desk.journal.transaction() as tx:
            log = SessionLog(self.clock, RandomIds(), "ses_" + "9" * 32, "paper:other")
            for _ in range(3):
                Guard(SERVICE, log, Tape()).failed(tx, self.clock.stamp(""), failure)

    def _mend(self) -> None:
        """What a person does before the next session: reopens the desk, closes its breaker."""
        with self.opened() as desk, desk.journal.transaction() as tx:
            state, service = trading_state(tx), stored(tx, SERVICE)
        if state is not TradingState.ACTIVE or HaltFile(Home(self.home).halt).halted():
            self._moved(TradingState.ACTIVE)
            HaltFile(Home(self.home).halt).clear()
        if service.state is not BreakerState.CLOSED or service.latched:
            stream = ids.breaker_stream(SERVICE)
            self._written(stream, lambda tx: changed(stored(tx, SERVICE).reset(self.now()), "reset by hand"))

    def _written(self, stream: str, event: Callable[[Transaction], Event]) -> None:
        with self.opened() as desk, desk.journal.transaction() as tx:
            new_id = RandomIds().new(ids.EVENT, stream)
            new = NewEvent(event=event(tx), event_id=new_id, occurred_at=self.now())
            tx.append(stream, tx.version(stream), [new])

    # ---- what is on record -----------------------------------------------------------------------

    def sessions(self) -> list[str]:
        with self.opened() as desk:
            return [str(one.data["session_id"]) for one in desk.journal.events(types=("SessionOpened",))]

    def _events(self, desk: Desk, kind: str) -> list[Event]:
        return [one.event for one in desk.journal.of_session(self.session_id) if one.event_type == kind]
