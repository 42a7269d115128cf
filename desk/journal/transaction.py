"""One immediate transaction: what it reads is what it writes against, and it commits whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from desk.domain import ids
from desk.domain.canonical import timestamp, written
from desk.domain.events import TOPICS
from desk.errors import JournalUnavailable, VersionConflict
from desk.journal.chain import COLUMNS, Head, hash_of
from desk.journal.codec import encode
from desk.journal.faults import RAISED, translated
from desk.journal.proof import Proof
from desk.journal.reader import Reader
from desk.journal.schema import TICKET_COLUMNS
from desk.ports import ANY, NewEvent, TicketRow

if TYPE_CHECKING:
    from desk.domain.canonical import Json

_INSERT_EVENT = f"INSERT INTO events ({COLUMNS}) VALUES ({', '.join('?' * 12)})"
_INSERT_TICKET = (
    f"INSERT INTO tickets ({', '.join(TICKET_COLUMNS)}) VALUES ({', '.join('?' * len(TICKET_COLUMNS))})"
)
_TICKET_VALUES = attrgetter(*TICKET_COLUMNS)
_STILL_OPEN = "WHERE ticket_id = ? AND used_at IS NULL AND revoked = 0"


class SqliteTransaction(Reader):
    """Made by ``SqliteJournal.transaction``, which begins and ends it.

    Args:
        head: the journal's head when the transaction began, already proven genuine.
        proof: what its connection has seen of the chain.
        versions: those of streams that are known at this head; what is seen or made here is added.
    """

    durable = True

    def __init__(self, db: sqlite3.Connection, head: Head, proof: Proof, versions: dict[str, int]) -> None:
        super().__init__(db)
        self.head = head
        self._proof = proof
        self._over = False
        self._versions = versions

    def end(self) -> None:
        """Refuse everything from now on."""
        self._over = True

    @property
    def alive(self) -> bool:
        """False once it ended, or SQLite took it back (a full disk does that) although nobody asked."""
        return not self._over and self._db.in_transaction

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        self._require_life()
        return super()._rows(sql, values)

    def _write(self, sql: str, values: Sequence[object]) -> int:
        """Run one statement; return how many rows it changed."""
        self._require_life()
        try:
            return self._db.execute(sql, values).rowcount
        except RAISED as error:
            raise translated(error) from None

    def _require_life(self) -> None:
        if not self.alive:
            raise JournalUnavailable(
                "nothing can be recorded", why="the transaction is over", fix="Start another one"
            )

    def version(self, stream_id: str) -> int:
        """Number of events in a stream; 0 if it does not exist."""
        self._require_life()
        if stream_id not in self._versions:
            self._versions[stream_id] = super().version(stream_id)
        return self._versions[stream_id]

    def append(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int:
        """Append and return the stream's new version.

        ``expected`` is ``EMPTY``, ``ANY``, or the version the stream must be at.

        Raises:
            VersionConflict: the stream is not at ``expected``; or an event's id is in use.
            JournalError: an event has no canonical form.
        """
        version = self.version(stream_id)
        if expected not in (ANY, version):
            raise VersionConflict(
                f"{ascii(stream_id)[:80]} is at version {version}, not {expected}",
                why="something was recorded since it was read",
                fix="Read it again",
            )
        rows = [_columns(new) for new in events]
        try:
            for row in rows:
                version += 1
                self._insert(stream_id, version, row)
        except BaseException:
            # Some of these events may be in: a caller that goes on regardless must not commit them.
            self.end()
            raise
        self._versions[stream_id] = version
        return version

    def _insert(self, stream_id: str, version: int, row: _Columns) -> None:
        seq, previous = self.head.seq + 1, self.head.hash
        place = (stream_id, ids.stream_type(stream_id), version)
        values = (seq, row.event_id, *place, *row[1:], previous)
        digest = hash_of((*values, ""))
        self._write(_INSERT_EVENT, (*values, digest))
        self.head = Head(seq, digest)

    def prove(self, stream_id: str) -> None:
        """Follow the chain from the stream's first event to the head; see ``Proof.stream``."""
        self._require_life()
        self._proof.stream(stream_id)

    def insert_ticket(self, row: TicketRow) -> None:
        """Store a ticket.

        Raises:
            VersionConflict: its intent has a ticket for this attempt that is not revoked, or its id exists.
        """
        self._write(_INSERT_TICKET, _TICKET_VALUES(row))

    def burn_ticket(self, ticket_id: str, used_at: str) -> bool:
        """Mark used. False if it does not exist, or was used or revoked already."""
        return self._write(f"UPDATE tickets SET used_at = ? {_STILL_OPEN}", (used_at, ticket_id)) == 1

    def revoke_ticket(self, ticket_id: str) -> None:
        """Make it unusable for ever. One that was used or revoked stays as it is."""
        self._write(f"UPDATE tickets SET revoked = 1 {_STILL_OPEN}", (ticket_id,))

    def put_blob(self, body: bytes) -> str:
        """Store bytes by their sha256, which is returned."""
        digest = sha256(body).hexdigest()
        self._write("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (digest, body))
        return digest


class _Columns(NamedTuple):
    """What an event brings along itself; its place comes from the journal."""

    event_id: str
    event_type: str
    schema_version: int
    data: str
    metadata: str
    occurred_at: str


def _columns(new: NewEvent) -> _Columns:
    event_type, schema_version, data = encode(new.event)
    metadata: dict[str, Json] = {"topic": TOPICS[event_type]}
    if new.account is not None:
        metadata["account"] = new.account
    if new.session_id is not None:
        metadata["session"] = new.session_id
    occurred_at = timestamp(new.occurred_at)
    return _Columns(new.event_id, event_type, schema_version, data, written(metadata), occurred_at)
