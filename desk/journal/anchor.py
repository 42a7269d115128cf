"""The head anchor: where the journal was, signed, in a file outside it.

A chain alone cannot tell that its newest events were cut off, or that the whole file was put back to
an older state. The anchor can. It is written after each commit into one of two slots in turn, and
not synced: a crash may leave it behind the journal, and never ahead of it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from desk.domain.canonical import written
from desk.errors import JournalCorrupt, JournalError, JournalUnavailable
from desk.journal.chain import GENESIS, Head, hash_at, head
from desk.journal.document import parse
from desk.journal.key import Key, sync_directory

SLOT_BYTES = 4096
#: How long to wait for another process that is opening, or writing the anchor, in steps of one millisecond.
OPEN_PATIENCE_MS = 5000
WRITE_PATIENCE_MS = 20
_PURPOSE = "anchor"


class Slots(Protocol):
    """Two slots of ``SLOT_BYTES``, and a lock that only one holder in any process has."""

    def read(self) -> tuple[bytes, bytes]: ...
    def write(self, slot: int, body: bytes) -> None: ...
    def sync(self) -> None: ...
    def lock(self, patience_ms: int) -> bool: ...
    def unlock(self) -> None: ...
    def close(self) -> None: ...


class MemorySlots:
    """Slots of a journal in memory."""

    def __init__(self) -> None:
        self._slots = [b"", b""]

    def read(self) -> tuple[bytes, bytes]:
        return self._slots[0], self._slots[1]

    def write(self, slot: int, body: bytes) -> None:
        self._slots[slot] = body

    def sync(self) -> None:
        """Nothing to sync."""

    def lock(self, patience_ms: int) -> bool:
        return True

    def unlock(self) -> None:
        """Nothing to unlock: nobody else can see it."""

    def close(self) -> None:
        """Nothing to close."""


class FileSlots:
    """Slots in a file. ``flock`` belongs to this opening of it, so two journals in one process differ."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        flags = os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT
        self._path = path
        try:
            self._file = os.open(path, flags | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if read_only and isinstance(error, FileNotFoundError):
                raise
            raise _unusable(path, error) from None

    def read(self) -> tuple[bytes, bytes]:
        try:
            both = os.pread(self._file, 2 * SLOT_BYTES, 0)
        except OSError as error:
            raise _unusable(self._path, error) from None
        return both[:SLOT_BYTES], both[SLOT_BYTES:]

    def write(self, slot: int, body: bytes) -> None:
        os.pwrite(self._file, body, slot * SLOT_BYTES)

    def sync(self) -> None:
        os.fsync(self._file)
        sync_directory(self._path.parent)

    def lock(self, patience_ms: int) -> bool:
        for _ in range(patience_ms):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.001)
            else:
                return True
        return False

    def unlock(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._file)


def _unusable(path: Path, error: OSError) -> JournalUnavailable:
    return JournalUnavailable(
        f"{path} cannot be used", why=os.strerror(error.errno or 0), fix="Check the permissions of the home"
    )


class Mark(NamedTuple):
    """What one slot says. ``n`` counts the writes; the parity of ``n`` is the slot."""

    head: Head
    n: int


