"""Processes that end in the middle, without the cost of a process: nothing that is dead writes or sends.

``tests.kernel.crash`` kills real ones at any instruction. Here the end comes between two commits, or on
either side of the request, and is an exception that no handler of the desk's knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from desk.domain.market import VenueOrder
from desk.ports import Journal, Permit, Transaction, Venue


class Death(BaseException):
    """The process has ended."""


class MortalJournal:
    """The journal of a process that ends right after so many commits."""

    def __init__(self, journal: Journal, commits: int) -> None:
        self._journal = journal
        self._left = commits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self._live()
        before = self._journal.head()
        with self._journal.transaction() as tx:
            yield tx
        self._left -= self._journal.head() != before
        self._live()

    def append(self, *what: Any) -> int:
        with self.transaction() as tx:
            return tx.append(*what)

    async def append_together(self, *what: Any) -> int:
        self._live()
        version: int = await self._journal.append_together(*what)
        self._left -= 1
        self._live()
        return version

    def _live(self) -> None:
        if self._left <= 0:
            raise Death


class MortalVenue:
    """The venue of a process that ends when it sends: before the bytes leave, or once they have arrived."""

    def __init__(self, venue: Venue, *, arrived: bool) -> None:
        self._venue = venue
        self._arrived = arrived
        self.name = venue.name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def submit(self, permit: Permit) -> VenueOrder:
        if self._arrived:
            await self._venue.submit(permit)
        raise Death
