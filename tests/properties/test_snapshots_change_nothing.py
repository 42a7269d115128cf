"""Snapshots anywhere, gone, stale, forged or broken: what is folded is what all events come to (I-29)."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.domain.balance import BalanceFold
from desk.domain.events import Event
from desk.domain.portfolio import LedgerFold
from desk.journal import Key, memory_journal
from desk.journal.snapshots import Folding, Snapshot, SnapshotFile, Snapshots
from desk.ports import ANY
from tests.account_samples import START, assessed, deposited, moved, new, submitted, told_of

KEY, OTHER_KEY = Key(bytes(32)), Key(bytes([1]) * 32)
ACCOUNTS = ("a", "b")
#: Acts are forgotten after 48 hours.
HOURS = st.sampled_from([0, 1, 47, 60, 120])
AMOUNTS = st.decimals(1, 1_000, places=6)
NUMBERS = st.integers(1, 3)
FATES = st.sampled_from(["accepted", "filled", "rejected", "unknown"])
TARGETS = st.sampled_from(["ORDER_PLACED", "FILLED", "HOLDING", "CLOSED", "UNKNOWN", "ABANDONED"])
NAVS = st.decimals("0.5", 2, places=4)


@dataclass(frozen=True)
class Order:
    """The next order is submitted, and this becomes of it at once."""

    fate: str | None


EVENTS = st.one_of(
    st.builds(Order, st.none() | FATES),
    st.builds(Order, st.just("filled")),
    AMOUNTS.map(deposited),
    st.builds(assessed, NAVS, HOURS),
    st.builds(told_of, NUMBERS, FATES),
    st.builds(moved, NUMBERS, TARGETS, AMOUNTS, st.none() | AMOUNTS),
)


# ---- what can become of the file -----------------------------------------------------------------

Meddling = Callable[[Path, random.Random], object]


def ran(*statements: str) -> Meddling:
    """Somebody without the key runs this on the file."""

    def meddle(path: Path, chance: random.Random) -> None:
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as db, db:
            db.executescript(";".join(statements))

    return meddle


def set_to(value: str) -> Meddling:
    return ran(f"UPDATE snapshots SET {value}")


def truncated(path: Path, chance: random.Random) -> None:
    body = path.read_bytes()
    path.write_bytes(body[: chance.randrange(len(body))])


def bits_flipped(path: Path, chance: random.Random) -> None:
    body = bytearray(path.read_bytes())
    for _ in range(8):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    path.write_bytes(body)


def of_another_home(path: Path, chance: random.Random) -> None:
    """A genuine file, but of a home with another key and another history."""
    with closing(memory_journal(OTHER_KEY)) as journal:
        journal.append("account-a", ANY, [new(1, deposited(Decimal(7)))])
        foreign = Snapshots(SnapshotFile(path, OTHER_KEY, "1"), keep_after=0)
        foreign.folded(BalanceFold(), journal, "a")
        foreign.flush()


#: Those that no check but the signature can tell from what the desk wrote.
FORGERIES: Mapping[str, Meddling] = {
    "more cash": set_to("""body = replace(body, '"usdc":"', '"usdc":"9')"""),
    "more units": set_to("""body = replace(body, '"units":"', '"units":"9')"""),
    "an act undone": set_to("""body = replace(body, 'SUBMITTED', 'REJECTED')"""),
    "an act forgotten": set_to("""body = json_set(body, '$.ledger.acts', json('[]'))"""),
    "another account's": set_to("key = CASE key WHEN 'a' THEN 'x' ELSE 'a' END"),
    "an earlier place": set_to("(seq, hash) = (SELECT seq, hash FROM snapshots ORDER BY seq LIMIT 1)"),
    "a later place": set_to("(seq, hash) = (SELECT seq, hash FROM snapshots ORDER BY seq DESC LIMIT 1)"),
}
ACCIDENTS: Mapping[str, Meddling] = {
    "nothing": ran(""),
    "deleted": lambda path, _: path.unlink(),
    "emptied": lambda path, _: path.write_bytes(b""),
    "truncated": truncated,
    "bits flipped": bits_flipped,
    "text": lambda path, _: path.write_text("no database\n" * 500),
    "of another home": of_another_home,
    "without its rows": ran("DELETE FROM snapshots WHERE projection = 'ledger'"),
    "without its table": ran("DROP TABLE snapshots"),
    "with another table": ran("DROP TABLE snapshots", "CREATE TABLE snapshots (projection)"),
    "with a column more": ran("ALTER TABLE snapshots ADD COLUMN more TEXT"),
    "with a view for it": ran("DROP TABLE snapshots", "CREATE VIEW snapshots AS SELECT 1 AS projection"),
    "a write-ahead log": ran("PRAGMA journal_mode = WAL"),
    "nonsense": set_to("body = 'nonsense'"),
    "bytes": set_to("body = CAST(x'ff00' AS TEXT)"),
    "no signature": set_to("mac = ''"),
    "a place of its own": set_to("seq = seq + 1"),
}
MEDDLINGS = {**FORGERIES, **ACCIDENTS}


# ---- the property --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Round:
    """What happens before a look at both accounts, and what becomes of the file after it."""

    events: list[tuple[Event | Order, int, str]]
    undone: list[Event]
    hour: int
    again: int
    every: int
    version: str
    new_process: bool
    meddling: str
    stale: bool


ROUNDS = st.builds(
    Round,
    events=st.lists(st.tuples(EVENTS, HOURS, st.sampled_from("aaab")), min_size=1, max_size=6),
    undone=st.lists(AMOUNTS.map(deposited), max_size=2),
    hour=HOURS,
    again=HOURS,
    every=st.sampled_from([0, 0, 2]),
    version=st.sampled_from("1112"),
    new_process=st.booleans(),
    meddling=st.sampled_from(["nothing", "nothing", "nothing", *MEDDLINGS]),
    stale=st.booleans(),
)


class Rollback(Exception):
    """What a caller's own code may raise in a transaction."""


