"""A connection remembers how long streams are: only while nobody else has written, and nothing was undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from desk.errors import VersionConflict
from desk.journal import SqliteJournal, open_journal, sqlite
from desk.ports import ANY, EMPTY
from tests.journal_samples import new

STREAM, OTHER = "account-a", "account-b"


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[SqliteJournal, SqliteJournal]]:
    """Two connections to one journal that holds two events of a stream, which both have seen."""
    one, two = open_journal(tmp_path / "home"), open_journal(tmp_path / "home")
    one.append(STREAM, EMPTY, [new(1), new(2)])
    two.append(OTHER, EMPTY, [new(3)])
    for journal in (one, two):
        assert versions(journal) == (2, 1)
    yield one, two
    one.close()
    two.close()


def versions(journal: SqliteJournal) -> tuple[int, int]:
    with journal.transaction() as tx:
        return tx.version(STREAM), tx.version(OTHER)


def test_given_another_writer_then_its_events_are_counted(both: tuple[SqliteJournal, SqliteJournal]) -> None:
    one, two = both

    two.append(STREAM, 2, [new(4)])

    assert versions(one) == (3, 1)
    with pytest.raises(VersionConflict):
        one.append(STREAM, 2, [new(5)])
    assert one.append(STREAM, ANY, [new(5)]) == 4


def test_given_writers_in_turn_then_no_version_comes_twice(both: tuple[SqliteJournal, SqliteJournal]) -> None:
    for n in range(10, 30):
        both[n % 2].append((STREAM, OTHER)[n % 3 % 2], ANY, [new(n)])

    for journal in both:
        assert versions(journal) == (len(journal.stream(STREAM)), len(journal.stream(OTHER)))


def test_given_an_undone_transaction_then_what_it_wrote_is_not_counted(
    both: tuple[SqliteJournal, SqliteJournal],
) -> None:
    one, _ = both

    with suppress(KeyError), one.transaction() as tx:
        tx.append(STREAM, 2, [new(4)])
        raise KeyError

    assert versions(one) == (2, 1)
    assert one.append(STREAM, 2, [new(4)]) == 3


def test_given_an_append_that_fails_half_way_then_nothing_of_it_is_counted(
    both: tuple[SqliteJournal, SqliteJournal],
) -> None:
    one, _ = both

    with pytest.raises(VersionConflict):
        one.append(STREAM, 2, [new(4), new(1)])

    assert versions(one) == (2, 1)


def test_nobody_is_asked_twice_while_nobody_else_writes(both: tuple[SqliteJournal, SqliteJournal]) -> None:
    one, _ = both
    asked: list[str] = []
    one._db.set_trace_callback(lambda sql: asked.append(sql) if "SELECT version" in sql else None)

    for n in range(10, 15):
        one.append(STREAM, ANY, [new(n)])

    assert asked == []


def test_more_streams_than_are_worth_it_are_not_remembered(
    both: tuple[SqliteJournal, SqliteJournal], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = both
    monkeypatch.setattr(sqlite, "KNOWN_STREAMS", 5)

    for n in range(10, 30):
        one.append(f"order-{n}", EMPTY, [new(n)])

    assert len(one._versions) <= 6
    assert versions(one) == (2, 1)
