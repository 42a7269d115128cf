"""One account's rows in ``paper.db``, read and written inside the transaction of whoever asks."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from desk.domain.canonical import moment, timestamp
from desk.domain.money import parsed, plain
from tools.paper.declined import Declined
from tools.paper.holding import Holding
from tools.paper.order import PaperOrder, order_from

_RECENT = 100


class Account(Struct, kw_only=True):
    """An account while a transaction works on it; ``Book.save_account`` writes it back.

    ``clock`` is the last time it has lived; ``as_of`` the time it was last brought to from outside (by a
    brief, or by letting time pass), from which ``clock`` has run on.
    """

    name: str
    key_sha256: str | None
    balance_usdc: Decimal
    clock: datetime
    as_of: datetime
    counter: int

    def new_id(self, prefix: str) -> str:
        """The next id: a function of the account's name and how many it has given out."""
        self.counter += 1
        digest = hashlib.sha256(f"{self.name}|{prefix}|{self.counter}".encode()).hexdigest()
        return f"{prefix}_{digest[:24]}"


class Book:
    """SQL and nothing else. Orders are stored as the JSON they are answered with."""

    __slots__ = ("_db",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    # ---- accounts --------------------------------------------------------------------------------

    def account(self, name: str) -> Account | None:
        row = self._db.execute(
            "SELECT account, key_sha256, balance_usdc, clock, as_of, counter FROM accounts WHERE account = ?",
            (name,),
        ).fetchone()
        if row is None:
            return None
        return Account(
            name=row[0],
            key_sha256=row[1],
            balance_usdc=parsed(row[2]),
            clock=moment(row[3]),
            as_of=moment(row[4]),
            counter=row[5],
        )

    def save_account(self, account: Account) -> None:
        self._db.execute(
            "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(account) DO UPDATE SET key_sha256 ="
            " excluded.key_sha256, balance_usdc = excluded.balance_usdc, clock = excluded.clock,"
            " as_of = excluded.as_of, counter = excluded.counter",
            (
                account.name,
                account.key_sha256,
                plain(account.balance_usdc),
                timestamp(account.clock),
                timestamp(account.as_of),
                account.counter,
            ),
        )

    def account_names(self) -> list[str]:
        return [row[0] for row in self._db.execute("SELECT account FROM accounts ORDER BY account")]

    # ---- tapes -----------------------------------------------------------------------------------

    def use_tape(self, account: str, symbol: str, sha256: str, body: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO tapes VALUES (?, ?)", (sha256, body))
        self._db.execute("INSERT OR REPLACE INTO account_tapes VALUES (?, ?, ?)", (account, symbol, sha256))

    def tapes(self, account: str) -> list[tuple[str, str]]:
        """(symbol, sha256) of every tape the account trades on."""
        return self._db.execute(
            "SELECT symbol, sha256 FROM account_tapes WHERE account = ? ORDER BY symbol", (account,)
        ).fetchall()

    def tape_of(self, account: str, symbol: str) -> str | None:
        return self._text(
            "SELECT sha256 FROM account_tapes WHERE account = ? AND symbol = ?", account, symbol
        )

    def tape_body(self, sha256: str) -> str:
        body = self._text("SELECT body FROM tapes WHERE sha256 = ?", sha256)
        assert body is not None
        return body

    # ---- orders ----------------------------------------------------------------------------------

    def add_order(self, account: Account, order: PaperOrder, key: str | None) -> None:
        self._db.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                account.name,
                account.counter,
                order.order_id,
                order.client_order_id,
                key,
                order.symbol,
                order.status,
                int(order.status.working),
                order.json(),
            ),
        )

    def save_order(self, order: PaperOrder) -> None:
        self._db.execute(
            "UPDATE orders SET status = ?, working = ?, data = ? WHERE order_id = ?",
            (order.status, int(order.status.working), order.json(), order.order_id),
        )

    def order_json(self, account: str, order_id: str) -> str:
        """Raises: Declined ``not_found``."""
        text = self._text("SELECT data FROM orders WHERE account = ? AND order_id = ?", account, order_id)
        if text is None:
            raise Declined("not_found", "the account has no such order")
        return text

    def order(self, account: str, order_id: str) -> PaperOrder:
        return order_from(self.order_json(account, order_id))

    def order_by_client_id(self, account: str, client_order_id: str) -> str | None:
        return self._text(
            "SELECT data FROM orders WHERE account = ? AND client_order_id = ?", account, client_order_id
        )

    def working(self, account: str, symbol: str | None = None) -> list[PaperOrder]:
        """Orders that can still trade, oldest first."""
        rows = self._db.execute(
            "SELECT data FROM orders WHERE account = :account AND working = 1"
            " AND (:symbol IS NULL OR symbol = :symbol) ORDER BY n",
            {"account": account, "symbol": symbol},
        )
        return [order_from(row[0]) for row in rows]

    def orders_json(self, account: str, filters: dict[str, str]) -> list[str]:
        """Orders by column, oldest first; without a filter, all working ones and the newest 100."""
        if not filters:
            rows = self._db.execute(
                "SELECT data FROM orders WHERE account = :account AND (working = 1 OR n IN"
                " (SELECT n FROM orders WHERE account = :account ORDER BY n DESC LIMIT :newest)) ORDER BY n",
                {"account": account, "newest": _RECENT},
            )
            return [row[0] for row in rows]
        where = " AND ".join(f"{_FILTERS[name]} = ?" for name in filters)
        rows = self._db.execute(
            f"SELECT data FROM orders WHERE account = ? AND {where} ORDER BY n", (account, *filters.values())
        )
        return [row[0] for row in rows]

    # ---- positions -------------------------------------------------------------------------------

    def holdings(self, account: str) -> list[Holding]:
        rows = self._db.execute(f"{_HOLDING} WHERE account = ? ORDER BY symbol", (account,))
        return [_holding(row) for row in rows]

    def holding(self, account: str, symbol: str) -> Holding | None:
        row = self._db.execute(f"{_HOLDING} WHERE account = ? AND symbol = ?", (account, symbol)).fetchone()
        return None if row is None else _holding(row)

    def save_holding(self, account: str, symbol: str, holding: Holding | None) -> None:
        if holding is None:
            self._db.execute("DELETE FROM positions WHERE account = ? AND symbol = ?", (account, symbol))
            return
        self._db.execute(
            "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                account,
                symbol,
                holding.position_id,
                plain(holding.net),
                plain(holding.entry_price),
                holding.leverage,
                _written(holding.stop_loss),
                _written(holding.take_profit),
            ),
        )

    # ---- idempotency and the ledger --------------------------------------------------------------

    def answer(self, scope: tuple[str, str, str, str], at: datetime) -> tuple[str, str] | None:
        """(fingerprint, body) stored for (account, method, path, key), unless it has expired."""
        row: tuple[str, str] | None = self._db.execute(
            "SELECT fingerprint, body FROM answers WHERE account = ? AND method = ? AND path = ? AND key = ?"
            " AND expires_at > ?",
            (*scope, timestamp(at)),
        ).fetchone()
        return row

    def keep_answer(
        self, scope: tuple[str, str, str, str], fingerprint: str, body: str, until: datetime
    ) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*scope, fingerprint, body, timestamp(until)),
        )

    def record(
        self,
        account: str,
        kind: str,
        order_id: str,
        key: str | None,
        at: datetime,
        amount: Decimal,
        price: Decimal | None = None,
    ) -> None:
        self._db.execute(
            "INSERT INTO ledger(account, kind, order_id, idempotency_key, at, amount, price)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (account, kind, order_id, key, timestamp(at), plain(amount), _written(price)),
        )

    def ledger(self, account: str | None = None) -> list[dict[str, object]]:
        """Every effect in the order it happened."""
        rows = self._db.execute(
            "SELECT seq, account, kind, order_id, idempotency_key, at, amount, price FROM ledger"
            " WHERE :account IS NULL OR account = :account ORDER BY seq",
            {"account": account},
        )
        names = ("seq", "account", "kind", "order_id", "idempotency_key", "at", "amount", "price")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def key_of(self, order_id: str) -> str | None:
        return self._text("SELECT idempotency_key FROM orders WHERE order_id = ?", order_id)

    def _text(self, query: str, *values: str) -> str | None:
        row = self._db.execute(query, values).fetchone()
        return None if row is None else row[0]


#: Query parameter → column: the only names that ever stand in the SQL.
_FILTERS = {
    "client_order_id": "client_order_id",
    "idempotency_key": "idempotency_key",
    "status": "status",
    "symbol": "symbol",
}

_HOLDING = "SELECT position_id, symbol, net, entry_price, leverage, stop_loss, take_profit FROM positions"


def _holding(row: tuple[str, str, str, str, int, str | None, str | None]) -> Holding:
    return Holding(
        position_id=row[0],
        symbol=row[1],
        net=parsed(row[2]),
        entry_price=parsed(row[3]),
        leverage=row[4],
        stop_loss=_read(row[5]),
        take_profit=_read(row[6]),
    )


def _written(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _read(text: str | None) -> Decimal | None:
    return None if text is None else parsed(text)
