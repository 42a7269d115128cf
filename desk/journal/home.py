"""Opening the journal of a home: what must hold before anything may be read from it or added to it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Final

from desk.errors import JournalCorrupt, JournalUnavailable
from desk.journal import anchor as anchoring
from desk.journal import chain, connection, schema, seal
from desk.journal.anchor import Anchor, FileSlots, Mark, MemorySlots, Slots
from desk.journal.chain import GENESIS, Head
from desk.journal.faults import EDGE
from desk.journal.key import ANCHOR_FILE, Key, create_home, load, load_or_create
from desk.journal.sqlite import SqliteJournal

if TYPE_CHECKING:
    from desk.journal.verify import Report

DATABASE: Final = "journal.db"


def open_journal(home: Path, key: Key | None = None) -> SqliteJournal:
    """The journal of ``home`` for reading and writing, verified from its last checkpoint.

    A home that does not exist is made, for its owner alone. ``key`` is the home's own by default.

    Raises:
        JournalUnavailable: the home or a file in it cannot be used, or another program holds it.
        JournalCorrupt: the chain, the seal, the anchor or the tables do not verify.
        ConfigError: the key may be read by others.
    """
    create_home(home)
    key = load_or_create(home) if key is None else key
    anchor = Anchor(FileSlots(home / ANCHOR_FILE), key)
    try:
        with anchor.opening():
            mark = anchor.latest()
            db = _database(home / DATABASE, key, anchor, mark)
        journal = _proven(db, key, anchor, mark)
    except BaseException:
        anchor.close()
        raise
    anchor.advance(Head(*journal.head()))
    return journal


def read_journal(home: Path) -> SqliteJournal:
    """The journal of ``home`` for reading only, verified alike. Nothing is made or changed.

    Raises:
        JournalUnavailable: there is none.
        JournalCorrupt, ConfigError: as ``open_journal``.
    """
    path = _existing(home)
    key = load(home)
    anchor = Anchor(_slots(home), key)
    try:
        mark = anchor.latest()
        _require_database(path, mark)
        return _proven(connection.connect_read_only(path), key, anchor, mark, read_only=True)
    except BaseException:
        anchor.close()
        raise


def memory_journal(key: Key | None = None) -> SqliteJournal:
    """A journal that ends with its process. Its own key is fixed: nobody else can reach it."""
    key = Key(bytes(32)) if key is None else key
    anchor = Anchor(MemorySlots(), key)
    anchor.start()
    db = connection.connect_memory()
    _create_tables(db, key)
    return _proven(db, key, anchor, anchor.latest())


def verify_home(home: Path, *, full: bool = True) -> Report:
    """Check the journal of ``home`` and report. Nothing is made or changed.

    Raises:
        JournalUnavailable: there is no journal.
        ConfigError: the key may be read by others.
    """
    path = _existing(home)
    quiet = connection.is_quiet(path)
    report = _examined(home, path, full=full)
    if not report.ok and quiet and not connection.is_quiet(path):
        # A program has begun to write meanwhile, and the file was read as one nobody writes.
        report = _examined(home, path, full=full)
    return report


def _examined(home: Path, path: Path, *, full: bool) -> Report:
    # Imported here: a command that only looks need not wait for it.
    from desk.journal.verify import examine, unreadable

    try:
        key = load(home)
        anchor = Anchor(_slots(home), key)
        try:
            _require_database(path, _mark_of(anchor))
            db = connection.connect_read_only(path)
            try:
                return examine(db, key, anchor, full=full)
            finally:
                db.close()
        finally:
            anchor.close()
    except JournalCorrupt as error:
        return unreadable(error)


def _mark_of(anchor: Anchor) -> Mark | None:
    """The anchor's mark; a forged one is left for the examination to report."""
    try:
        return anchor.latest()
    except JournalCorrupt:
        return None


def _existing(home: Path) -> Path:
    """The database of a home in which there is, or was, a journal."""
    path = home / DATABASE
    if not path.exists() and not (home / ANCHOR_FILE).exists():
        raise JournalUnavailable(
            f"there is no journal in {home}", fix="Run `desk run` first, or point DESK_HOME at a home"
        )
    return path


def _require_database(path: Path, mark: Mark | None) -> None:
    there = path.exists() and path.stat().st_size
    if mark is not None and mark.head.seq and not there:
        raise anchoring.ahead(mark)


def _slots(home: Path) -> Slots:
    try:
        return FileSlots(home / ANCHOR_FILE, read_only=True)
    except FileNotFoundError:
        return MemorySlots()


def _database(path: Path, key: Key, anchor: Anchor, mark: Mark | None) -> sqlite3.Connection:
    """The connection, its tables made if the home is new. Call it while no other program opens the home."""
    _require_database(path, mark)
    if not path.exists():
        connection.create_file(path)
    db = connection.connect(path)
    try:
        empty = schema.is_empty(db)
        if empty and mark is not None and mark.head.seq:
            raise anchoring.ahead(mark)
        if mark is None and (empty or chain.head(db) == GENESIS):
            anchor.start()
        if empty:
            _create_tables(db, key)
    except BaseException:
        db.close()
        raise
    return db


def _create_tables(db: sqlite3.Connection, key: Key) -> None:
    with EDGE:
        db.execute("BEGIN IMMEDIATE")
        schema.create(db, seal.mac(key, GENESIS))
        db.execute("COMMIT")


def _proven(
    db: sqlite3.Connection, key: Key, anchor: Anchor, mark: Mark | None, *, read_only: bool = False
) -> SqliteJournal:
    """The journal over ``db``, once its tables, anchor, chain and seal agree in one state of the file."""
    try:
        with EDGE:
            db.execute("BEGIN")
        schema.check(db)
        anchoring.check(db, mark)
        checkpointed = seal.checkpoint(db, key)
        verified = chain.follow(db, checkpointed)
        seal.sealed_head(db, key)
        with EDGE:
            db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return SqliteJournal(db, key, anchor, verified=verified, checkpointed=checkpointed, read_only=read_only)
