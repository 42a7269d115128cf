"""Folds of long histories, gone on from where they stood: a cache, which changes no result.

A process goes on from its own last fold, another one from a snapshot in a file. Either counts if the
journal's event ``seq`` still has the hash it had then: each hash covers the one before, so everything
folded into it is the same. A snapshot counts if, besides, this home's key signed all of it, for this
version of the desk. Whatever else is found (nothing, damage, a forgery, another layout, a lock) means
folding from the beginning.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import astuple

from desk.domain.canonical import written
from desk.domain.events import Event
from desk.domain.shape import shaped, unshaped
from desk.errors import DeskError
from desk.journal.document import parse
from desk.journal.key import Key, load
from desk.ports import History, Projection, Recorded

State = TypeVar("State")

DATABASE: Final = "snapshots.db"
#: A fold of more events than this is worth a snapshot.
KEEP_AFTER: Final = 500
#: No fold of ours comes to more.
_LONGEST: Final = 4_000_000
#: Seconds that another process may keep us waiting: folding from the beginning is never much slower.
_BUSY_S: Final = 0.05
_PURPOSE: Final = "snapshot"
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS snapshots (
    projection TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
    body TEXT NOT NULL, mac TEXT NOT NULL, PRIMARY KEY (projection, key)
) STRICT, WITHOUT ROWID"""
_WANTED: Final = """
SELECT projection, key, seq, hash, body, mac FROM snapshots
WHERE projection = ? AND key = ? AND length(body) <= ?"""
#: What SQLite says of a file that is damaged, or not one of ours: it is made anew.
_NOT_OURS: Final = frozenset(
    {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT}
)


class Snapshot(Struct, frozen=True, kw_only=True):
    """A fold as it stood after event ``seq``. ``body`` is the canonical JSON of its state."""

    projection: str
    key: str
    seq: int
    hash: str
    body: str


class SnapshotFile:
    """Snapshots in a file of their own, the newest of each fold. It may be deleted at any time.

    Connections last for one call. Nothing is synced: what a power cut makes of the file is seen, or signed.

    Args:
        path: made when a snapshot is first kept, for its owner alone.
        made_by: the version of the desk; another one may fold otherwise.
    """

    def __init__(self, path: Path, key: Key, made_by: str) -> None:
        self._path = path
        self._key = key
        self._made_by = made_by

    def newest(self, projection: str, key: str) -> Snapshot | None:
        """The genuine snapshot of this fold; None for whatever reason there is none."""
        if not self._path.is_file():
            return None
        try:
            with closing(self._connected("mode=ro")) as db:
                row = db.execute(_WANTED, (projection, key, _LONGEST)).fetchone()
            return self._genuine(row)
        except (sqlite3.Error, OSError, ValueError):
            # ValueError: text that is not Unicode, in a row that somebody else wrote.
            return None

    def keep(self, snapshots: Iterable[Snapshot]) -> None:
        """Write them in place of older ones, if the file lets us: a file that is not ours is removed."""
        rows = [(*astuple(one), self._key.mac(_PURPOSE, self._signed(one))) for one in snapshots]
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            with closing(self._connected("mode=rw")) as db, db:
                db.execute("PRAGMA journal_mode = MEMORY")
                db.execute("PRAGMA synchronous = OFF")
                db.execute(_TABLE)
                db.executemany("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?)", rows)
        except OSError:
            # A cache that cannot be written, in a home that can only be read, say: nothing depends on it.
            return
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_OURS:
                with suppress(OSError):
                    self._path.unlink(missing_ok=True)

    def _connected(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._path.absolute().as_uri()}?{mode}", uri=True, timeout=_BUSY_S)

    def _genuine(self, row: tuple[object, ...] | None) -> Snapshot | None:
        match row:
            case (str() as projection, str() as key, int() as seq, str() as digest, str() as body, mac):
                found = Snapshot(projection=projection, key=key, seq=seq, hash=digest, body=body)
                return found if self._key.verifies(_PURPOSE, self._signed(found), mac) else None
        return None

    def _signed(self, one: Snapshot) -> str:
        return written([self._made_by, *astuple(one)])


