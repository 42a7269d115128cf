"""One immediate transaction: what it reads is what it writes against, and it commits whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING, Any

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
from desk.ports import ANY, NewEvent, Recorded, TicketRow

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
        if self._over or not self._db.in_transaction:
            raise JournalUnavailable(
                "nothing can be recorded", why="the transaction is over", fix="Start another one"
            )

    def version(self, stream_id: str) -> int:
        """Number of events in a stream; 0 if it does not exist."""
        known = self._versions.get(stream_id)
        if known is None:
            known = self._versions[stream_id] = super().version(stream_id)
        else:
            self._require_life()
        return known

    def stream(self, stream_id: str, after: int = 0) -> list[Recorded]:
        """See ``Reader.stream``. What is known to be empty from there on is not looked for."""
        if self._versions.get(stream_id) == after:
            self._require_life()
            return []
        return super().stream(stream_id, after)

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
        rows, head = self._rows_of(stream_id, version, events)
        try:
            self._db.executemany(_INSERT_EVENT, rows)
        except BaseException as error:
            # Some of these events may be in: a caller that goes on regardless must not commit them.
            self.end()
            if isinstance(error, RAISED):
                raise translated(error) from None
            raise
        version += len(rows)
        self.head, self._versions[stream_id] = head, version
        return version

    def _rows_of(
        self, stream_id: str, version: int, events: Sequence[NewEvent]
    ) -> tuple[list[tuple[Any, ...]], Head]:
        """The rows of these events after ``version`` of their stream, and where they bring the head."""
        seq, digest = self.head
        kind = ids.stream_type(stream_id)
        rows = []
        for new in events:
            seq, version, previous = seq + 1, version + 1, digest
            event_type, schema_version, data = encode(new.event)
            at, metadata = timestamp(new.occurred_at), _metadata(new, event_type)
            what = (event_type, schema_version, data, metadata, at, previous)
            place = (seq, new.event_id, stream_id, kind, version)
            digest = hash_of((*place, *what, ""))
            rows.append((*place, *what, digest))
        return rows, Head(seq, digest)

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


def _metadata(new: NewEvent, event_type: str) -> str:
    metadata: dict[str, Json] = {"topic": TOPICS[event_type]}
    if new.account is not None:
        metadata["account"] = new.account
    if new.session_id is not None:
        metadata["session"] = new.session_id
    return written(metadata)
