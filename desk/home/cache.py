"""The decision cache: analysts' replies of lately, in a small file of their own beside the journal.

A convenience and no record: whatever is wrong with the file, it counts as empty. What is read from it is
a model's text like any other, and is checked like any other.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct

Found = TypeVar("Found")

#: Seconds another process may keep us waiting before the cache counts as empty.
_BUSY_S: Final = 0.5
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, content TEXT NOT NULL, prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL, kept_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID"""
_WANTED: Final = """
SELECT content, prompt_tokens, completion_tokens, kept_at FROM replies
WHERE key = ? AND kept_at BETWEEN ? AND ? AND expires_at > ?"""


class Kept(Struct, frozen=True, kw_only=True):
    """A reply's text, what it cost when it was asked for, and when that was (to the second)."""

    content: str
    prompt_tokens: int
    completion_tokens: int
    kept_at: datetime


class DecisionCache:
    """Replies by key, each for ``ttl_s`` seconds. Connections last for one call, so nobody must close it.

    Args:
        path: the file; made on the first call, for its owner alone.
        ttl_s: a reply of this age or older is not served, and one kept now is removed then.
        unusable: told once that the file is damaged, locked or not writable; it is not used again.
    """

    def __init__(self, path: Path, ttl_s: int, unusable: Callable[[], None]) -> None:
        self._path = path
        self._ttl_s = ttl_s
        self._unusable = unusable
        self._usable = True

    def get(self, key: str, now: datetime) -> Kept | None:
        """The reply under ``key``; None if there is none, it has expired, or it is from the future."""
        at = _seconds(now)
        oldest = at - self._ttl_s + 1
        return self._with_file(
            lambda db: _kept(db.execute(_WANTED, (key, oldest, at, at)).fetchone()),
        )

    def put(self, key: str, kept: Kept) -> None:
        """Keep a reply, and remove those that have expired."""
        at = _seconds(kept.kept_at)
        row = (key, kept.content, kept.prompt_tokens, kept.completion_tokens, at, at + self._ttl_s)

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM replies WHERE expires_at <= ?", (at,))
            db.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?)", row)

        self._with_file(write)

    def _with_file(self, work: Callable[[sqlite3.Connection], Found]) -> Found | None:
        if not self._usable:
            return None
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            with closing(sqlite3.connect(self._path, timeout=_BUSY_S)) as db, db:
                db.execute(_TABLE)
                return work(db)
        except (sqlite3.Error, OSError, ValueError, OverflowError):
            self._usable = False
            self._unusable()
            return None


def _kept(row: tuple[object, ...] | None) -> Kept | None:
    """One row; ValueError if it is not one we wrote."""
    match row:
        case None:
            return None
        case (str() as content, int() as prompt_tokens, int() as completion_tokens, int() as at):
            return Kept(
                content=content,
                prompt_tokens=prompt_tokens,
                completion_tokens=completion_tokens,
                kept_at=datetime.fromtimestamp(at, UTC),
            )
    raise ValueError("a row of another make")


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
