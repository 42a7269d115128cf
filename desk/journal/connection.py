"""Opening the database file: durable, bounded in its waits, and private to its owner."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from desk.errors import JournalUnavailable
from desk.journal.faults import EDGE
from desk.journal.key import sync_directory

BUSY_TIMEOUT_S: Final = 5.0
#: Most events fit in a page of this size, so reading them all takes few; a commit, which writes whole ones,
#: hardly feels it. A short write-ahead log, since syncing a file is quicker once it has stopped growing.
_PAGE_BYTES: Final = 4096
_CHECKPOINT_PAGES: Final = 500
_SYNCHRONOUS_FULL: Final = 2
_OLDEST_SQLITE: Final = (3, 40)


def connect_memory() -> sqlite3.Connection:
    """A database that nobody else sees and that ends with its connection."""
    return _configured(_connect(":memory:"))


def connect(path: Path) -> sqlite3.Connection:
    """The existing file, for reading and writing.

    Raises:
        JournalUnavailable: it cannot be opened, or cannot be made durable.
        JournalCorrupt: it is not a database.
    """
    _require_file(path)
    db = _connect(f"{path.absolute().as_uri()}?mode=rw")
    try:
        return _durable(_configured(db), path)
    except BaseException:
        db.close()
        raise


def connect_read_only(path: Path) -> sqlite3.Connection:
    """The existing file, for reading; no file is made or changed.

    Without its two side files nobody is writing, and SQLite is told so: else it would make them.
    """
    _require_file(path)
    db = _connect(f"{path.absolute().as_uri()}?{'immutable=1' if is_quiet(path) else 'mode=ro'}")
    try:
        with EDGE:
            db.execute("PRAGMA query_only = ON")
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def is_quiet(path: Path) -> bool:
    """True if no program has the file open for writing, nor has left one of SQLite's side files behind."""
    return not any(_size(path.with_name(path.name + suffix)) for suffix in ("-shm", "-wal"))


def create_file(path: Path) -> None:
    """An empty file for its owner alone (0600), whose name survives a power loss."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        sync_directory(path.parent)
    except OSError as error:
        raise JournalUnavailable(
            f"{path} cannot be created",
            why=os.strerror(error.errno or 0),
            fix="Check the permissions and the space of the home",
        ) from None


def _require_file(path: Path) -> None:
    if not path.exists():
        raise JournalUnavailable(
            f"there is no journal at {path}", fix="Run `desk run` first, or point DESK_HOME at a home"
        )
    if not path.is_file():
        raise JournalUnavailable(
            f"{path} is not a file",
            why="the journal is one",
            fix="Move it away, or point DESK_HOME elsewhere",
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _connect(target: str) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise JournalUnavailable(
            f"SQLite {sqlite3.sqlite_version} is too old", fix="Use a Python with SQLite 3.40 or newer"
        )
    with EDGE:
        return sqlite3.connect(
            target,
            uri=target.startswith("file:"),
            isolation_level=None,
            timeout=BUSY_TIMEOUT_S,
            cached_statements=64,
        )


def _configured(db: sqlite3.Connection) -> sqlite3.Connection:
    with EDGE:
        db.execute("PRAGMA cell_size_check = ON")
        db.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    return db


def _durable(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """Write-ahead log, every commit synced; both looked at again, for SQLite answers a refusal in silence."""
    with EDGE:
        mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        db.execute("PRAGMA synchronous = FULL")
        synchronous = db.execute("PRAGMA synchronous").fetchone()[0]
        db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    if mode != "wal" or synchronous != _SYNCHRONOUS_FULL:
        raise JournalUnavailable(
            f"{path} cannot be written durably",
            why="its file system does not support a write-ahead log",
            fix="Point DESK_HOME at a local disk",
        )
    return db
