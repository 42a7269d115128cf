"""Whole sessions on an account that lives on come to the same bytes, whatever lies in ``snapshots.db``."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

import desk
from desk import bootstrap
from desk.bootstrap import Hands, Wishes
from desk.briefs.reader import read
from desk.config import Settings
from desk.deliberation.floor import drive
from desk.domain.balance import BalanceFold
from desk.domain.portfolio import LedgerFold
from desk.home.paths import Home
from desk.journal import read_journal
from desk.journal.snapshots import DATABASE, Folding, SnapshotFile, Snapshots
from desk.session import Session
from tests.bench.long_account import ACCOUNT, lived
from tests.kernel.fakes import Dark

SEEDS = ("1", "2", "3")
Tamper = Callable[[Path], object]


def keeping(opened: bootstrap.Desk) -> Snapshots:
    """Snapshots of every fold, however short."""
    return Snapshots(SnapshotFile(opened.home.path / DATABASE, opened.key, "1"), keep_after=0)


def digests(home: Path, folds: Callable[[bootstrap.Desk], Folding], tamper: Tamper = id) -> list[str]:
    """Digests of sessions one after the other, each in a process of its own."""
    found = []
    for seed in SEEDS:
        with bootstrap.opened(Settings(home=Home(home))) as opened:
            found.append(asyncio.run(ran(opened, seed, folds(opened))))
        tamper(home / DATABASE)
    return found


async def ran(opened: bootstrap.Desk, seed: str, folds: Folding) -> str:
    hands = Hands(screen=Dark(), prompt=None, person="tester")
    wishes = Wishes(account="fund", seed=seed, clock="brief")
    given = bootstrap.given(opened, wishes, read("@brexit-eve"), hands)
    parts = replace(given.parts, folds=folds)
    report = await Session(replace(given, chat=drive, parts=parts)).run()
    await parts.venue.aclose()
    if isinstance(folds, Snapshots):
        folds.flush()
    return desk.load(report.session_id, opened.home.path).digest


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What they come to without a snapshot."""
    return digests(tmp_path_factory.mktemp("plain"), lambda _: Folding())


def forged(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        changed = db.execute("""UPDATE snapshots SET body = replace(body, '"units":"', '"units":"9')""")
        assert changed.rowcount


@pytest.mark.parametrize("tamper", [id, forged, Path.unlink], ids=["kept", "forged", "deleted"])
def test_sessions_come_to_the_same_bytes(plain: list[str], tmp_path: Path, tamper: Tamper) -> None:
    assert digests(tmp_path, keeping, tamper) == plain
    sessions = desk.load_sessions(tmp_path)
    assert [one.replay().ok for one in sessions] == [True] * len(SEEDS)


def test_a_session_goes_on_from_what_the_one_before_it_kept(tmp_path: Path) -> None:
    digests(tmp_path, keeping)
    with closing(read_journal(tmp_path)) as journal, closing(sqlite3.connect(tmp_path / DATABASE)) as db:
        rows = db.execute("SELECT projection, key, seq, hash FROM snapshots").fetchall()
        assert [(name, key) for name, key, _, _ in rows] == [("ledger", "fund")]
        (_, _, seq, digest) = rows[0]
        assert journal.hash_at(seq) == digest
        assert seq > journal.head()[0] / 2


def test_a_short_account_leaves_no_file(tmp_path: Path) -> None:
    with bootstrap.opened(Settings(home=Home(tmp_path))) as opened:
        asyncio.run(ran(opened, "1", opened.snapshots))
    assert not (tmp_path / DATABASE).exists()


def kept(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / DATABASE)) as db:
        return [name for (name,) in db.execute("SELECT projection FROM snapshots ORDER BY projection")]


def test_an_account_that_has_lived_long_is_kept_when_its_desk_closes_and_when_it_is_asked(
    tmp_path: Path,
) -> None:
    with closing(lived(tmp_path, 3600)) as journal:
        last = journal.of_account(ACCOUNT)[-1].occurred_at
        balance = Folding().folded(BalanceFold(), journal, ACCOUNT)
    with bootstrap.opened(Settings(home=Home(tmp_path))) as opened:
        opened.snapshots.folded(LedgerFold(last), opened.journal, ACCOUNT)
        assert not (tmp_path / DATABASE).exists()
    assert kept(tmp_path) == ["ledger"]
    assert desk.account(ACCOUNT, tmp_path).balance == balance
    assert kept(tmp_path) == ["balance", "ledger"]
    again = desk.account(ACCOUNT, tmp_path)
    assert (again.balance, again.balance_at()) == (balance, again.balances()[-1].balance_usdc)
