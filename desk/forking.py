"""A fork put together: a record, what is changed in it, a simulated exchange, and nothing that could send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec.structs import replace

from desk import __version__, bootstrap
from desk.bootstrap import Wishes
from desk.config import Settings
from desk.deliberation.floor import drive
from desk.deliberation.roles import Prompt, checked
from desk.domain import ids
from desk.domain.canonical import Json, document
from desk.domain.limits import supposed
from desk.domain.money import parsed
from desk.execution.log import SessionLog
from desk.execution.room import Parts
from desk.execution.tickets import Tickets
from desk.home.identity import RandomIds
from desk.journal import Key, SqliteJournal, memory_journal
from desk.journal.snapshots import Folding
from desk.ports import Answers, Screen, Venue
from desk.reopening import limits_of, policy_of, wishes_of
from desk.replay.fork.approver import ForkApprover
from desk.replay.fork.change import Change, check
from desk.replay.fork.door import WhatIfDoor
from desk.replay.fork.given import ForkAnswers, ForkClock, ForkIds
from desk.replay.fork.tape import ForkTape
from desk.replay.fork.twin import Twin
from desk.replay.nowhere import NoHalt
from desk.replay.portable import PortableRecord, portable
from desk.replay.record import Record, load
from desk.replay.resume import brief_of, prompts_of
from desk.replay.source import Source
from desk.session import Given, Session


async def forked(
    source: Source, session_id: str, change: Change, settings: Settings, screen: Screen
) -> PortableRecord:
    """Run a record again with one input changed, to the end, and return what came of it.

    Args:
        settings: where a model that the fork has to ask is reached. Nothing else of them is used.

    Raises:
        UsageError: there is no such session, or the change cannot be made there.
        ConfigError: a limit or a model is not one, or a model that is asked has no key.
    """
    record = load(source, session_id)
    check(change, record)
    journal = memory_journal()
    try:
        fork = _Fork(record, source, change, journal)
        given = fork.given(settings, screen)
        try:
            await Session(given).run()
        finally:
            await given.parts.venue.aclose()
        return portable(journal, fork.id, journal.head())
    finally:
        journal.close()


class _Fork:
    """What one fork is given."""

    def __init__(self, record: Record, source: Source, change: Change, journal: SqliteJournal) -> None:
        self.id = RandomIds().new(ids.SESSION, "desk")
        self._record = record
        self._change = change
        self._journal = journal
        self._brief = brief_of(record, source)
        self._prompts = {**prompts_of(record, source), **_prompts(change)}
        self._account = f"fork:{self.id}"
        self._clock = ForkClock(record, self.id, journal)
        self._tickets = Tickets(Key.fresh())

    def given(self, settings: Settings, screen: Screen) -> Given:
        """Everything the session has."""
        record, change = self._record, self._change
        wishes = wishes_of(record)
        wishes = replace(wishes, models={**wishes.models, **change.models})
        parts = self._parts(screen)

        def live() -> Callable[..., Answers]:
            return bootstrap.live_answers(settings, wishes, self._clock)

        return Given(
            brief=self._brief,
            parts=parts,
            answers=lambda debate: ForkAnswers(record, change, self._step, lambda: live()(debate)),
            chat=drive,
            prompts=self._prompts,
            models=wishes.models,
            tools=bootstrap.executor_tools(),
            budget=wishes.budget,
            clock=record.opened.clock,
            seed=None,
            settings=self._settings(wishes, parts),
            desk_version=__version__,
            parent=record.session_id,
            door=WhatIfDoor,
        )

    def _parts(self, screen: Screen) -> Parts:
        record, change = self._record, self._change
        new_ids = ForkIds(record, RandomIds())
        log = SessionLog(self._clock, new_ids, self.id, self._account)
        twin = Twin(name=record.opened.venue, made=self._exchange)
        return Parts(
            journal=self._journal,
            venue=twin,
            clock=self._clock,
            new_ids=new_ids,
            halt=NoHalt(),
            approver=ForkApprover(record, change, self._step, self._journal, log),
            tickets=self._tickets,
            tape=ForkTape(record, change, self._step, twin),
            screen=screen,
            log=log,
            folds=Folding(),
            limits=supposed(limits_of(record), change.limits if self._from_the_start() else {}),
            mode="paper",
            policy=policy_of(record),
        )

    def _from_the_start(self) -> bool:
        """Does the change hold when the dossier is made, which shows the largest admissible size?"""
        kinds = [one.event_type for one in self._record.events]
        return "DossierBuilt" not in kinds or self._change.at <= kinds.index("DossierBuilt") + 1

    def _step(self) -> int:
        return len(self._journal.of_session(self.id)) + 1

    def _exchange(self) -> Venue:
        """The embedded twin with the record's balance, in memory."""
        store = bootstrap.tools_module("paper").PaperStore(":memory:")
        bootstrap.open_paper_account(store, self._account, self._brief, _balance(self._record))
        began = self._brief.as_of
        return bootstrap.in_process(
            store, self._account, lambda: began + self._clock.elapsed, self._tickets.clear
        )

    def _settings(self, wishes: Wishes, parts: Parts) -> Mapping[str, Json]:
        changed = {
            "models": wishes.models,
            "limits": parts.limits.document(),
            "fork": self._change.document(),
        }
        plain = document({**self._record.opened.settings, **changed})
        assert isinstance(plain, dict)
        return plain


def _prompts(change: Change) -> dict[str, Prompt]:
    return {role: Prompt(role, checked(role, text)) for role, text in change.prompts.items()}


def _balance(record: Record) -> Decimal | None:
    """What the account held when the venue was last looked at on record."""
    found = [note["reply"] for note in record.inputs if note["port"] == "snapshot"]
    values = [one["value"]["balance_usdc"] for one in found if "value" in one]  # type: ignore[operator,index]
    return parsed(str(values[-1])) if values and values[-1] is not None else None
