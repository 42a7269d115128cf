"""What this connection proved is not read again; whatever somebody else touched is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.errors import JournalCorrupt
from desk.journal import SqliteJournal, open_journal
from desk.ports import ANY
from tests.journal_samples import new, tampering

STREAM = "account-a"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    opened = open_journal(tmp_path)
    opened.append(STREAM, ANY, [new(n) for n in range(5)])
    yield opened
    opened.close()


def proven(journal: SqliteJournal) -> list[str]:
    """The statements a proof took."""
    seen: list[str] = []
    with journal.transaction() as tx:
        journal._db.set_trace_callback(seen.append)
        try:
            tx.prove(STREAM)
        finally:
            journal._db.set_trace_callback(None)
    return seen


def followed_from(statements: list[str]) -> list[str]:
    return [one.rsplit("seq > ", 1)[1].split()[0] for one in statements if "seq > " in one]


def test_the_first_proof_reads_from_the_streams_beginning(journal: SqliteJournal) -> None:
    assert followed_from(proven(journal)) == ["0"]


def test_the_next_one_reads_only_what_was_written_since(journal: SqliteJournal) -> None:
    proven(journal)
    journal.append(STREAM, ANY, [new(9)])
    assert followed_from(proven(journal)) == ["5"]


def test_a_write_of_another_connection_makes_it_read_everything_again(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    proven(journal)
    other = open_journal(tmp_path)
    other.append(STREAM, ANY, [new(9)])
    other.close()
    assert followed_from(proven(journal)) == ["0"]


def test_an_event_changed_by_another_connection_after_the_proof_is_found(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    proven(journal)
    with tampering(tmp_path) as db:
        db.execute("UPDATE events SET data = replace(data, '2', '3') WHERE seq = 3")
    with pytest.raises(JournalCorrupt):
        proven(journal)


def rolled_back(journal: SqliteJournal) -> None:
    with journal.transaction() as tx:
        tx.append(STREAM, ANY, [new(20)])
        tx.prove(STREAM)
        raise sqlite3.IntegrityError


def test_a_transaction_that_was_rolled_back_proves_nothing(journal: SqliteJournal) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        rolled_back(journal)
    journal.append(STREAM, ANY, [new(21)])
    assert followed_from(proven(journal)) == ["0"]
