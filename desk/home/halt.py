"""The stop switch: a file. There is, unreadable, or in doubt: halted."""

from __future__ import annotations

import json
import os
from pathlib import Path

from desk.errors import ConfigError


class HaltFile:
    """``desk.ports.HaltSwitch`` over ``DESK_HOME/HALT``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def halted(self) -> bool:
        try:
            os.lstat(self._path)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def hard(self) -> bool:
        """Halted, and the file says hard or cannot be read."""
        return self.halted() and self.read().get("hard") is not False

    def read(self) -> dict[str, object]:
        """What the file says; empty if it says nothing that can be read."""
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def halt(self, reason: str, *, hard: bool = False) -> None:
        """Write the file, whatever else is broken. Never weakens a hard halt.

        Raises:
            ConfigError: it could not be written and the desk is not halted.
        """
        hard = hard or (self.halted() and self.hard())
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.write_text(json.dumps({"reason": reason, "hard": hard}) + "\n", encoding="utf-8")
        except OSError as error:
            if not self.halted():
                raise ConfigError(
                    f"the stop file {self._path} could not be written",
                    why=os.strerror(error.errno or 0),
                    fix="Create it by hand: any file of that name halts the desk",
                ) from None

    def clear(self) -> None:
        """Remove the file: the last step of reopening."""
        self._path.unlink(missing_ok=True)
