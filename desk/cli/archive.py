"""The home's records, opened for reading: its own sessions, imported ones and forks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from desk.config import load
from desk.errors import UsageError
from desk.home.records import RecordFiles
from desk.journal import SqliteJournal, read_journal
from desk.replay.archive import Archive


@contextmanager
def reading() -> Iterator[SqliteJournal]:
    """The home's journal, opened for reading."""
    journal = read_journal(load().home.path)
    try:
        yield journal
    finally:
        journal.close()


@contextmanager
def archived() -> Iterator[Archive]:
    """Everything the home has a record of."""
    files = RecordFiles(load().home.records)
    with reading() as journal:
        yield Archive(journal, files)


def wanted(archive: Archive, session_id: str | None) -> str:
    """This session, or the newest one that the home ran itself.

    Raises:
        UsageError: there is none.
    """
    if session_id is not None:
        return session_id
    own = archive.own()
    if not own:
        raise UsageError("there is no session in this home", fix="Run `desk run`", code="NO_SESSION")
    return own[-1]
