"""The journal over one SQLite connection: the only place that begins and ends transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from desk.errors import JournalError, JournalUnavailable
from desk.journal import chain, seal
from desk.journal.anchor import Anchor
from desk.journal.chain import Head
from desk.journal.faults import EDGE
from desk.journal.key import Key
from desk.journal.proof import Proof
from desk.journal.reader import Reader
from desk.journal.transaction import SqliteTransaction
from desk.ports import NewEvent

if TYPE_CHECKING:
    from desk.journal.group import Group
    from desk.journal.verify import Report

#: A checkpoint is due when this many events have come since the chain was last verified.
CHECKPOINT_EVERY: Final = 1000
#: Versions of more streams than this are not kept in memory.
KNOWN_STREAMS: Final = 4096


class SqliteJournal(Reader):
    """See ``desk.ports.Journal``. Open one with ``desk.journal.home``; use it from one thread.

    Args:
        db: a connection in autocommit mode whose schema, chain, seal and anchor have been proven.
        verified: up to where the chain has been verified.
        checkpointed: up to where that has been noted in the database.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        key: Key,
        anchor: Anchor,
        *,
        verified: Head,
        checkpointed: Head,
        read_only: bool = False,
    ) -> None:
        super().__init__(db)
        self._key = key
        self._seal = seal.Seal(db, key)
        self._anchor = anchor
        self._verified = verified
        self._checkpointed = checkpointed
        self._proof = Proof(db)
        #: Where the last transaction left the head, what SQLite counted then as the number of changes by
        #: others, and versions of streams: all of it good while they have made none.
        self._left: Head | None = None
        self._others = 0
        self._versions: dict[str, int] = {}
        self._transaction: SqliteTransaction | None = None
        self._read_only = read_only
        self._closed = False
        self._group: Group | None = None

    @contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        """Commits on leaving, rolls back on an exception; durable once it has returned.

        Raises:
            JournalUnavailable: locked past its timeout, full, read-only.
            JournalCorrupt: the head is not one that a holder of the key wrote.
            JournalError: inside another transaction of this journal (``NESTED_TRANSACTION``).
        """
        if self._transaction is not None:
            raise JournalError(
                "a transaction is open already", fix="Pass it on instead", code="NESTED_TRANSACTION"
            )
        try:
            transaction = self._begin()
            before = transaction.head
            yield transaction
            self._commit(transaction, before)
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._end()
        if transaction.head != before:
            if self._verified == before:
                # Each of these rows was hashed here, onto a head that was verified: nothing is read twice.
                self._verified = transaction.head
            self._anchor.advance(transaction.head)

    def _begin(self) -> SqliteTransaction:
        if self._read_only:
            raise JournalUnavailable("nothing can be recorded", why="the journal was opened for reading")
        with EDGE:
            self._db.execute("BEGIN IMMEDIATE")
            (others,) = self._db.execute("PRAGMA data_version").fetchone()
        head = self._left
        if head is None or others != self._others or len(self._versions) > KNOWN_STREAMS:
            head, self._others, self._versions = self._seal.head(), others, {}
        self._transaction = SqliteTransaction(self._db, head, self._proof, self._versions)
        return self._transaction

    def _commit(self, transaction: SqliteTransaction, before: Head) -> None:
        if not transaction.alive:
            raise JournalUnavailable(
                "nothing was recorded", why="a part of the transaction failed", fix="Try it as a whole"
            )
        if transaction.head != before:
            self._seal.put(transaction.head)
            if transaction.head.seq - self._checkpointed.seq >= CHECKPOINT_EVERY:
                self._put_checkpoint()
        with EDGE:
            self._db.execute("COMMIT")
        self._left = transaction.head

    def _roll_back(self) -> None:
        """Undo, if SQLite has not: on a full disk it does so itself, and a second one would hide why."""
        self._proof.forget()
        self._left = None
        if not self._closed and self._db.in_transaction:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")

    def _end(self) -> None:
        if self._transaction is not None:
            self._transaction.end()
        self._transaction = None

    def _put_checkpoint(self) -> None:
        self._verified = self._checkpointed = chain.follow(self._db, self._verified)
        seal.put_checkpoint(self._db, self._key, self._verified)

    def append(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int:
        """Append in a transaction of its own; see ``SqliteTransaction.append``."""
        with self.transaction() as transaction:
            return transaction.append(stream_id, expected, events)

    async def append_together(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int:
        """Append in one transaction with whoever else does so at the same time; see ``Group.append``."""
        if self._group is None:
            # Imported here: asyncio costs a command that only looks a third of its start.
            from desk.journal.group import Group

            self._group = Group(self)
        return await self._group.append(stream_id, expected, events)

    def head(self) -> tuple[int, str]:
        """(seq, hash) of the newest event; (0, 64 zeros) when there is none."""
        newest = chain.head(self._db)
        return newest.seq, newest.hash

    def verify(self, *, full: bool = True) -> Report:
        """Check everything, or with ``full=False`` what came after the last checkpoint; see ``Report``."""
        if self._transaction is not None:
            raise JournalError("a journal is not verified inside a transaction", code="NESTED_TRANSACTION")
        # Imported here: a command that only looks need not wait for it.
        from desk.journal.verify import examine

        return examine(self._db, self._key, self._anchor, full=full)

    def close(self) -> None:
        """Note what is verified, move the anchor, let go of the files. Closing twice is fine."""
        if self._closed:
            return
        self._roll_back()
        with suppress(JournalError):
            # A checkpoint only saves time: a full disk or a locked file must not fail the way out.
            self._leave()
        self._closed = True
        with EDGE:
            self._db.close()
        self._anchor.close()

    def _leave(self) -> None:
        if self._read_only or chain.head(self._db) == self._checkpointed:
            return
        with self.transaction() as transaction:
            self._put_checkpoint()
        self._anchor.advance(transaction.head)