class Life:
    """Two accounts that live on, and processes that look at them through one file of snapshots."""

    def __init__(self, path: Path, kind: type[SnapshotFile] = SnapshotFile) -> None:
        self.path = path
        self.kind = kind
        self.journal = memory_journal(KEY)
        self.count = self.orders = 0
        self.old = b""
        self.begin(0, "1")

    def begin(self, every: int, version: str) -> None:
        """Another process."""
        self.snapshots = Snapshots(self.kind(self.path, KEY, version), keep_after=every)

    def live(self, event: Event | Order, hour: int, account: str) -> None:
        if isinstance(event, Order):
            self.orders += 1
            self.live(submitted(self.orders), hour, account)
            if event.fate is not None:
                self.live(told_of(self.orders, event.fate), hour, account)
            return
        self.count += 1
        self.journal.append(f"account-{account}", ANY, [new(self.count, event, hour, account)])

    def undo(self, events: list[Event]) -> None:
        """Looked at in a transaction that never was; other events will take these places."""
        with suppress(Rollback), self.journal.transaction() as tx:
            told = [new(self.count + n, event, 1) for n, event in enumerate(events, start=1)]
            tx.append("account-a", ANY, told)
            self.snapshots.folded(LedgerFold(START), tx, "a")
            self.snapshots.folded(BalanceFold(), tx, "a")
            raise Rollback

    def look(self, hour: int) -> None:
        """What is found is what all events come to."""
        now = START + timedelta(hours=hour)
        for account in ACCOUNTS:
            for projection in (LedgerFold(now), BalanceFold()):
                with self.journal.transaction() as tx:
                    found = self.snapshots.folded(projection, tx, account)
                assert found == Folding().folded(projection, self.journal, account)

    def pass_through(self, one: Round, chance: random.Random) -> None:
        if one.undone:
            self.undo(one.undone)
        for event, hour, account in one.events:
            self.live(event, hour, account)
        self.look(one.hour)
        self.snapshots.flush()
        if self.path.exists():
            if one.stale and self.old:
                self.path.write_bytes(self.old)
            else:
                self.old = self.path.read_bytes()
            MEDDLINGS[one.meddling](self.path, chance)
        if one.new_process:
            self.begin(one.every, one.version)
        self.look(one.again)


@settings(max_examples=200)
@given(st.lists(ROUNDS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_whatever_becomes_of_the_snapshots_the_folds_are_those_of_all_events(
    rounds: list[Round], chance: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder) / "snapshots.db")
        for one in rounds:
            life.pass_through(one, chance)
        life.journal.close()


# ---- what the signature is for -------------------------------------------------------------------


class Trusting(SnapshotFile):
    """A file that believes whatever is in it."""

    def _genuine(self, row: tuple[object, ...] | None) -> Snapshot | None:
        if row is None:
            return None
        projection, key, seq, digest, body, _ = row
        return Snapshot(projection=projection, key=key, seq=seq, hash=digest, body=body)


def forged(path: Path, forgery: str, kind: type[SnapshotFile]) -> None:
    """A life in which somebody forges a snapshot between two processes; that of one account lags behind."""
    life = Life(path, kind)
    deposit, order, fate = deposited(Decimal(100)), Order(None), told_of(2, "unknown")
    for event, account in ((deposit, "a"), (order, "a"), (deposit, "b"), (order, "b"), (fate, "b")):
        life.live(event, 1, account)
    life.look(2)
    life.live(deposit, 1, "a")
    life.live(deposit, 1, "b")
    life.snapshots.folded(BalanceFold(), life.journal, "b")
    life.snapshots.flush()
    FORGERIES[forgery](path, random.Random(1))
    life.begin(0, "1")
    life.look(2)


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_snapshot_changes_nothing_and_would_if_it_were_believed(
    tmp_path: Path, forgery: str
) -> None:
    forged(tmp_path / "snapshots.db", forgery, SnapshotFile)
    with pytest.raises(AssertionError):
        forged(tmp_path / "trusting.db", forgery, Trusting)
