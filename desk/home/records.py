"""Sessions that are not this home's own acts: imported records and forks, a file each.

They lie beside the journal and never in it: no fold of accounts, orders, limits or breakers can meet them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from desk.errors import UsageError

SUFFIX = ".jsonl"


class RecordFiles:
    """The directory ``records`` of a home."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, session_id: str) -> Path:
        return self._directory / f"{session_id}{SUFFIX}"

    def names(self) -> list[str]:
        """Ids of the sessions here, oldest file first."""
        if not self._directory.is_dir():
            return []
        files = sorted(self._directory.glob(f"ses_*{SUFFIX}"), key=lambda one: (one.stat().st_mtime_ns, one))
        return [one.name.removesuffix(SUFFIX) for one in files]

    def lines(self, session_id: str) -> Iterator[bytes]:
        """The lines of a file; none if there is no such session here."""
        path = self.path(session_id)
        if path.is_file():
            with path.open("rb") as file:
                yield from file

    def keep(self, session_id: str, lines: Iterable[bytes]) -> Path:
        """Write a file for its owner alone, whole or not at all.

        Raises:
            UsageError: the directory cannot be written.
        """
        path = self.path(session_id)
        draft = path.with_suffix(".draft")
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be written",
                why=os.strerror(error.errno or 0),
                fix="Check the permissions and the space of DESK_HOME",
            ) from None
        return path
