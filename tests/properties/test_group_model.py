"""Appending together is appending one after the other: the same answers, the same events, fewer commits."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.domain.events import TradingStateChanged
from desk.errors import JournalError
from desk.journal import SqliteJournal, memory_journal
from desk.ports import ANY, NewEvent
from tests.journal_samples import new

UNWRITABLE = TradingStateChanged(source="ACTIVE", target="HALTED", reason="\ud800", by="me")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Waits some turns of the loop, appends, and is cancelled some turns later, or is not."""

    stream: str
    expected: int
    facts: tuple[int, ...]
    writable: bool
    after: int
    cancelled_after: int | None

    def events(self) -> list[NewEvent]:
        return [new(n) if self.writable else new(n, UNWRITABLE) for n in self.facts]


CALLERS = st.builds(
    Caller,
    stream=st.sampled_from(["account-a", "account-b", "account-c"]),
    expected=st.sampled_from([ANY, ANY, 0, 1, 2, 3]),
    #: Few ids, so that some come twice: in one append, in one commit, or in two.
    facts=st.lists(st.integers(1, 25), min_size=1, max_size=3).map(tuple),
    writable=st.integers(0, 9).map(bool),
    after=st.integers(0, 4),
    cancelled_after=st.none() | st.none() | st.integers(0, 3),
)


class Asked:
    """The callers at one journal, in the order in which they came to it, and what each was told."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self.order: list[Caller] = []
        self.told: dict[int, int | str] = {}

    async def run(self, callers: list[Caller]) -> None:
        tasks = [asyncio.ensure_future(self._one(n, each)) for n, each in enumerate(callers)]
        stops = [self._stop(task, each) for task, each in zip(tasks, callers, strict=True)]
        await asyncio.gather(*tasks, *stops, return_exceptions=True)

    async def _one(self, n: int, caller: Caller) -> None:
        for _ in range(caller.after):
            await asyncio.sleep(0)
        self.order.append(caller)
        place = len(self.order) - 1
        try:
            self.told[place] = await self._journal.append_together(
                caller.stream, caller.expected, caller.events()
            )
        except JournalError as error:
            self.told[place] = error.code

    async def _stop(self, task: asyncio.Future[None], caller: Caller) -> None:
        if caller.cancelled_after is not None:
            for _ in range(caller.after + caller.cancelled_after):
                await asyncio.sleep(0)
            task.cancel()


def one_after_the_other(journal: SqliteJournal, order: list[Caller]) -> list[int | str]:
    """The oracle: a transaction for each."""
    told: list[int | str] = []
    for caller in order:
        try:
            told.append(journal.append(caller.stream, caller.expected, caller.events()))
        except JournalError as error:
            told.append(error.code)
    return told


def held(journal: SqliteJournal) -> list[tuple[int, str, str, int, str]]:
    return [(each.seq, each.event_id, each.stream_id, each.version, each.hash) for each in journal.events()]


@settings(max_examples=250, deadline=None)
@given(callers=st.lists(CALLERS, max_size=12))
def test_together_is_one_after_the_other(callers: list[Caller]) -> None:
    with closing(memory_journal()) as journal, closing(memory_journal()) as other:
        asked = Asked(journal)
        asyncio.run(asked.run(callers))
        wanted = one_after_the_other(other, asked.order)
        assert asked.told == {place: wanted[place] for place in asked.told}
        assert held(journal) == held(other)
        stayed = [n for n, each in enumerate(asked.order) if each.cancelled_after is None]
        assert asked.told.keys() >= set(stayed)
        assert journal.verify().ok
