"""Where SQLite's errors become the desk's: once, by number, without a word of their text."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Final

from desk.errors import JournalCorrupt, JournalError, JournalUnavailable, VersionConflict

_VERIFY = "Run `desk verify`"

#: What each primary result code means for someone who keeps a journal.
_UNAVAILABLE: Final = {
    sqlite3.SQLITE_BUSY: ("another program holds its lock", "Try again when it has finished"),
    sqlite3.SQLITE_LOCKED: ("another program holds its lock", "Try again when it has finished"),
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space and try again"),
    sqlite3.SQLITE_READONLY: ("it is read-only", "Check the permissions of the home"),
    sqlite3.SQLITE_PERM: ("its permissions forbid it", "Check the permissions of the home"),
    sqlite3.SQLITE_CANTOPEN: ("its file cannot be opened", "Check that the home exists and is writable"),
    sqlite3.SQLITE_IOERR: ("the disk reported an error", "Check the disk"),
    sqlite3.SQLITE_NOMEM: ("there is not enough memory", "Close other programs and try again"),
}
_CORRUPT: Final = {
    sqlite3.SQLITE_CORRUPT: "its file is damaged",
    sqlite3.SQLITE_NOTADB: "its file is not a database",
    sqlite3.SQLITE_ERROR: "its tables do not hold what they must",
    sqlite3.SQLITE_TOOBIG: "its file is damaged",
    sqlite3.SQLITE_MISMATCH: "its tables do not hold what they must",
}
_REPEATED: Final = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)


#: What a call of SQLite raises.
RAISED: Final = (sqlite3.Error, UnicodeError)


def translated(error: Exception) -> JournalError:
    """The desk's error for one of ``RAISED``."""
    if isinstance(error, UnicodeEncodeError):
        return JournalError("text that is not Unicode cannot be recorded", code="ROW_REFUSED")
    if not isinstance(error, sqlite3.Error):
        # Python fails to read SQLite's own message when a damaged file lends it a name.
        return _damaged()
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return _without_code(error)
    if code in _REPEATED:
        return VersionConflict("this has been recorded already", code="ALREADY_RECORDED")
    primary = code & 0xFF
    if primary in _UNAVAILABLE:
        why, fix = _UNAVAILABLE[primary]
        return JournalUnavailable("the journal cannot be used", why=why, fix=fix)
    if primary in _CORRUPT:
        return JournalCorrupt("the journal cannot be read", why=_CORRUPT[primary], fix=_VERIFY)
    return JournalError("the journal refused a row", why="it breaks a rule of its table", code="ROW_REFUSED")


def _without_code(error: sqlite3.Error) -> JournalError:
    """Errors of Python's own layer: text that is not UTF-8, or a connection used when or where it may not."""
    if isinstance(error, sqlite3.ProgrammingError):
        return JournalUnavailable(
            "the journal cannot be used", why="it was closed, or belongs to another thread"
        )
    return _damaged()


def _damaged() -> JournalCorrupt:
    return JournalCorrupt("the journal cannot be read", why="its file is damaged", fix=_VERIFY)


class _Edge:
    """``with EDGE:`` lets no error of SQLite through. Holds no state, so one serves all."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, RAISED):
            raise translated(error) from None


EDGE: Final = _Edge()
