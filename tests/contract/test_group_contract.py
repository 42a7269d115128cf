"""What coroutines may rely on that append at the same time (``desk.ports.Journal.append_together``)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from desk.domain.events import TradingStateChanged
from desk.errors import JournalError, JournalUnavailable, VersionConflict
from desk.journal import SqliteJournal, memory_journal, open_journal, read_journal
from desk.ports import ANY, EMPTY, NewEvent
from tests.journal_samples import new

HALF_A_CHARACTER = TradingStateChanged(source="ACTIVE", target="HALTED", reason="\ud800", by="me")


@pytest.fixture(params=["file", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteJournal]:
    made = open_journal(tmp_path / "home") if request.param == "file" else memory_journal()
    yield made
    made.close()


@pytest.fixture
def commits(journal: SqliteJournal) -> list[str]:
    """The commits SQLite was told to make from now on."""
    seen: list[str] = []
    journal._db.set_trace_callback(lambda sql: seen.append(sql) if sql == "COMMIT" else None)
    return seen


async def together(
    journal: SqliteJournal, *appends: tuple[str, int, Sequence[NewEvent]]
) -> list[int | BaseException]:
    """What each of these callers is told."""
    asked = (journal.append_together(*one) for one in appends)
    return await asyncio.gather(*asked, return_exceptions=True)


def kinds(told: list[int | BaseException]) -> list[object]:
    return [one if isinstance(one, int) else type(one) for one in told]


async def test_two_hundred_at_once_share_one_commit(journal: SqliteJournal, commits: list[str]) -> None:
    told = await together(journal, *((f"account-{n}", EMPTY, [new(n)]) for n in range(200)))
    assert told == [1] * 200
    assert len(commits) == 1
    assert journal.verify().ok
    assert [one.stream_id for one in journal.events()] == [f"account-{n}" for n in range(200)]


async def test_each_is_told_its_own_version_and_a_stream_keeps_its_order(journal: SqliteJournal) -> None:
    told = await together(
        journal, *((f"account-{n % 3}", ANY, [new(2 * n), new(2 * n + 1)]) for n in range(30))
    )
    assert told == [2 * (n // 3 + 1) for n in range(30)]
    for k in range(3):
        mine = [new(2 * n + part).event_id for n in range(k, 30, 3) for part in (0, 1)]
        assert [one.event_id for one in journal.stream(f"account-{k}")] == mine


async def test_a_conflict_harms_nobody_else(journal: SqliteJournal, commits: list[str]) -> None:
    told = await together(
        journal,
        ("account-a", EMPTY, [new(1)]),
        ("account-a", EMPTY, [new(2)]),
        ("account-a", 1, [new(3)]),
        ("account-b", 7, [new(4)]),
    )
    assert kinds(told) == [1, VersionConflict, 2, VersionConflict]
    assert [one.event_id for one in journal.events()] == [new(1).event_id, new(3).event_id]
    assert len(commits) == 1


async def test_an_event_that_is_there_already_spoils_nobody_elses_append(journal: SqliteJournal) -> None:
    told = await together(
        journal,
        ("account-a", EMPTY, [new(1)]),
        ("account-b", EMPTY, [new(2), new(1)]),
        ("account-b", EMPTY, [new(3)]),
    )
    assert kinds(told) == [1, VersionConflict, 1]
    assert [one.event_id for one in journal.events()] == [new(1).event_id, new(3).event_id]


async def test_an_event_without_a_canonical_form_spoils_nobody_elses_append(journal: SqliteJournal) -> None:
    told = await together(
        journal, ("desk-state", ANY, [new(1, HALF_A_CHARACTER)]), ("account-a", EMPTY, [new(2)])
    )
    assert kinds(told) == [JournalError, 1]
    assert journal.head()[0] == 1


async def test_given_a_full_disk_then_everybody_is_told_and_nothing_is_recorded(
    journal: SqliteJournal,
) -> None:
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    appends = [(f"account-{n}", EMPTY, [new(n)]) for n in range(100)]
    assert kinds(await together(journal, *appends)) == [JournalUnavailable] * 100
    assert journal.head()[0] == 0
    journal._db.execute(f"PRAGMA max_page_count = {pages + 1000}")
    assert await together(journal, *appends) == [1] * 100
    assert journal.verify().ok


async def test_given_a_journal_that_was_closed_then_everybody_is_told(journal: SqliteJournal) -> None:
    asked = asyncio.ensure_future(together(journal, *((f"account-{n}", EMPTY, [new(n)]) for n in range(9))))
    await asyncio.sleep(0)
    journal.close()
    assert kinds(await asked) == [JournalUnavailable] * 9


async def test_who_is_cancelled_while_waiting_leaves_with_its_events_recorded(
    journal: SqliteJournal,
) -> None:
    callers = [
        asyncio.ensure_future(journal.append_together(f"account-{n}", EMPTY, [new(n)])) for n in range(3)
    ]
    await asyncio.sleep(0)
    callers[1].cancel()
    told = await asyncio.gather(*callers, return_exceptions=True)
    assert kinds(told) == [1, asyncio.CancelledError, 1]
    assert [one.stream_id for one in journal.events()] == ["account-0", "account-1", "account-2"]


async def test_who_was_cancelled_before_it_appended_has_recorded_nothing(journal: SqliteJournal) -> None:
    caller = asyncio.ensure_future(journal.append_together("account-a", EMPTY, [new(1)]))
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    assert journal.head()[0] == 0


def test_the_end_of_a_loop_leaves_nobody_waiting(journal: SqliteJournal) -> None:
    async def leave_one_behind() -> None:
        caller = asyncio.ensure_future(journal.append_together("account-a", EMPTY, [new(1)]))
        await asyncio.sleep(0)
        assert not caller.done()

    asyncio.run(leave_one_behind())
    assert journal.version("account-a") == 1
    assert asyncio.run(journal.append_together("account-a", 1, [new(2)])) == 2


def test_given_an_interrupt_in_the_commit_then_nobody_is_left_waiting(journal: SqliteJournal) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    loop = asyncio.new_event_loop()
    asked = loop.create_task(journal.append_together("account-a", EMPTY, [new(1)]))
    journal._commit = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(asked)
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(asyncio.wait_for(asked, 1))
    loop.close()
    assert journal.head()[0] == 0


async def test_what_a_caller_was_told_another_program_can_read(tmp_path: Path) -> None:
    async def appended(journal: SqliteJournal, n: int) -> None:
        version = await journal.append_together(f"account-{n % 4}", ANY, [new(n)])
        with closing(read_journal(tmp_path)) as beside:
            assert beside.version(f"account-{n % 4}") >= version

    with closing(open_journal(tmp_path)) as journal:
        await asyncio.gather(*(appended(journal, n) for n in range(20)))
