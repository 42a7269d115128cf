"""Make the bundled records: ``python -m tests.notebooks.record``. The same code gives the same bytes."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from desk import bootstrap, bundled, reopening
from desk.approval.inbox import Inbox
from desk.bootstrap import Desk, Hands, Wishes
from desk.briefs.reader import read
from desk.config import ROLES, Settings
from desk.deliberation.answers import LiveAnswers
from desk.deliberation.floor import drive
from desk.deliberation.rules import RulesModel
from desk.domain.debate import Debate
from desk.domain.limits import CEILING, tightened
from desk.execution.log import SessionLog
from desk.home.clock import BriefClock
from desk.home.halt import HaltFile
from desk.home.identity import SeededIds
from desk.home.paths import Home
from desk.journal import memory_journal
from desk.ports import Answer, Answers, Instant
from desk.replay.nowhere import NoScreen
from desk.replay.portable import portable, written
from desk.replay.record import load
from desk.replay.resume import resume
from desk.session import Given, Session, SessionReport
from tests.notebooks.history import Day
from tests.notebooks.takes import TAKES, Take
from tests.notebooks.voices import StandIn

HANDS = Hands(screen=NoScreen(), prompt=None, person="ann")


class StoryClock(BriefClock):
    """Counts as a brief's clock does, and things take the time that the story says."""

    passed_s = Decimal(0)

    def passes(self, seconds: Decimal) -> None:
        self.passed_s += seconds

    def stamp(self, stream_id: str) -> Instant:
        now = super().stamp(stream_id)
        return replace(now, wall=now.wall + self.elapsed(), monotonic_s=now.monotonic_s + self.passed_s)

    def monotonic_s(self) -> Decimal:
        return self.passed_s

    def elapsed(self) -> timedelta:
        return timedelta(milliseconds=int(self.passed_s * 1000))


class Recording:
    """One session in a home of its own, from its brief to its end."""

    def __init__(self, take: Take, folder: Path) -> None:
        self.take = take
        self.home = Home(folder / "home")
        brief = take.brief.written(folder / "briefs") if isinstance(take.brief, Day) else take.brief
        self.brief = read(str(brief))
        self.clock = StoryClock(self.brief.as_of)

    def made(self) -> Iterator[bytes]:
        """The lines of its record."""
        limits = tightened(CEILING, self.take.limits)
        with bootstrap.opened(Settings(home=self.home, limits=limits)) as desk:
            if self.take.halted:
                HaltFile(self.home.halt).halt("a person looked away", hard=False)
            given = self._given(desk)
            session_id = given.parts.log.session_id
            report = self._run(given, None, desk)
            if report.waiting is not None:
                self._answer(desk, report.waiting.approval_id)
                self._run(self._again(desk, session_id), session_id, desk)
            yield from written(portable(desk.journal, session_id, desk.journal.head()))

    def _given(self, desk: Desk) -> Given:
        models = dict.fromkeys(ROLES, bootstrap.RULES if self.take.temper is None else StandIn.name)
        wishes = Wishes(
            models=dict.fromkeys(ROLES, bootstrap.RULES),
            approve="inbox",
            clock=self.take.clock,
            seed=self.take.name,
            account=self.take.account,
        )
        given = self._on_time(desk, bootstrap.given(desk, wishes, self.brief, HANDS))
        settings = {**given.settings, "models": dict(models)}
        return replace(given, models=models, settings=settings, answers=self._answers)

    def _answers(self, debate: Debate) -> Answers:
        """The rules model or stand-ins, timed by the story's clock."""
        temper = self.take.temper
        model = RulesModel(debate) if temper is None else StandIn(debate, temper, self.clock.passes)
        return LiveAnswers(dict.fromkeys(ROLES, model), self.clock)

    def _again(self, desk: Desk, session_id: str) -> Given:
        """As ``desk resume`` goes on with it, on the story's clock."""
        given = reopening.with_world(desk, load(desk.journal, session_id), HANDS, answering=False)
        return replace(self._on_time(desk, given), answers=self._answers)

    def _on_time(self, desk: Desk, given: Given) -> Given:
        """The same with the story's time, at the venue too."""
        parts, account = given.parts, given.parts.log.account
        log = SessionLog(self.clock, parts.new_ids, parts.log.session_id, account)
        venue = bootstrap.paper_venue(desk, self.brief, account, self.clock.elapsed, again=True)
        return replace(given, chat=drive, parts=replace(parts, clock=self.clock, log=log, venue=venue))

    def _run(self, given: Given, again: str | None, desk: Desk) -> SessionReport:
        async def work() -> SessionReport:
            try:
                if again is None:
                    return await Session(given).run()
                with closing(memory_journal()) as shadow:
                    return await resume(load(desk.journal, again), given, shadow, desk.journal)
            finally:
                await given.parts.venue.aclose()

        return asyncio.run(work())

    def _answer(self, desk: Desk, approval_id: str) -> None:
        """What the person says, when they do."""
        word = self.take.word
        assert word is not None, f"{self.take.name} waits for a word that nobody says"
        self.clock.passes(Decimal(60 * word.after_min))
        if word.decision is None:
            return
        inbox = Inbox(desk.journal, SeededIds(self.take.name, self.brief.sha256, "people"))
        question = inbox.find(approval_id)
        answer = Answer(
            card_hash=question.request.card_hash,
            decision=word.decision,
            by=word.by,
            channel="inbox",
            reason=word.reason,
            size_usdc=word.size_usdc,
        )
        inbox.answer(question, self.clock, answer)


def recorded(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every take's name and record. Takes of one named account share a home."""
    for take in TAKES:
        home = folder / (take.account or take.name).replace(":", "-")
        yield take.name, b"".join(Recording(take, home).made())


def main() -> None:
    records = bundled.records()
    records.mkdir(parents=True, exist_ok=True)
    for old in records.glob("*.jsonl"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for name, record in recorded(Path(folder)):
            (records / f"{name}.jsonl").write_bytes(record)
            sys.stdout.write(f"{len(record):>8} {name}\n")


if __name__ == "__main__":
    main()
