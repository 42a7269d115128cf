"""The file of snapshots: when it is written, what is read of it, and all that makes it count for nothing."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic

import pytest

from desk.domain.balance import Balance, BalanceFold
from desk.domain.canonical import sha256
from desk.domain.portfolio import LedgerFold
from desk.domain.shape import shaped
from desk.journal import Key, SqliteJournal, memory_journal
from desk.journal.snapshots import KEEP_AFTER, SnapshotFile, Snapshots
from desk.ports import ANY, Recorded
from tests.account_samples import START, assessed, deposited, moved, new, submitted, told_of

KEY = Key(bytes(32))
D = Decimal


class Reads:
    """A journal that remembers after which event its account was read."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self.after: list[int] = []

    def of_account(self, account: str, types: Iterable[str] = (), after: int = 0) -> list[Recorded]:
        self.after.append(after)
        return self._journal.of_account(account, types, after)

    def hash_at(self, seq: int) -> str | None:
        return self._journal.hash_at(seq)


@pytest.fixture
def journal() -> Iterator[SqliteJournal]:
    made = memory_journal(KEY)
    made.append("account-a", ANY, [new(n, deposited(D(n))) for n in range(1, 6)])
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "snapshots.db"


def process(path: Path, every: int = 0, version: str = "1", key: Key = KEY) -> Snapshots:
    return Snapshots(SnapshotFile(path, key, version), keep_after=every)


def kept(path: Path, journal: SqliteJournal) -> None:
    """A process that looks, keeps what it found and ends."""
    one = process(path)
    one.folded(BalanceFold(), journal, "a")
    one.flush()


def reads(snapshots: Snapshots, journal: SqliteJournal) -> list[int]:
    """After which event the account is read by this process; it must come to the right balance."""
    seen = Reads(journal)
    assert snapshots.folded(BalanceFold(), seen, "a") == Balance(usdc=D(15))
    return seen.after


# ---- what it is for ------------------------------------------------------------------------------


def test_another_process_reads_only_what_came_after(path: Path, journal: SqliteJournal) -> None:
    kept(path, journal)
    assert reads(process(path), journal) == [5]


def test_the_same_process_goes_on_before_anything_is_written(path: Path, journal: SqliteJournal) -> None:
    one = process(path)
    assert (reads(one, journal), reads(one, journal)) == ([0], [5])
    assert not path.exists()


def test_a_short_history_is_not_worth_a_snapshot(path: Path, journal: SqliteJournal) -> None:
    one = process(path, every=5)
    assert (reads(one, journal), reads(one, journal)) == ([0], [5])
    one.flush()
    assert not path.exists()
    assert KEEP_AFTER == 500


def test_many_short_looks_are_worth_one(path: Path, journal: SqliteJournal) -> None:
    one = process(path, every=5)
    reads(one, journal)
    journal.append("account-a", ANY, [new(6, deposited(D(6)))])
    one.folded(BalanceFold(), journal, "a")
    one.flush()
    seen = Reads(journal)
    assert process(path).folded(BalanceFold(), seen, "a") == Balance(usdc=D(21))
    assert seen.after == [6]


def test_the_file_is_its_owners_alone_and_leaves_nothing_beside_it(
    path: Path, journal: SqliteJournal
) -> None:
    kept(path, journal)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["snapshots.db"]


# ---- what makes it count for nothing -------------------------------------------------------------


@pytest.mark.parametrize(("version", "key"), [("2", KEY), ("1", Key(bytes([1]) * 32))])
def test_what_another_desk_has_signed_is_not_gone_on_from(
    path: Path, journal: SqliteJournal, version: str, key: Key
) -> None:
    kept(path, journal)
    assert reads(process(path, version=version, key=key), journal) == [0]


def test_a_locked_file_is_not_waited_for_nor_removed(path: Path, journal: SqliteJournal) -> None:
    kept(path, journal)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = monotonic()
        one = process(path)
        assert reads(one, journal) == [0]
        one.flush()
        assert monotonic() - began < 2
    assert reads(process(path), journal) == [5]


@pytest.mark.parametrize("damage", [b"", b"no database " * 500, b"SQLite format 3\0" + bytes(200)])
def test_a_damaged_file_is_made_anew(path: Path, journal: SqliteJournal, damage: bytes) -> None:
    path.write_bytes(damage)
    for _ in range(2):
        kept(path, journal)
    assert reads(process(path), journal) == [5]


def test_a_table_of_another_layout_is_made_anew(path: Path, journal: SqliteJournal) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE snapshots (projection)")
    for _ in range(2):
        kept(path, journal)
    assert reads(process(path), journal) == [5]


@pytest.mark.parametrize("kind", ["directory", "pipe", "dangling link", "no home"])
def test_what_is_no_file_is_no_trouble(path: Path, journal: SqliteJournal, kind: str) -> None:
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling link":
        path.symlink_to(path.parent / "gone" / "file")
    else:
        path = path.parent / "nowhere" / "snapshots.db"
    kept(path, journal)
    assert reads(process(path), journal) == [0]


def test_a_state_with_other_fields_is_not_gone_on_from(path: Path, journal: SqliteJournal) -> None:
    class Renamed(LedgerFold):
        """Another fold that took the balance's name."""

        name = "balance"

    one = process(path)
    one.folded(Renamed(START), journal, "a")
    one.flush()
    assert reads(process(path), journal) == [0]


# ---- what a fold means ---------------------------------------------------------------------------

#: Change a figure here only together with the fold's ``name``: snapshots of before must not be gone on from.
MEANINGS = {
    "ledger": "884674a7a46a18bddc546b08db5631b4d29acdc39fabd73a908353624b523ed1",
    "balance": "866dfc59f41a1f5061ca83c5ec03748de61795da0f54bfaf9d0f9c6c467b5b83",
}


def test_a_fold_that_comes_to_something_else_has_another_name(path: Path) -> None:
    history = [deposited(D(100)), assessed(D("1.1"), 1), submitted(1), told_of(1, "filled"), submitted(2)]
    history += [moved(1, "FILLED", D("0.05"), None), moved(1, "CLOSED", D("0.1"), D("-0.99"))]
    history += [moved(2, "UNKNOWN", D(0), None), assessed(D("0.9"), 30)]
    with closing(memory_journal(KEY)) as journal:
        journal.append("account-a", ANY, [new(n, one) for n, one in enumerate(history)])
        folds = (LedgerFold(START + timedelta(hours=40)), BalanceFold())
        found = {one.name: sha256(shaped(process(path).folded(one, journal, "a"))) for one in folds}
    assert found == MEANINGS
