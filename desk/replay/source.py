"""Where a record is read from: a journal, or a file that was exported from one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from desk.ports import Recorded


class Source(Protocol):
    """What reading a record needs; every journal has it."""

    def of_session(self, session_id: str) -> Sequence[Recorded]:
        """Events of the session's own, its orders' and its calls' streams, oldest first; none if unknown."""
        ...

    def blob(self, sha256: str) -> bytes | None:
        """A prompt or a data series by its sha256."""
        ...
