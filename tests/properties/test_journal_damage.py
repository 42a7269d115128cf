"""Broken disks and power cuts: no error but ours, and no changed journal called sound (F2, F8)."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from desk.errors import JournalCorrupt, JournalError
from desk.journal import SqliteJournal, open_journal, read_journal, verify_home
from desk.ports import ANY
from tests.journal_samples import new

WAL_STEP_BYTES = 64
LAST_COMMITS = 3
FILES = ("key", "journal.anchor", "journal.db", "journal.db-wal")


def facts(journal: SqliteJournal) -> list[tuple[int, str, str]]:
    return [(each.seq, each.hash, repr(each.data)) for each in journal.events()]


def copied(home: Path, target: Path) -> Path:
    """The files as a power cut would leave them: the database and its log, without the index in memory."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in FILES:
        if (home / name).exists():
            shutil.copy(home / name, target / name)
    return target


@pytest.fixture(scope="module")
def at_rest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, str, str]]]:
    """A home left in good order, and what its journal holds."""
    home = tmp_path_factory.mktemp("rest") / "home"
    with closing(open_journal(home)) as journal:
        for n in range(40):
            journal.append(f"account-{n % 3}", ANY, [new(n)])
        held = facts(journal)
    return home, held


@pytest.fixture(scope="module")
def in_flight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, SqliteJournal]]:
    """A home whose last commits lie in the write-ahead log."""
    home = tmp_path_factory.mktemp("flight") / "home"
    with closing(open_journal(home)) as journal:
        for n in range(12):
            journal.append("account-a", ANY, [new(n)])
        yield home, journal


def outcome(home: Path) -> list[tuple[int, str, str]] | None:
    """What the journal holds if it is called sound by whoever opens it and by `desk verify`; else None."""
    try:
        report = verify_home(home)
        with closing(read_journal(home)) as journal:
            held = facts(journal)
    except JournalError:
        return None
    return held if report.ok else None


def flipped(path: Path, offset: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ (1 << bit)]))


@pytest.mark.parametrize("seed", range(10))
def test_given_a_flipped_bit_in_the_database_then_no_changed_content_is_sound(
    at_rest: tuple[Path, list[tuple[int, str, str]]], tmp_path: Path, seed: int
) -> None:
    home, held = at_rest
    dice = random.Random(seed)
    size = (home / "journal.db").stat().st_size
    for _ in range(15):
        damaged = copied(home, tmp_path / "damaged")
        offset, bit = dice.randrange(size), dice.randrange(8)
        flipped(damaged / "journal.db", offset, bit)
        assert outcome(damaged) in (None, held), f"seed {seed}: bit {bit} of byte {offset}"


@pytest.mark.parametrize("seed", range(5))
def test_given_a_flipped_bit_in_the_log_then_the_lost_commits_are_missed(
    in_flight: tuple[Path, SqliteJournal], tmp_path: Path, seed: int
) -> None:
    home, journal = in_flight
    held = facts(journal)
    dice = random.Random(seed)
    size = (home / "journal.db-wal").stat().st_size
    for _ in range(10):
        damaged = copied(home, tmp_path / "damaged")
        offset, bit = dice.randrange(size), dice.randrange(8)
        flipped(damaged / "journal.db-wal", offset, bit)
        assert outcome(damaged) in (None, held), f"seed {seed}: bit {bit} of byte {offset}"


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_database_cut_short_is_not_sound(
    at_rest: tuple[Path, list[tuple[int, str, str]]], tmp_path: Path, share: float
) -> None:
    damaged = copied(at_rest[0], tmp_path / "damaged")
    with (damaged / "journal.db").open("r+b") as file:
        file.truncate(int((damaged / "journal.db").stat().st_size * share))
    assert outcome(damaged) is None


def _cuts(home: Path, journal: SqliteJournal) -> Iterator[tuple[int, bytes, int]]:
    """Every cut of the log in its last commits, with the anchor and the number of events before each."""
    anchors = {}
    sizes = [(home / "journal.db-wal").stat().st_size]
    for n in range(LAST_COMMITS):
        anchors[sizes[-1]] = ((home / "journal.anchor").read_bytes(), journal.head()[0])
        journal.append("account-a", ANY, [new(journal.head()[0] + 1000 + n)])
        sizes.append((home / "journal.db-wal").stat().st_size)
    for start, end in pairwise(sizes):
        for size in range(start, end, WAL_STEP_BYTES):
            yield size, *anchors[start]


def test_given_a_log_cut_anywhere_then_whole_commits_remain_and_the_anchor_tells(
    in_flight: tuple[Path, SqliteJournal], tmp_path: Path
) -> None:
    home, journal = in_flight
    cuts = list(_cuts(home, journal))
    held = facts(journal)
    assert len(cuts) > 100
    for size, older_anchor, events in cuts:
        cut = copied(home, tmp_path / "cut")
        with (cut / "journal.db-wal").open("r+b") as file:
            file.truncate(size)
        assert [problem.code for problem in verify_home(cut).problems] == ["ANCHOR_AHEAD"]
        with pytest.raises(JournalCorrupt):
            open_journal(cut)
        (cut / "journal.anchor").write_bytes(older_anchor)
        with closing(open_journal(cut)) as opened:
            assert facts(opened) == held[:events]


@pytest.mark.parametrize(
    ("dropped", "sound"),
    [("journal.db", False), ("journal.db-wal", False), ("journal.anchor", False), ("key", False)],
)
def test_a_home_that_lost_a_file_is_not_sound(
    in_flight: tuple[Path, SqliteJournal], tmp_path: Path, dropped: str, sound: bool
) -> None:
    damaged = copied(in_flight[0], tmp_path / "damaged")
    assert outcome(damaged) is not None
    shutil.rmtree(damaged)
    copied(in_flight[0], damaged)
    (damaged / dropped).unlink()
    assert (outcome(damaged) is not None) == sound
