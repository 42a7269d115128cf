"""Every record a home can show: its own sessions in the journal, imported ones and forks beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from desk.domain import ids
from desk.errors import UsageError
from desk.ports import Journal, Recorded
from desk.replay.portable import PortableRecord, portable
from desk.replay.receiving import received
from desk.replay.record import Record, load
from desk.replay.source import Source


class Files(Protocol):
    """Record files by session id."""

    def names(self) -> Sequence[str]: ...
    def lines(self, session_id: str) -> Iterable[bytes]: ...


class Archive:
    """Finds a session by its id wherever it lies. The journal's own come first."""

    def __init__(self, journal: Journal, files: Files) -> None:
        self.journal = journal
        self._files = files

    def own(self) -> list[str]:
        """Ids of the sessions that this home ran, oldest first."""
        return [str(one.data["session_id"]) for one in self.journal.events(types=("SessionOpened",))]

    def kept(self) -> list[str]:
        """Ids of imported sessions and forks, oldest file first."""
        return list(self._files.names())

    def source(self, session_id: str) -> Source:
        """Where this session is read from.

        Raises:
            UsageError: there is no such session, or its file is damaged.
        """
        if self.journal.of_session(ids.require_id(session_id, ids.SESSION)):
            return self.journal
        return self._file(session_id)

    def portable(self, session_id: str) -> PortableRecord:
        """The record with everything it rests on; see ``source`` for its errors."""
        source = self.source(session_id)
        if isinstance(source, PortableRecord):
            return source
        return portable(source, session_id, self.journal.head())

    def events(self, session_id: str) -> Sequence[Recorded]:
        """All that is known of a session: what a later reconcile found out about its orders too."""
        return self.source(session_id).of_session(session_id)

    def head(self, session_id: str) -> str:
        """The head of the journal that the session is read from."""
        source = self.source(session_id)
        return source.journal_hash if isinstance(source, PortableRecord) else self.journal.head()[1]

    def record(self, session_id: str) -> Record:
        """The record of this session; see ``source`` for its errors."""
        return load(self.source(session_id), session_id)

    def _file(self, session_id: str) -> PortableRecord:
        if session_id not in self._files.names():
            raise UsageError(
                f"there is no session {session_id} here", fix="`desk sessions` lists them", code="NO_SESSION"
            )
        return received(self._files.lines(session_id))
