"""An opened home, and who works in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from desk import __version__
from desk.bootstrap.guard import tools_module
from desk.config import Settings
from desk.execution.tickets import Tickets
from desk.execution.unknowns import Unresolved
from desk.home.halt import HaltFile
from desk.home.lock import SessionLock
from desk.journal import Key, SqliteJournal, load_or_create, open_journal
from desk.journal.snapshots import open_snapshots


class Desk:
    """An opened home: its journal, key and stop file, shared by everything a command does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = settings.home.made()
        self.key: Key = load_or_create(self.home.path)
        self.journal: SqliteJournal = open_journal(self.home.path, self.key)
        self.snapshots = open_snapshots(self.home.path, self.key, made_by=__version__)
        self.halt = HaltFile(self.home.halt)
        self.tickets = Tickets(self.key)

    @cached_property
    def pace(self) -> Any:
        """The pace of all requests to Purple Flea in this process (``tools.purple_flea.Pace``)."""
        return tools_module("purple_flea").Pace()

    def close(self) -> None:
        self.journal.close()
        self.snapshots.flush()


@contextmanager
def opened(settings: Settings) -> Iterator[Desk]:
    """The desk of a home, closed afterwards."""
    desk = Desk(settings)
    try:
        yield desk
    finally:
        desk.close()


@contextmanager
def locked(desk: Desk, session_id: str) -> Iterator[None]:
    """Only one process works on a session at a time.

    Raises:
        UsageError: another one does.
    """
    with SessionLock(desk.home.lock(session_id)):
        yield


def free(desk: Desk, found: Iterable[Unresolved]) -> list[Unresolved]:
    """Those whose session no living process works on: what is in flight there is not ours to judge."""
    return [one for one in found if one.session_id is None or _is_free(desk, one.session_id)]


def _is_free(desk: Desk, session_id: str) -> bool:
    lock = SessionLock(desk.home.lock(session_id))
    if not lock.acquire():
        return False
    lock.release()
    return True
