"""Where things lie below DESK_HOME."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from msgspec import Struct

from desk.errors import ConfigError


class Home(Struct, frozen=True):
    """A directory only its owner may read. ``made`` creates it; everything else only names files."""

    path: Path

    @property
    def journal(self) -> Path:
        return self.path / "journal.db"

    @property
    def halt(self) -> Path:
        return self.path / "HALT"

    @property
    def paper(self) -> Path:
        return self.path / "paper.db"

    @property
    def slack(self) -> Path:
        return self.path / "slack.db"

    @property
    def cache(self) -> Path:
        return self.path / "cache.db"

    @property
    def records(self) -> Path:
        return self.path / "records"

    @property
    def settings(self) -> Path:
        return self.path / "desk.toml"

    def lock(self, session_id: str) -> Path:
        return self.path / "run" / f"{session_id}.lock"

    def made(self) -> Home:
        """Create the directory if it is not there.

        Raises:
            ConfigError: it is a file, or cannot be made or entered.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.path / "run").mkdir(exist_ok=True, mode=0o700)
            entered = os.access(self.path, os.R_OK | os.W_OK | os.X_OK)
        except OSError as error:
            raise ConfigError(
                f"DESK_HOME {self.path} cannot be used",
                why=os.strerror(error.errno or 0),
                fix="Point DESK_HOME at a directory you own",
            ) from None
        if not entered or not stat.S_ISDIR(self.path.stat().st_mode):
            raise ConfigError(f"DESK_HOME {self.path} is not a directory you can write to")
        return self
