"""Two signatures inside the database: the seal of its head, and checkpoints of what was verified.

The chain is made of plain hashes, so anybody who can write to the file could add an event that fits.
The *seal* signs (seq, hash) of the head in the transaction that moves it: an event nobody with the
key wrote is noticed before the next one is read or written. A *checkpoint* says that the chain was
verified up to there. It is a cache: without it, or with a forged one, a start verifies more and
finds the same.
"""

from __future__ import annotations

import sqlite3

from desk.errors import JournalCorrupt
from desk.journal.chain import GENESIS, Head
from desk.journal.faults import EDGE
from desk.journal.key import Key

_SEAL = "seal"
_CHECKPOINT = "checkpoint"
_SEAL_AND_HEAD = """SELECT s.seq, s.hash, s.mac, e.seq, e.hash FROM seal s
  LEFT JOIN events e ON e.seq = (SELECT max(seq) FROM events) WHERE s.id = 1"""
_NOTHING = (GENESIS.seq, GENESIS.hash)


def mac(key: Key, place: Head) -> str:
    """The seal of one head."""
    return key.mac(_SEAL, place.text())


class Seal:
    """The seal of one database."""

    def __init__(self, db: sqlite3.Connection, key: Key) -> None:
        self._db = db
        self._key = key

    def head(self) -> Head:
        """The head, proven to have been written by a holder of the key.

        Raises:
            JournalCorrupt: ``SEAL_MISSING``, ``SEAL_FORGED``, or ``SEAL_MISMATCH`` when events were
                added or removed behind its back.
        """
        with EDGE:
            row = self._db.execute(_SEAL_AND_HEAD).fetchone()
        if row is None:
            raise _unsealed("SEAL_MISSING", "the signature of its newest event is gone")
        sealed, newest = row[:3], row[3:]
        if _genuine(self._key, _SEAL, sealed) is None:
            raise _unsealed("SEAL_FORGED", "its newest event is not signed with this home's key")
        if sealed[:2] != (newest if newest[0] is not None else _NOTHING):
            raise _unsealed("SEAL_MISMATCH", "events were added or removed by another program")
        return Head(*sealed[:2])

    def put(self, place: Head) -> None:
        """Sign the head, in the transaction that moved it."""
        row = (place.seq, place.hash, mac(self._key, place))
        with EDGE:
            self._db.execute("UPDATE seal SET seq = ?, hash = ?, mac = ? WHERE id = 1", row)


def sealed_head(db: sqlite3.Connection, key: Key) -> Head:
    """The head, proven; see ``Seal.head``."""
    return Seal(db, key).head()


def checkpoint(db: sqlite3.Connection, key: Key) -> Head:
    """The last genuine checkpoint that the events still bear out; the beginning if there is none."""
    with EDGE:
        rows = db.execute(
            "SELECT c.seq, c.hash, c.mac FROM checkpoints c JOIN events e ON e.seq = c.seq"
            " AND e.hash = c.hash ORDER BY c.seq DESC LIMIT 100"
        ).fetchall()
    genuine = (_genuine(key, _CHECKPOINT, row) for row in rows)
    return next((place for place in genuine if place is not None), GENESIS)


def put_checkpoint(db: sqlite3.Connection, key: Key, place: Head) -> None:
    """Note that the chain is verified up to ``place``; older notes go, for they say less."""
    with EDGE:
        db.execute("DELETE FROM checkpoints")
        db.execute(
            "INSERT INTO checkpoints VALUES (?, ?, ?)",
            (place.seq, place.hash, key.mac(_CHECKPOINT, place.text())),
        )


def _genuine(key: Key, purpose: str, row: tuple[object, ...]) -> Head | None:
    """The place in a row of (seq, hash, mac), if we signed it."""
    seq, digest, signature = row
    if not isinstance(seq, int) or not isinstance(digest, str):
        return None
    place = Head(seq, digest)
    return place if key.verifies(purpose, place.text(), signature) else None


def _unsealed(code: str, why: str) -> JournalCorrupt:
    return JournalCorrupt(
        "the journal's head is not genuine",
        why=why,
        fix="Run `desk verify`; nothing may trade on this journal",
        code=code,
    )
