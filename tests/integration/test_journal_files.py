"""The journal on a disk: who may open it, what is refused in one line, and what others do meanwhile."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from desk.errors import DeskError, JournalCorrupt, JournalError, JournalUnavailable
from desk.journal import connection, open_journal, read_journal, verify_home
from desk.journal.anchor import Anchor, FileSlots
from desk.journal.chain import Head
from desk.journal.key import load_or_create
from desk.ports import ANY, EMPTY
from tests.journal_samples import new, tampering


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with three events, left in good order."""
    home = tmp_path / "home"
    with closing(open_journal(home)) as journal:
        journal.append("account-a", EMPTY, [new(1), new(2), new(3)])
    return home


def _files(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in home.iterdir()}


# ---- making and opening --------------------------------------------------------------------------


def test_a_new_home_is_for_its_owner_alone(home: Path) -> None:
    assert home.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()} == {
        "journal.db": 0o600,
        "journal.anchor": 0o600,
        "key": 0o600,
    }


def test_what_was_recorded_is_there_the_next_time(home: Path) -> None:
    with closing(open_journal(home)) as journal:
        assert [each.event_id for each in journal.events()] == [new(n).event_id for n in (1, 2, 3)]
        assert journal.append("account-a", 3, [new(4)]) == 4


def test_commits_are_synced(home: Path) -> None:
    with closing(connection.connect(home / "journal.db")) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_waiting_for_a_lock_is_bounded(home: Path) -> None:
    with closing(connection.connect(home / "journal.db")) as db:
        assert db.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_reading_makes_and_changes_nothing(home: Path) -> None:
    before = _files(home)
    with closing(read_journal(home)) as journal:
        assert journal.head()[0] == 3
        assert _files(home) == before
        with pytest.raises(JournalUnavailable, match="for reading"):
            journal.append("account-a", ANY, [new(4)])
    assert verify_home(home).ok
    assert _files(home) == before


def test_a_reader_sees_what_a_writer_beside_it_has_committed(home: Path) -> None:
    with closing(open_journal(home)) as journal:
        journal.append("account-a", ANY, [new(4)])
        with closing(read_journal(home)) as reader:
            assert reader.head() == journal.head()
        assert verify_home(home).events == 4


def test_no_home_no_journal(tmp_path: Path) -> None:
    for look in (read_journal, verify_home):
        with pytest.raises(JournalUnavailable, match="there is no journal"):
            look(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


# ---- refused in one line -------------------------------------------------------------------------


def _refusal(home: Path) -> DeskError:
    with pytest.raises(DeskError) as refused:
        open_journal(home)
    assert "\n" not in str(refused.value)
    return refused.value


def test_a_file_that_is_no_database_is_refused(home: Path) -> None:
    (home / "journal.db").write_bytes(b"dear diary\n" * 1000)
    assert isinstance(_refusal(home), JournalCorrupt)
    assert not verify_home(home).ok


def test_a_database_of_something_else_is_refused(home: Path) -> None:
    (home / "journal.db").unlink()
    with closing(sqlite3.connect(home / "journal.db")) as db:
        db.execute("CREATE TABLE diary (line TEXT)")
    assert _refusal(home).code == "SCHEMA_CHANGED"


def test_a_database_of_a_newer_program_is_refused(home: Path) -> None:
    with tampering(home) as db:
        db.execute("UPDATE meta SET value = '2'")
    refusal = _refusal(home)
    assert refusal.code == "SCHEMA_UNKNOWN"
    assert not isinstance(refusal, JournalCorrupt)


def test_a_directory_in_place_of_the_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.db").mkdir()
    assert isinstance(_refusal(tmp_path), JournalUnavailable)


def test_a_home_in_place_of_which_there_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    assert isinstance(_refusal(tmp_path / "home"), JournalUnavailable)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_home_that_may_not_be_written_is_refused(home: Path) -> None:
    (home / "journal.db").chmod(0o400)
    assert isinstance(_refusal(home), JournalUnavailable)


# ---- locked and full -----------------------------------------------------------------------------


def test_given_another_holder_of_the_lock_then_waiting_ends(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.05)
    with closing(open_journal(home)) as journal:
        with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalUnavailable, match="holds its lock"):
                journal.append("account-a", ANY, [new(4)])
            assert [each.seq for each in journal.events()] == [1, 2, 3]
        assert journal.append("account-a", ANY, [new(4)]) == 4


def test_given_a_full_disk_then_that_is_said_and_nothing_is_recorded(home: Path) -> None:
    with closing(open_journal(home)) as journal:
        pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
        journal._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(JournalUnavailable, match="disk is full"):
            journal.append("account-a", ANY, [new(n) for n in range(10, 200)])
        assert journal.head()[0] == 3
        journal._db.execute("PRAGMA max_page_count = 100000")
        assert journal.append("account-a", 3, [new(4)]) == 4
        assert journal.verify().ok


def test_given_a_full_disk_when_the_error_is_swallowed_then_nothing_more_is_written(home: Path) -> None:
    def go_on_regardless() -> None:
        with closing(open_journal(home)) as journal, journal.transaction() as transaction:
            journal._db.execute("ROLLBACK")  # as SQLite does by itself when the disk is full
            transaction.put_blob(b"written outside of any transaction")

    with pytest.raises(JournalUnavailable):
        go_on_regardless()
    with closing(read_journal(home)) as journal:
        assert list(journal._db.execute("SELECT * FROM blobs")) == []


