"""The key of a home: 32 random bytes that sign what a writer to the database must not be able to forge."""

from __future__ import annotations

import hmac
import os
import stat
from pathlib import Path

from desk.errors import ConfigError, JournalCorrupt, JournalUnavailable

FILE = "key"
ANCHOR_FILE = "journal.anchor"
_BYTES = 32


class Key:
    """A secret that signs. It never shows itself: not in a repr, an error, a pickle or a copy."""

    __slots__ = ("_begun",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != _BYTES:
            raise ConfigError(f"a key is {_BYTES} bytes", fix="Restore the home's key file from a backup")
        self._begun = hmac.new(secret, digestmod="sha256")

    @classmethod
    def fresh(cls) -> Key:
        """A key that nobody has: for a journal that is thrown away."""
        return cls(os.urandom(_BYTES))

    def mac(self, purpose: str, message: str) -> str:
        """Hex HMAC-SHA256 of ``message`` for one purpose; that of another purpose never verifies."""
        signing = self._begun.copy()
        signing.update(f"{purpose}\0{message}".encode())
        return signing.hexdigest()

    def verifies(self, purpose: str, message: str, mac: object) -> bool:
        """True iff ``mac`` is ours, compared in constant time."""
        return isinstance(mac, str) and mac.isascii() and hmac.compare_digest(self.mac(purpose, message), mac)

    def __repr__(self) -> str:
        return "Key(…)"

    def __reduce__(self) -> str:
        raise TypeError("a key cannot be copied or pickled")


def load(home: Path) -> Key:
    """The key of an existing home.

    Raises:
        ConfigError: others may read the file, or it is not a key.
        JournalCorrupt: there is none (``KEY_MISSING``).
    """
    path = home / FILE
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            secret = file.read(_BYTES + 1)
    except FileNotFoundError:
        raise JournalCorrupt(
            "the home's key is gone",
            why="nothing in its journal can be proven genuine without it",
            fix=f"Restore {path} from a backup",
            code="KEY_MISSING",
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read", why=_cause(error), fix="Check its permissions") from None
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigError(f"{path} can be read by others", fix=f"Run: chmod 600 {path}")
    if len(secret) != _BYTES:
        raise ConfigError(f"{path} is not a key of {_BYTES} bytes", fix="Restore it from a backup")
    return Key(secret)


def load_or_create(home: Path) -> Key:
    """The home's key; a new one in a new home, which is created for its owner alone (0700, file 0600).

    Raises:
        ConfigError: as ``load``.
        JournalCorrupt: the key is gone while the journal it signed is still there (``KEY_MISSING``).
        JournalUnavailable: the home cannot be created or written.
    """
    create_home(home)
    if not (home / FILE).exists() and not (home / ANCHOR_FILE).exists():
        try:
            _create(home)
        except OSError as error:
            raise JournalUnavailable(
                f"no key can be written to {home}", why=_cause(error), fix="Check its permissions and space"
            ) from None
    return load(home)


def create_home(home: Path) -> None:
    """Make the directory, for its owner alone, unless it is there."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise JournalUnavailable(
            f"{home} cannot be used as a home", why=_cause(error), fix="Point DESK_HOME at a directory"
        ) from None


def sync_directory(home: Path) -> None:
    """Make the names of new files survive a power loss."""
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _create(home: Path) -> None:
    """Write beside, then link: of two processes that start at once, one key wins, and it is whole."""
    # Imported here: a key is made once in a home's life, and its import costs every command's start.
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix=".key-", dir=home)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, home / FILE)
        except FileExistsError:
            return
        sync_directory(home)
    finally:
        draft.unlink()


def _cause(error: OSError) -> str:
    """The system's own short name of an error number, which is no foreign prose."""
    return os.strerror(error.errno) if error.errno else "the system refused"
