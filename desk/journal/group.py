"""Group commit: coroutines that append at the same time share a transaction, and so one sync of the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import Struct

from desk.errors import JournalCorrupt, JournalUnavailable
from desk.ports import Journal, NewEvent, Transaction

#: About the journal, not about what one caller appended.
_EVERYBODYS = (JournalUnavailable, JournalCorrupt)


class _Waiting(Struct, eq=False):
    """One caller's events, what has come of them, and where it waits to be told."""

    stream_id: str
    expected: int
    events: Sequence[NewEvent]
    told: asyncio.Future[int]
    outcome: int | Exception = 0

    def attempt(self, tx: Transaction) -> None:
        """Append. A refusal is an outcome as well, as long as the transaction can go on without it."""
        try:
            self.outcome = tx.append(self.stream_id, self.expected, self.events)
        except Exception as error:
            if not tx.alive:
                raise
            self.outcome = error

    def tell(self) -> None:
        """Wake the caller, unless it was cancelled and has left."""
        if self.told.done():
            return
        if isinstance(self.outcome, Exception):
            self.told.set_exception(self.outcome)
        else:
            self.told.set_result(self.outcome)


class Group:
    """Appends of one event loop to one journal.

    Whoever appends waits until the loop has turned; then all who came meanwhile go into one transaction,
    in the order in which they came, and each is told its own version or its own error.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: list[_Waiting] = []

    async def append(self, stream_id: str, expected: int, events: Sequence[NewEvent]) -> int:
        """Append and return the stream's new version, durable by then.

        Once called it is done whatever happens to the caller: who is cancelled meanwhile leaves with its
        events recorded, unless they were refused.

        Raises:
            VersionConflict, JournalError: as ``SqliteTransaction.append``; nobody else notices.
            JournalUnavailable, JournalCorrupt: nothing was recorded, and everybody who waited is told.
        """
        loop = asyncio.get_running_loop()
        mine = _Waiting(stream_id, expected, tuple(events), loop.create_future())
        self._waiting.append(mine)
        # A turn later than this one's end: whoever was woken by the same news may need one to get here.
        loop.call_soon(loop.call_soon, self._commit)
        try:
            return await mine.told
        except asyncio.CancelledError:
            self._commit()
            raise

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        while waiting:
            waiting = self._together(waiting)

    def _together(self, batch: list[_Waiting]) -> list[_Waiting]:
        """One transaction. Returned are those to try again, because one of them has spoiled it."""
        spoiler: _Waiting | None = None
        try:
            with self._journal.transaction() as tx:
                for spoiler in batch:
                    spoiler.attempt(tx)
                spoiler = None
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            if spoiler is not None and not isinstance(error, _EVERYBODYS):
                spoiler.outcome = error
                spoiler.tell()
                return [one for one in batch if one is not spoiler]
            for one in batch:
                one.outcome = error
        except BaseException:
            for one in batch:
                one.told.cancel()
            raise
        for one in batch:
            one.tell()
        return []
