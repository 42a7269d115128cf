"""``paper.db``: the twin's tables, and how it is opened. Money is text, time is canonical text."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from desk.errors import ConfigError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts(
    account TEXT PRIMARY KEY, key_sha256 TEXT, balance_usdc TEXT NOT NULL,
    clock TEXT NOT NULL, as_of TEXT NOT NULL, counter INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tapes(sha256 TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS account_tapes(
    account TEXT NOT NULL, symbol TEXT NOT NULL, sha256 TEXT NOT NULL REFERENCES tapes,
    PRIMARY KEY(account, symbol)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders(
    account TEXT NOT NULL, n INTEGER NOT NULL, order_id TEXT NOT NULL UNIQUE, client_order_id TEXT,
    idempotency_key TEXT, symbol TEXT NOT NULL, status TEXT NOT NULL, working INTEGER NOT NULL,
    data TEXT NOT NULL, PRIMARY KEY(account, n), UNIQUE(account, client_order_id)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS working_orders ON orders(account, n) WHERE working = 1;
CREATE TABLE IF NOT EXISTS positions(
    account TEXT NOT NULL, symbol TEXT NOT NULL, position_id TEXT NOT NULL, net TEXT NOT NULL,
    entry_price TEXT NOT NULL, leverage INTEGER NOT NULL, stop_loss TEXT, take_profit TEXT,
    PRIMARY KEY(account, symbol)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers(
    account TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, key TEXT NOT NULL,
    fingerprint TEXT NOT NULL, body TEXT NOT NULL, expires_at TEXT NOT NULL,
    PRIMARY KEY(account, method, path, key)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger(
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, order_id TEXT NOT NULL,
    idempotency_key TEXT, at TEXT NOT NULL, amount TEXT NOT NULL, price TEXT) STRICT;
"""
_BUSY_S = 5.0


def connect(path: Path | str) -> sqlite3.Connection:
    """A connection in autocommit mode; transactions are begun explicitly.

    Raises:
        ConfigError: the file cannot be opened or is not a database.
    """
    try:
        if path != ":memory:":
            # Made for its owner alone: who holds what is nobody else's business.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(
            path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(_SCHEMA)
    except (sqlite3.Error, OSError):
        raise ConfigError(
            "the paper venue's database cannot be opened",
            why="it is missing a directory, unreadable, locked or no database",
            fix="Check DESK_HOME, or move paper.db away to start a new book",
            code="PAPER_DB",
        ) from None
    return connection