class _Stood(Struct, frozen=True, kw_only=True):
    """A fold as it stood after event ``seq``, and how many events ago it was last worth a snapshot."""

    seq: int
    hash: str
    state: object
    unkept: int = 0


class Folding:
    """``desk.ports.Folds`` that always begins at the beginning: for journals in memory."""

    def folded(self, projection: Projection[State], history: History, account: str) -> State:
        return self._from_the_beginning(projection, history, account)[0]

    def _from_the_beginning(
        self, projection: Projection[State], history: History, account: str
    ) -> tuple[State, Sequence[Recorded]]:
        events = history.of_account(account, projection.types)
        state = projection.fold(_told(events), None)
        assert state is not None
        return state, events


class Snapshots(Folding):
    """``desk.ports.Folds`` over a file of snapshots. What it finds worth keeping waits for ``flush``."""

    def __init__(self, file: SnapshotFile, keep_after: int = KEEP_AFTER) -> None:
        self._file = file
        self._keep_after = keep_after
        self._stood: dict[tuple[str, str], _Stood] = {}
        self._due: dict[tuple[str, str], Snapshot] = {}

    def folded(self, projection: Projection[State], history: History, account: str) -> State:
        unkept = 0
        for start in self._found(projection, account):
            went_on = _gone_on(start, projection, history, account)
            if went_on is not None:
                unkept = start.unkept
                break
        else:
            went_on = self._from_the_beginning(projection, history, account)
        state, events = went_on
        if events:
            self._remember(projection.name, account, events[-1], state, unkept + len(events))
        return state

    def flush(self) -> None:
        """Write what is worth it. Call it when nobody waits: outside of any transaction, at the end."""
        due, self._due = self._due, {}
        if due:
            self._file.keep(due.values())

    def _found(self, projection: Projection[State], account: str) -> Iterator[_Stood]:
        """What may be gone on from: where this process stood, then what the file holds."""
        own = self._stood.get((projection.name, account))
        if own is not None:
            yield own
        kept = self._file.newest(projection.name, account)
        stood = None if kept is None else _read(kept, projection)
        if stood is not None:
            self._stood[projection.name, account] = stood
            yield stood

    def _remember(self, name: str, account: str, last: Recorded, state: object, unkept: int) -> None:
        """The events may still be rolled back: then nothing in the journal will have this hash."""
        if unkept > self._keep_after:
            unkept = 0
            self._due[name, account] = Snapshot(
                projection=name, key=account, seq=last.seq, hash=last.hash, body=written(shaped(state))
            )
        self._stood[name, account] = _Stood(seq=last.seq, hash=last.hash, state=state, unkept=unkept)


def open_snapshots(home: Path, key: Key | None = None, *, made_by: str) -> Snapshots:
    """The snapshots of a home, whose key is read if it is not given. It raises what reading that raises."""
    return Snapshots(SnapshotFile(home / DATABASE, load(home) if key is None else key, made_by))


def _read(one: Snapshot, projection: Projection[State]) -> _Stood | None:
    """The fold in a snapshot; None if it is of another shape: signed by us, but a state with other fields."""
    try:
        state = unshaped(projection.state, parse(one.body))
    except (DeskError, TypeError, ValueError, LookupError, ArithmeticError):
        return None
    return _Stood(seq=one.seq, hash=one.hash, state=state)


def _gone_on(
    start: _Stood, projection: Projection[State], history: History, account: str
) -> tuple[State, Sequence[Recorded]] | None:
    """The state, and the events that came after the start; None if it cannot be gone on from."""
    if not isinstance(start.state, projection.state) or history.hash_at(start.seq) != start.hash:
        return None
    events = history.of_account(account, projection.types, start.seq)
    state = projection.fold(_told(events), start.state)
    return None if state is None else (state, events)


def _told(events: Iterable[Recorded]) -> list[tuple[datetime, Event]]:
    return [(one.occurred_at, one.event) for one in events]
