"""One process a session: an advisory lock that the kernel drops when the process is gone."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from desk.errors import UsageError


class SessionLock:
    """Held while a process works on a session.

    Raises (on entering):
        UsageError: another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> SessionLock:
        if not self.acquire():
            raise UsageError(
                "another process is working on this session",
                fix="Wait for it, or stop it; nothing was done",
                code="SESSION_BUSY",
            )
        return self

    def acquire(self) -> bool:
        """Take it if it is free."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            if self._is_current(descriptor):
                self._descriptor = descriptor
                return True
            os.close(descriptor)

    def _is_current(self, descriptor: int) -> bool:
        """Is the locked file still the one at the path? Its last holder may have removed it meanwhile."""
        try:
            return os.stat(self._path).st_ino == os.fstat(descriptor).st_ino
        except FileNotFoundError:
            return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Let go. The file is removed while it is still locked, so that no two can hold one each."""
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None
