"""The twin's file: accounts that outlive a process, their tapes, and transactions over both."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import RLock

from desk.domain.canonical import timestamp
from desk.domain.ids import ACCOUNT, SYMBOL
from desk.domain.secret import Secret
from desk.errors import UsageError
from tools.paper.book import Account, Book
from tools.paper.exchange import Exchange
from tools.paper.quirks import Quirks
from tools.paper.schema import connect
from tools.paper.tape import Tape

OPENING_BALANCE_USDC = Decimal(10_000)


class PaperStore:
    """``paper.db`` (a path, or ``:memory:``). Safe over threads and processes; one writer at a time."""

    def __init__(self, path: Path | str) -> None:
        self._db = connect(path)
        self._lock = RLock()
        self._tapes: dict[str, Tape] = {}

    @contextmanager
    def reading(self) -> Iterator[Book]:
        """A look at the book; each statement sees what was committed before it."""
        with self._lock:
            yield Book(self._db)

    @contextmanager
    def writing(self) -> Iterator[Book]:
        """One immediate transaction, on disk when it has returned, rolled back on an exception."""
        with self._lock:
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield Book(self._db)
                self._db.execute("COMMIT")
            except BaseException:
                _roll_back(self._db)
                raise
            finally:
                self._db.execute("PRAGMA synchronous=NORMAL")

    def open_account(
        self,
        name: str,
        *,
        as_of: datetime,
        balance_usdc: Decimal = OPENING_BALANCE_USDC,
        tapes: Mapping[str, Tape] | None = None,
        api_key: Secret | None = None,
    ) -> None:
        """Make the account, or bring it to ``as_of`` with these tapes. Twice is the same as once.

        The balance and the key are those of the first opening. A new tape replaces the symbol's old
        one before time passes, so its bars up to ``as_of`` meet the orders that were waiting. The same
        ``as_of`` again goes on from where the account has come to since.

        Raises:
            UsageError: ``TIME_WENT_BACK``, the account has lived past an earlier ``as_of``; or a name is
                malformed.
        """
        tapes = tapes or {}
        if ACCOUNT.fullmatch(name) is None or any(SYMBOL.fullmatch(symbol) is None for symbol in tapes):
            raise UsageError("an account's or a symbol's name is malformed", code="BAD_ACCOUNT")
        with self.writing() as book:
            account = book.account(name) or Account(
                name=name,
                key_sha256=None if api_key is None else key_sha256(api_key.reveal()),
                balance_usdc=balance_usdc,
                clock=as_of,
                as_of=as_of,
                counter=0,
            )
            if as_of < account.clock and as_of != account.as_of:
                raise UsageError(
                    f"the account {name} cannot go back to {timestamp(as_of)}",
                    why=f"it has lived until {timestamp(account.clock)}",
                    fix="Use a later as_of, or another --account",
                    code="TIME_WENT_BACK",
                )
            for symbol, tape in tapes.items():
                self._tapes[tape.sha256] = tape
                if book.tape_of(name, symbol) != tape.sha256:
                    book.use_tape(name, symbol, tape.sha256, tape.body)
            account.as_of = as_of
            self._pass_time(book, account, as_of)

    def advance(self, name: str, to: datetime) -> datetime:
        """Move the account's time forward; every bar on the way meets its orders. Returns the new time.

        A time that has passed already changes nothing.
        """
        with self.writing() as book:
            account = self.account(book, name)
            account.as_of = max(account.as_of, to)
            return self._pass_time(book, account, to)

    def next_close(self, name: str) -> datetime | None:
        """When the next bar of any symbol held or traded by the account closes; None when no tape goes on."""
        with self.reading() as book:
            account = self.account(book, name)
            symbols = {holding.symbol for holding in book.holdings(name)}
            symbols |= {order.symbol for order in book.working(name)}
            tapes = self.tapes(book, name)
        closes = (tapes[symbol].next_close(account.clock) for symbol in symbols & tapes.keys())
        return min((close for close in closes if close is not None), default=None)

    def clock(self, name: str) -> datetime | None:
        """The account's time, or None if there is no such account."""
        with self.reading() as book:
            account = book.account(name)
        return None if account is None else account.clock

    def account(self, book: Book, name: str) -> Account:
        """Raises: UsageError for an account that was never opened."""
        account = book.account(name)
        if account is None:
            raise UsageError("the paper venue has no such account", code="UNKNOWN_ACCOUNT")
        return account

    def tapes(self, book: Book, name: str) -> dict[str, Tape]:
        """The account's tapes by symbol; each is parsed once a process."""
        return {symbol: self._tape(book, sha256) for symbol, sha256 in book.tapes(name)}

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _tape(self, book: Book, sha256: str) -> Tape:
        tape = self._tapes.get(sha256)
        if tape is None:
            tape = self._tapes[sha256] = Tape.read(book.tape_body(sha256))
        return tape

    def _pass_time(self, book: Book, account: Account, to: datetime) -> datetime:
        exchange = Exchange(book, account, self.tapes(book, account.name), Quirks(), to)
        exchange.settle(exchange.now)
        exchange.finish()
        return exchange.now


def key_sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _roll_back(connection: sqlite3.Connection) -> None:
    """SQLite may have rolled back by itself (a full disk); a second ROLLBACK would mask the cause."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
