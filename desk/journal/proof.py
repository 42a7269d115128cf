"""What this connection has seen of the chain: it is followed again only where somebody else wrote."""

from __future__ import annotations

import sqlite3

from desk.journal.chain import GENESIS, before_stream, follow
from desk.journal.faults import EDGE


class Proof:
    """A stretch of the chain that was followed to a genuine head.

    SQLite counts the commits of other connections (``PRAGMA data_version``). While that number stands,
    only this connection has written, and each row it wrote was hashed onto the one before.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._others = -1
        self._since = self._until = GENESIS

    def stream(self, stream_id: str) -> None:
        """See that the events from the stream's first one to the head, which is genuine, fit their chain.

        Raises:
            JournalCorrupt: at the first event that does not fit.
        """
        start = before_stream(self._db, stream_id)
        with EDGE:
            (others,) = self._db.execute("PRAGMA data_version").fetchone()
        if others != self._others or start.seq < self._since.seq:
            self._others, self._since, self._until = others, start, start
        self._until = follow(self._db, self._until)

    def forget(self) -> None:
        """After a rollback: what was followed in it may never have been."""
        self._others = -1
