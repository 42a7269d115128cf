"""The tables of ``journal.db``, and the proof that they are still these.

Events can be neither changed nor removed, tickets only be used or revoked: triggers say so to every
program that opens the file. Whoever drops a trigger or adds one is noticed, since the stored schema
is compared with this one.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from desk.errors import JournalCorrupt, JournalError
from desk.journal.chain import GENESIS, Head
from desk.journal.faults import EDGE
from desk.ports import TicketRow

VERSION: Final = "1"
TICKET_COLUMNS: Final = TicketRow.__struct_fields__
_MUTABLE: Final = ("used_at", "revoked")

_EVENTS = """CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL UNIQUE,
  stream_id TEXT NOT NULL,
  stream_type TEXT NOT NULL,
  version INTEGER NOT NULL,
  event_type TEXT NOT NULL,
  schema_version INTEGER NOT NULL,
  data TEXT NOT NULL,
  metadata TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (stream_id, version)
) STRICT"""

_TICKETS = """CREATE TABLE tickets (
  ticket_id TEXT NOT NULL PRIMARY KEY,
  intent_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  intent_hash TEXT NOT NULL,
  params TEXT NOT NULL,
  params_hash TEXT NOT NULL,
  card_hash TEXT NOT NULL,
  policy_hash TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  session_id TEXT,
  account TEXT NOT NULL,
  symbol TEXT NOT NULL,
  side TEXT NOT NULL,
  bucket TEXT NOT NULL,
  size_usdc TEXT NOT NULL,
  loss_at_stop_usdc TEXT NOT NULL,
  issued_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  expires_boot TEXT NOT NULL,
  expires_monotonic TEXT NOT NULL,
  mac TEXT NOT NULL,
  used_at TEXT,
  revoked INTEGER NOT NULL CHECK (revoked IN (0, 1))
) STRICT"""


def _index_of(key: str) -> str:
    path = f"json_extract(metadata, '$.{key}')"
    return f"CREATE INDEX events_{key} ON events ({path}) WHERE {path} IS NOT NULL"


def _forbid(name: str, table: str, when: str, message: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{table} {message}'); END"


#: Every object of the database by name, in the order of creation.
OBJECTS: Final = {
    "meta": "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "events": _EVENTS,
    "events_account": _index_of("account"),
    "events_session": _index_of("session"),
    "events_fixed": _forbid("events_fixed", "events", "UPDATE ON events", "cannot be changed"),
    "events_kept": _forbid("events_kept", "events", "DELETE ON events", "cannot be removed"),
    "tickets": _TICKETS,
    "tickets_attempt": (
        "CREATE UNIQUE INDEX tickets_attempt ON tickets (intent_id, attempt) WHERE revoked = 0"
    ),
    "tickets_intent": "CREATE INDEX tickets_intent ON tickets (intent_id)",
    "tickets_open": ("CREATE INDEX tickets_open ON tickets (account) WHERE used_at IS NULL AND revoked = 0"),
    "tickets_fixed": _forbid(
        "tickets_fixed",
        "tickets",
        f"UPDATE OF {', '.join(name for name in TICKET_COLUMNS if name not in _MUTABLE)} ON tickets",
        "cannot be changed",
    ),
    "tickets_final": _forbid(
        "tickets_final",
        "tickets",
        "UPDATE ON tickets WHEN old.used_at IS NOT NULL OR old.revoked = 1",
        "cannot be reused",
    ),
    "tickets_kept": _forbid("tickets_kept", "tickets", "DELETE ON tickets", "cannot be removed"),
    "blobs": "CREATE TABLE blobs (sha256 TEXT NOT NULL PRIMARY KEY, body BLOB NOT NULL) STRICT",
    "blobs_fixed": _forbid("blobs_fixed", "blobs", "UPDATE ON blobs", "cannot be changed"),
    "blobs_kept": _forbid("blobs_kept", "blobs", "DELETE ON blobs", "cannot be removed"),
    "seal": (
        "CREATE TABLE seal (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL,"
        " hash TEXT NOT NULL, mac TEXT NOT NULL) STRICT"
    ),
    "checkpoints": (
        "CREATE TABLE checkpoints (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, mac TEXT NOT NULL) STRICT"
    ),
}


def is_empty(db: sqlite3.Connection) -> bool:
    """True for a file in which nothing was ever created."""
    with EDGE:
        return db.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None


def create(db: sqlite3.Connection, seal_mac: str) -> None:
    """Create everything, with the seal of an empty journal. Call it inside a transaction."""
    with EDGE:
        for statement in OBJECTS.values():
            db.execute(statement)
        db.execute("INSERT INTO meta VALUES ('schema', ?)", (VERSION,))
        _insert_seal(db, GENESIS, seal_mac)


def _insert_seal(db: sqlite3.Connection, head: Head, mac: str) -> None:
    db.execute("INSERT INTO seal VALUES (1, ?, ?, ?)", (head.seq, head.hash, mac))


def check(db: sqlite3.Connection) -> None:
    """See that the database is one of ours and has our tables and triggers, and no others.

    Raises:
        JournalError: a newer program made it (``SCHEMA_UNKNOWN``).
        JournalCorrupt: it is something else, or somebody changed it (``SCHEMA_CHANGED``).
    """
    with EDGE:
        found = dict(db.execute("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"))
        stored = (
            found.get("meta") == OBJECTS["meta"]
            and db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
        )
    if stored and str(stored[0]).isdecimal() and stored[0] != VERSION:
        raise JournalError(
            "the journal has another layout",
            why="a newer Purple Desk wrote it",
            fix="Update Purple Desk",
            code="SCHEMA_UNKNOWN",
        )
    if not stored or found != OBJECTS:
        raise JournalCorrupt(
            "the journal's tables are not those of a journal",
            why="another program made or changed the file",
            fix="Restore it from a backup, or point DESK_HOME elsewhere",
            code="SCHEMA_CHANGED",
        )