class Anchor:
    """The signed mark, read at start and moved after each commit."""

    def __init__(self, slots: Slots, key: Key) -> None:
        self._slots = slots
        self._key = key
        #: What each slot held when it was last looked at, and what that says: most often it still does.
        self._known: list[tuple[bytes, Mark | None]] = [(b"", None), (b"", None)]

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Held while a home is set up, so that two programs that start at once do it one after the other."""
        if not self._slots.lock(OPEN_PATIENCE_MS):
            raise JournalUnavailable(
                "the journal cannot be opened",
                why="another program has been opening it for some seconds",
                fix="Try again when it has finished",
            )
        try:
            yield
        finally:
            self._slots.unlock()

    def start(self) -> None:
        """Write the mark of an empty journal, durably, before its first event can exist."""
        for n in (0, 1):
            self._write(Mark(GENESIS, n))
        self._slots.sync()

    def latest(self) -> Mark | None:
        """The genuine mark with the highest ``seq``; None if nothing was ever written.

        Raises:
            JournalCorrupt: there are marks, and none of them is genuine (``ANCHOR_FORGED``).
        """
        self._look()
        marks = [mark for _, mark in self._known if mark is not None]
        if marks:
            return max(marks, key=lambda mark: (mark.head.seq, mark.n))
        if any(body.strip(b"\0") for body, _ in self._known):
            raise _broken("ANCHOR_FORGED", "its anchor is not signed with this home's key")
        return None

    def doubtful(self) -> bool:
        """True if a slot holds something that is not a genuine mark: a torn write, or a forgery."""
        self._look()
        return any(body.strip(b"\0") and mark is None for body, mark in self._known)

    def advance(self, head: Head) -> bool:
        """Move the mark to ``head``, never backwards. False if it stays behind, which the next one mends.

        It must not raise: the commit it follows has happened, and the caller must know that.
        """
        try:
            if not self._slots.lock(WRITE_PATIENCE_MS):
                return False
            try:
                mark = self.latest()
                if mark is not None and mark.head.seq < head.seq:
                    self._write(Mark(head, mark.n + 1))
                return mark is not None
            finally:
                self._slots.unlock()
        except (OSError, JournalError):
            # A slot that cannot be read or was tampered with stays as it is: the next start reports it.
            return False

    def close(self) -> None:
        self._slots.close()

    def _write(self, mark: Mark) -> None:
        text = written({"hash": mark.head.hash, "n": mark.n, "seq": mark.head.seq})
        body = f"{text}\n{self._key.mac(_PURPOSE, text)}\n".encode().ljust(SLOT_BYTES, b"\0")
        self._slots.write(mark.n % 2, body)
        self._known[mark.n % 2] = body, mark

    def _look(self) -> None:
        """Read both slots; what has changed since the last look is verified."""
        for slot, body in enumerate(self._slots.read()):
            if body != self._known[slot][0]:
                self._known[slot] = body, self._mark(body)

    def _mark(self, body: bytes) -> Mark | None:
        try:
            text, mac, rest = body.rstrip(b"\0").decode("ascii").split("\n")
        except ValueError:
            return None
        if rest or not self._key.verifies(_PURPOSE, text, mac):
            return None
        fields = parse(text)
        seq, n, digest = fields["seq"], fields["n"], fields["hash"]
        if not isinstance(seq, int) or not isinstance(n, int) or not isinstance(digest, str):
            return None
        return Mark(Head(seq, digest), n)


def check(db: sqlite3.Connection, mark: Mark | None) -> None:
    """See that the journal holds what its anchor has seen; it may hold more.

    Read the mark before the database: a commit in between puts the database ahead, never the mark.

    Raises:
        JournalCorrupt: ``ANCHOR_MISSING``, ``ANCHOR_AHEAD`` or ``ANCHOR_MISMATCH``.
    """
    newest = head(db)
    if mark is None:
        if newest.seq:
            raise _broken("ANCHOR_MISSING", "its anchor is gone, so its newest events could be cut off")
        return
    if mark.head.seq > newest.seq:
        raise ahead(mark)
    if mark.head.seq and hash_at(db, mark.head.seq) != mark.head.hash:
        raise _broken("ANCHOR_MISMATCH", f"event {mark.head.seq} is not the one its anchor has seen")


def ahead(mark: Mark) -> JournalCorrupt:
    """The anchor has seen events that the journal does not hold."""
    return _broken("ANCHOR_AHEAD", f"it ends before event {mark.head.seq}, which its anchor has seen")


def _broken(code: str, why: str) -> JournalCorrupt:
    return JournalCorrupt(
        "the journal is not the one this home has written",
        why=why,
        fix="Restore key, journal.db and journal.anchor from one backup",
        code=code,
    )