def test_a_journal_stays_in_its_thread(home: Path) -> None:
    seen: list[Exception] = []

    def look() -> None:
        try:
            journal.head()
        except JournalError as error:
            seen.append(error)

    with closing(open_journal(home)) as journal:
        thread = Thread(target=look)
        thread.start()
        thread.join(5)
    assert [type(error) for error in seen] == [JournalUnavailable]


# ---- several programs ----------------------------------------------------------------------------


def _append_fifty(home: Path, who: int) -> None:
    with closing(open_journal(home)) as journal:
        for n in range(50):
            journal.append("account-a", ANY, [new(1000 * who + n)])


def test_two_programs_that_append_at_once_make_one_chain(tmp_path: Path) -> None:
    home = tmp_path / "home"
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_append_fifty, args=(home, who)) for who in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0]
    report = verify_home(home)
    assert (report.ok, report.events, report.anchor_seq) == (True, 100, 100)


def test_two_journals_of_one_home_follow_each_other(home: Path) -> None:
    with closing(open_journal(home)) as one, closing(open_journal(home)) as other:
        for n in range(10, 20):
            (one if n % 2 else other).append("account-a", ANY, [new(n)])
        assert one.head() == other.head()
        assert one.verify().document()["anchor_seq"] == 13


def _die_between_commit_and_anchor(home: Path) -> None:
    journal = open_journal(home)

    def die(self: Anchor, head: Head) -> bool:
        os.kill(os.getpid(), signal.SIGKILL)
        return False

    Anchor.advance = die
    journal.append("account-a", ANY, [new(4)])


def test_given_a_kill_between_commit_and_anchor_then_the_journal_opens(home: Path) -> None:
    worker = multiprocessing.get_context("spawn").Process(target=_die_between_commit_and_anchor, args=(home,))
    worker.start()
    worker.join(30)
    assert worker.exitcode == -signal.SIGKILL
    report = verify_home(home)
    assert (report.ok, report.events, report.anchor_seq) == (True, 4, 3)
    with closing(open_journal(home)) as journal:
        assert journal.version("account-a") == 4
        assert journal.verify().anchor_seq == 4


@pytest.mark.parametrize(
    "left_behind",
    [
        ("key",),
        ("key", "empty anchor"),
        ("key", "anchor"),
        ("key", "anchor", "empty database"),
    ],
    ids=", ".join,
)
def test_given_a_kill_while_a_home_is_made_then_the_next_start_makes_it(
    tmp_path: Path, left_behind: tuple[str, ...]
) -> None:
    key = load_or_create(tmp_path)
    if "empty anchor" in left_behind:
        (tmp_path / "journal.anchor").touch(0o600)
    if "anchor" in left_behind:
        anchor = Anchor(FileSlots(tmp_path / "journal.anchor"), key)
        anchor.start()
        anchor.close()
    if "empty database" in left_behind:
        connection.create_file(tmp_path / "journal.db")
    with closing(open_journal(tmp_path)) as journal:
        journal.append("account-a", EMPTY, [new(1)])
    assert verify_home(tmp_path).ok


# ---- checkpoints ---------------------------------------------------------------------------------


def _many(home: Path) -> None:
    with closing(open_journal(home)) as journal:
        for start in range(10, 2210, 100):
            journal.append("account-a", ANY, [new(n) for n in range(start, start + 100)])


def test_a_checkpoint_is_made_every_thousand_events_and_at_the_end(home: Path) -> None:
    _many(home)
    with closing(open_journal(home)) as journal:
        assert [row[0] for row in journal._db.execute("SELECT seq FROM checkpoints")] == [2203]
        journal.append("account-a", ANY, [new(n) for n in range(3000, 3999)])
        assert [row[0] for row in journal._db.execute("SELECT seq FROM checkpoints")] == [2203]
        journal.append("account-a", ANY, [new(3999)])
        assert [row[0] for row in journal._db.execute("SELECT seq FROM checkpoints")] == [3203]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM checkpoints",
        "UPDATE checkpoints SET mac = 'forged'",
        "UPDATE checkpoints SET seq = 5",
        "UPDATE checkpoints SET hash = 'forged'",
        "INSERT INTO checkpoints SELECT seq, hash, 'forged' FROM events WHERE seq < 500",
    ],
)
def test_checkpoints_deleted_or_edited_change_nothing(home: Path, change: str) -> None:
    _many(home)
    with tampering(home) as db:
        db.execute(change)
    assert verify_home(home).ok
    with closing(open_journal(home)) as journal:
        assert journal.head()[0] == 2203
        assert journal.append("account-a", 2203, [new(9999)]) == 2204


def test_a_start_looks_at_what_came_after_the_checkpoint_only(home: Path) -> None:
    with tampering(home) as db:
        db.execute("UPDATE events SET data = '{}' WHERE seq = 1")
    with closing(open_journal(home)) as journal:
        assert journal.verify(full=False).ok
        with pytest.raises(JournalCorrupt) as refused:
            journal.stream("account-a")
        assert refused.value.code == "HASH_MISMATCH"
    with tampering(home) as db:
        db.execute("DELETE FROM checkpoints")
    assert _refusal(home).code == "HASH_MISMATCH"
