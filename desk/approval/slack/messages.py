"""``slack.db``: which card stands where, and which requests were answered. A cache: it holds no decision."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from desk.approval.slack.client import Posted
from desk.errors import ConfigError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cards(
    approval_id TEXT PRIMARY KEY, channel TEXT NOT NULL, ts TEXT NOT NULL, shown TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS seen(request TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
"""


class Messages:
    """Safe over processes; use it from one thread."""

    def __init__(self, path: Path | str) -> None:
        try:
            self._db = sqlite3.connect(path, timeout=2.0, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            raise ConfigError(
                "slack.db cannot be opened", fix="Move it away: it is only a cache", code="SLACK_DB"
            ) from None

    def posted(self, approval_id: str) -> Posted | None:
        row = self._db.execute(
            "SELECT channel, ts FROM cards WHERE approval_id = ? AND shown != 'claimed'", (approval_id,)
        ).fetchone()
        return None if row is None else Posted(*row)

    def claim(self, approval_id: str) -> bool:
        """Take the right to post this card; False if somebody has."""
        sql = "INSERT OR IGNORE INTO cards VALUES (?, '', '', 'claimed')"
        return self._db.execute(sql, (approval_id,)).rowcount == 1

    def sent(self, approval_id: str, posted: Posted) -> None:
        sql = "UPDATE cards SET channel = ?, ts = ?, shown = 'open' WHERE approval_id = ?"
        self._db.execute(sql, (posted.channel, posted.ts, approval_id))

    def unclaim(self, approval_id: str) -> None:
        """It was not sent: somebody may try again."""
        self._db.execute("DELETE FROM cards WHERE approval_id = ? AND shown = 'claimed'", (approval_id,))

    def open_cards(self) -> dict[str, Posted]:
        """Cards that still show buttons and can be changed."""
        rows = self._db.execute(
            "SELECT approval_id, channel, ts FROM cards WHERE shown = 'open' AND ts != ''"
        )
        return {row[0]: Posted(row[1], row[2]) for row in rows}

    def settled(self, approval_id: str) -> None:
        self._db.execute("UPDATE cards SET shown = 'settled' WHERE approval_id = ?", (approval_id,))

    def first_time(self, request: str, at: int, *, forget_before: int) -> bool:
        """Was this request never seen before? What is older than the window cannot come again."""
        self._db.execute("DELETE FROM seen WHERE at < ?", (forget_before,))
        return self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (request, at)).rowcount == 1

    def close(self) -> None:
        self._db.close()
