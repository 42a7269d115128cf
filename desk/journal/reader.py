"""What can be asked of the journal. Each event is checked against its own hash as it is read.

Whoever reads all of them follows the chain on the way: each event is then the successor of the one
before it, from the first one on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from desk.domain import ids
from desk.errors import JournalCorrupt
from desk.journal.chain import COLUMNS, GENESIS, Head, Row, hash_at, hash_of
from desk.journal.codec import data_of, event_of
from desk.journal.document import LazyDocument
from desk.journal.faults import RAISED, translated
from desk.journal.schema import TICKET_COLUMNS
from desk.journal.shape import read_moment
from desk.ports import Recorded, TicketRow

#: Rows a long read fetches at a time: few, so that no reader holds the file while its caller thinks, and
#: so that they are still in the processor's cache when it comes to the last of them.
_PAGE = 250

_PREV_HASH, _HASH = Row._fields.index("prev_hash"), Row._fields.index("hash")
_EVENTS = f"SELECT {COLUMNS} FROM events"
_STREAM = f"{_EVENTS} WHERE stream_id = ? AND version > ? ORDER BY version"
_ACCOUNT = f"{_EVENTS} WHERE json_extract(metadata, '$.account') = ? AND seq > ?"
#: A session's streams are its own and every call or order stream in which an event names it.
_SESSION = f"""{_EVENTS} WHERE stream_id IN (
  SELECT stream_id FROM events
  WHERE json_extract(metadata, '$.session') = ? AND stream_type IN ('session', 'call', 'order')
  UNION SELECT ?) ORDER BY seq"""
_TICKET = f"SELECT {', '.join(TICKET_COLUMNS)} FROM tickets"


def recorded(row: tuple[Any, ...]) -> Recorded:
    """The event in a row of the table.

    Raises:
        JournalCorrupt: the row is not what its hash says (``HASH_MISMATCH``).
    """
    seq, event_id, stream_id, stream_type, version, event_type, schema, data, metadata, at, prev, digest = row
    if digest != hash_of(row):
        raise _changed(f"event {seq!a} was changed after it was recorded", "HASH_MISMATCH")
    try:
        occurred_at = read_moment(at)
    except (TypeError, ValueError):
        raise _changed(f"event {seq} has no readable time", "EVENT_UNREADABLE") from None
    told, about = data_of(event_type, schema, data), LazyDocument(metadata)
    place = (seq, event_id, stream_id, stream_type, version, event_type, schema)
    return Recorded._make((*place, told, about, occurred_at, prev, digest, event_of))


def _changed(what: str, code: str) -> JournalCorrupt:
    return JournalCorrupt(what, fix="Run `desk verify`; nothing may trade on this journal", code=code)


def _linked(before: Head, rows: Iterable[tuple[Any, ...]]) -> Head:
    """The last of these rows' place, once each is seen to name the one before it."""
    seq, digest = before.seq, before.hash
    for row in rows:
        if row[0] != seq + 1 or row[_PREV_HASH] != digest:
            raise _changed(f"the journal was changed at or before event {seq + 1}", "CHAIN_BROKEN")
        seq, digest = row[0], row[_HASH]
    return Head(seq, digest)


def _ticket(row: tuple[Any, ...]) -> TicketRow:
    values = dict(zip(TICKET_COLUMNS, row, strict=True))
    return TicketRow(**{**values, "revoked": values["revoked"] == 1})


class Reader:
    """The questions that a journal and a transaction answer alike."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except RAISED as error:
            raise translated(error) from None

    def version(self, stream_id: str) -> int:
        """Number of events in a stream; 0 if it does not exist."""
        sql = "SELECT version FROM events WHERE stream_id = ? ORDER BY version DESC LIMIT 1"
        rows = self._rows(sql, (stream_id,))
        version = rows[0][0] if rows else 0
        if not isinstance(version, int):
            raise _changed("a stream has no readable version", "ROW_MALFORMED")
        return version

    def stream(self, stream_id: str, after: int = 0) -> list[Recorded]:
        """Events of one stream with a version above ``after``, oldest first."""
        return [recorded(row) for row in self._rows(_STREAM, (stream_id, after))]

    def of_account(self, account: str, types: Iterable[str] = (), after: int = 0) -> list[Recorded]:
        """Events after ``seq`` that carry this account, oldest first, optionally of some types only."""
        wanted = tuple(types)
        sql = f"{_ACCOUNT}{_among(wanted)} ORDER BY seq"
        return [recorded(row) for row in self._rows(sql, (account, after, *wanted))]

    def hash_at(self, seq: int) -> str | None:
        """The stored hash of one event; None if there is no such event."""
        return hash_at(self._db, seq)

    def of_session(self, session_id: str) -> list[Recorded]:
        """Events of the session's own, its orders' and its calls' streams, in the order of the journal."""
        rows = self._rows(_SESSION, (session_id, ids.session_stream(session_id)))
        return [recorded(row) for row in rows]

    def events(self, after: int = 0, types: Iterable[str] = ()) -> Iterator[Recorded]:
        """All events after ``seq``, oldest first, optionally of some types only.

        Raises:
            JournalCorrupt: an event is not what its hash says, or (where every type is wanted) does not
                follow the one before it.
        """
        wanted = tuple(types)
        sql = f"{_EVENTS} WHERE seq > ?{_among(wanted)} ORDER BY seq LIMIT {_PAGE}"
        reached = None if wanted else self._place(after)
        while rows := self._rows(sql, (after, *wanted)):
            if reached is not None:
                reached = _linked(reached, rows)
            yield from map(recorded, rows)
            after = rows[-1][0]

    def _place(self, seq: int) -> Head:
        """Where the chain is at ``seq``. Nothing can follow an event that is not there."""
        return Head(seq, hash_at(self._db, seq) or "") if seq else GENESIS

    def blob(self, sha256_hex: str) -> bytes | None:
        """Bytes by their sha256.

        Raises:
            JournalCorrupt: what is stored under it has another sha256 (``BLOB_MISMATCH``).
        """
        rows = self._rows("SELECT body FROM blobs WHERE sha256 = ?", (sha256_hex,))
        if not rows:
            return None
        body = rows[0][0]
        if not isinstance(body, bytes) or sha256(body).hexdigest() != sha256_hex:
            raise _changed("a stored data series was changed", "BLOB_MISMATCH")
        return body

    def ticket(self, ticket_id: str) -> TicketRow | None:
        """The ticket, in whatever state it is."""
        rows = self._rows(f"{_TICKET} WHERE ticket_id = ?", (ticket_id,))
        return _ticket(rows[0]) if rows else None

    def tickets_of_intent(self, intent_id: str) -> list[TicketRow]:
        """All tickets of an intent, revoked ones included, in the order they were issued."""
        rows = self._rows(f"{_TICKET} WHERE intent_id = ? ORDER BY rowid", (intent_id,))
        return [_ticket(row) for row in rows]

    def open_tickets(self, account: str) -> list[TicketRow]:
        """Issued, not used, not revoked, in the order they were issued; expired ones included."""
        sql = f"{_TICKET} WHERE account = ? AND used_at IS NULL AND revoked = 0 ORDER BY rowid"
        return [_ticket(row) for row in self._rows(sql, (account,))]


def _among(types: tuple[str, ...]) -> str:
    """A condition on the event's type; none where every type is wanted."""
    return f" AND event_type IN ({', '.join('?' * len(types))})" if types else ""
