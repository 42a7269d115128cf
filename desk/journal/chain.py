"""The hash chain: each event's hash covers its whole row and the hash before it.

``hash = sha256(prev_hash + line)``, ``line`` being the canonical JSON of the row without its two
hashes, in which ``data`` and ``metadata`` stand as the objects they are. The first ``prev_hash`` is
64 zeros.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

from desk.errors import JournalCorrupt
from desk.journal.faults import EDGE


class Row(NamedTuple):
    """An event as its table holds it."""

    seq: int
    event_id: str
    stream_id: str
    stream_type: str
    version: int
    event_type: str
    schema_version: int
    data: str
    metadata: str
    occurred_at: str
    prev_hash: str
    hash: str


COLUMNS = ", ".join(Row._fields)


class Head(NamedTuple):
    """A place in the chain: the newest event, or one up to which something is known."""

    seq: int
    hash: str

    def text(self) -> str:
        """Its canonical JSON, which is what gets signed."""
        return f'{{"hash":{quoted(self.hash)},"seq":{self.seq}}}'


#: Before the first event.
GENESIS = Head(0, "0" * 64)


def hash_of(row: tuple[Any, ...]) -> str:
    """What the row's hash must be. Empty, which no hash equals, if a column is not of its type."""
    (seq, event_id, stream_id, stream_type, version, event_type, schema, data, metadata, at, prev, _) = row
    try:
        line = (
            f'{prev}{{"data":{data},"event_id":{quoted(event_id)},"event_type":{quoted(event_type)}'
            f',"metadata":{metadata},"occurred_at":{quoted(at)},"schema_version":{schema}'
            f',"seq":{seq},"stream_id":{quoted(stream_id)},"stream_type":{quoted(stream_type)}'
            f',"version":{version}}}'
        )
        return sha256(line.encode()).hexdigest()
    except (TypeError, UnicodeEncodeError):
        return ""


def broken(previous: Head, row: Row) -> str | None:
    """Code of the first rule that ``row`` breaks as the successor of ``previous``; None if it fits."""
    if row.seq != previous.seq + 1:
        return "SEQ_GAP"
    if row.prev_hash != previous.hash:
        return "CHAIN_BROKEN"
    if row.hash != hash_of(row):
        return "HASH_MISMATCH"
    return None


def head(db: sqlite3.Connection) -> Head:
    """The place of the newest event, as the table has it."""
    with EDGE:
        row = db.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(*row) if row is not None else GENESIS


def hash_at(db: sqlite3.Connection, seq: int) -> str | None:
    """The stored hash of one event; None if there is no such event."""
    with EDGE:
        row = db.execute("SELECT hash FROM events WHERE seq = ?", (seq,)).fetchone()
    return row[0] if row is not None else None


def before_stream(db: sqlite3.Connection, stream_id: str) -> Head:
    """The place before a stream's first event: a chain that holds from there on proves the stream."""
    with EDGE:
        first = db.execute(
            "SELECT seq - 1, prev_hash FROM events WHERE stream_id = ? ORDER BY seq LIMIT 1", (stream_id,)
        ).fetchone()
    return Head(*first) if first is not None else head(db)


def rows_after(db: sqlite3.Connection, seq: int) -> Iterator[Row]:
    """Rows of the journal after ``seq``, in its order."""
    with EDGE:
        for values in db.execute(f"SELECT {COLUMNS} FROM events WHERE seq > ? ORDER BY seq", (seq,)):
            yield Row._make(values)


def follow(db: sqlite3.Connection, start: Head) -> Head:
    """Verify the chain from ``start`` to its end, which is returned.

    Raises:
        JournalCorrupt: at the first row that does not fit.
    """
    reached = start
    for row in rows_after(db, start.seq):
        code = broken(reached, row)
        if code is not None:
            raise JournalCorrupt(
                f"the journal was changed at or before event {reached.seq + 1}",
                why="the chain of hashes does not hold there",
                fix="Run `desk verify`; nothing may trade on this journal",
                code=code,
            )
        reached = Head(row.seq, row.hash)
    return reached
