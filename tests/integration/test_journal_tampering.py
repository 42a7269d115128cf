"""A writer to the database without the key: each thing it can do has a name in `desk verify` (I-26, I-29)."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from desk.domain.events import BriefReceived
from desk.errors import JournalCorrupt
from desk.journal import memory_journal, open_journal, read_journal, schema, verify_home
from desk.journal.chain import COLUMNS, GENESIS, follow, hash_of
from desk.journal.key import load_or_create
from desk.ports import ANY, EMPTY
from tests.journal_samples import new, submitted, tampering, ticket


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Twelve facts over two streams, a burned ticket with its order, and a brief with its data."""
    home = tmp_path / "home"
    with closing(open_journal(home)) as journal:
        with journal.transaction() as transaction:
            transaction.append("account-a", EMPTY, [new(n) for n in range(1, 11)])
            bars = transaction.put_blob(b"date,close\n2016-06-23,2113.32\n")
            brief = BriefReceived(brief_sha256="f" * 64, name="x", brief={}, slices={"SPX": {"sha256": bars}})
            transaction.append("session-s", EMPTY, [new(11, brief)])
        with journal.transaction() as transaction:
            transaction.insert_ticket(ticket())
            transaction.burn_ticket("tkt_1", "2016-06-23T21:00:01.000000Z")
            transaction.append("order-cid_1", EMPTY, [new(12, submitted("tkt_1"))])
    return home


def codes(home: Path) -> set[str]:
    return {problem.code for problem in verify_home(home).problems}


def refusal(home: Path) -> str:
    with pytest.raises(JournalCorrupt) as refused:
        open_journal(home)
    return refused.value.code


def rechain(db: sqlite3.Connection, after: int = 0) -> None:
    """Make the chain of plain hashes fit again, as anybody can."""
    previous = db.execute("SELECT hash FROM events WHERE seq = ?", (after,)).fetchone()
    head = previous[0] if previous else GENESIS.hash
    for row in db.execute(f"SELECT {COLUMNS} FROM events WHERE seq > ? ORDER BY seq", (after,)).fetchall():
        digest = hash_of((*row[:10], head, ""))
        db.execute("UPDATE events SET prev_hash = ?, hash = ? WHERE seq = ?", (head, digest, row[0]))
        head = digest


def test_an_untouched_home_verifies(home: Path) -> None:
    report = verify_home(home)
    assert (report.ok, report.events, report.anchor_seq) == (True, 12, 12)


# ---- single columns ------------------------------------------------------------------------------

EDITS = {
    "seq": ("seq = 500", "SEQ_GAP"),
    "event_id": ("event_id = 'evt_forged'", "HASH_MISMATCH"),
    "stream_id": ("stream_id = 'account-b'", "HASH_MISMATCH"),
    "stream_type": ("stream_type = 'order'", "HASH_MISMATCH"),
    "version": ("version = 99", "HASH_MISMATCH"),
    "event_type": ("event_type = 'FundsDeposited'", "HASH_MISMATCH"),
    "schema_version": ("schema_version = 2", "HASH_MISMATCH"),
    "data": ("""data = replace(data, '"5"', '"6"')""", "HASH_MISMATCH"),
    "metadata": ("metadata = replace(metadata, 'paper:one', 'paper:two')", "HASH_MISMATCH"),
    "occurred_at": ("occurred_at = '2016-06-23T21:00:06.000000Z'", "HASH_MISMATCH"),
    "prev_hash": (f"prev_hash = '{'0' * 64}'", "CHAIN_BROKEN"),
    "hash": (f"hash = '{'0' * 64}'", "HASH_MISMATCH"),
}


def test_every_column_is_tried() -> None:
    assert ", ".join(EDITS) == COLUMNS


@pytest.mark.parametrize("column", EDITS)
def test_an_edited_column_is_found(home: Path, column: str) -> None:
    change, code = EDITS[column]
    with tampering(home) as db:
        db.execute(f"UPDATE events SET {change} WHERE seq = 5")
    assert code in codes(home)


@pytest.mark.parametrize("column", EDITS)
def test_an_edited_column_in_the_newest_event_stops_the_next_start(home: Path, column: str) -> None:
    with tampering(home) as db:
        db.execute("DELETE FROM checkpoints")
        more = "+ 1" if column in {"seq", "version", "schema_version"} else "|| ' '"
        db.execute(f"UPDATE events SET {column} = {column} {more} WHERE seq = 12")
    assert refusal(home) in {"SEQ_GAP", "HASH_MISMATCH", "CHAIN_BROKEN", "ANCHOR_MISMATCH"}


# ---- whole rows ----------------------------------------------------------------------------------


def _swap(db: sqlite3.Connection) -> None:
    for source, target in ((4, -4), (5, 4), (-4, 5)):
        db.execute("UPDATE events SET seq = ? WHERE seq = ?", (target, source))


def _remove_one(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM events WHERE seq = 5")


def _insert_between(db: sqlite3.Connection) -> None:
    db.execute("UPDATE events SET seq = -seq WHERE seq > 5")
    db.execute("UPDATE events SET seq = 1 - seq WHERE seq < 0")
    _copy(db, 5, 6)
    rechain(db, after=5)


def _append(db: sqlite3.Connection) -> None:
    _copy(db, 12, 13)
    rechain(db, after=12)


def _rewrite(db: sqlite3.Connection) -> None:
    db.execute("""UPDATE events SET data = replace(data, '"5"', '"6"') WHERE seq = 5""")
    rechain(db)


def _cut(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM events WHERE seq > 10")


def _copy(db: sqlite3.Connection, source: int, target: int) -> None:
    columns = COLUMNS.removeprefix("seq, event_id, stream_id, ")
    db.execute(
        f"INSERT INTO events SELECT ?, 'evt_forged', 'order-forged', {columns} FROM events WHERE seq = ?",
        (target, source),
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_swap, {"CHAIN_BROKEN", "VERSION_GAP"}),
        (_remove_one, {"SEQ_GAP", "VERSION_GAP"}),
        (_insert_between, {"SEAL_MISMATCH", "ANCHOR_MISMATCH"}),
        (_append, {"SEAL_MISMATCH"}),
        (_rewrite, {"SEAL_MISMATCH", "ANCHOR_MISMATCH"}),
        (_cut, {"SEAL_MISMATCH", "ANCHOR_AHEAD"}),
    ],
)
def test_rows_swapped_removed_added_or_rewritten_are_found(
    home: Path, change: Callable[[sqlite3.Connection], None], expected: set[str]
) -> None:
    with tampering(home) as db:
        change(db)
    assert expected <= codes(home)


@pytest.mark.parametrize("change", [_append, _rewrite, _cut])
def test_what_changes_the_head_stops_the_next_start(
    home: Path, change: Callable[[sqlite3.Connection], None]
) -> None:
    with tampering(home) as db:
        change(db)
    assert refusal(home) in {"SEAL_MISMATCH", "ANCHOR_MISMATCH", "ANCHOR_AHEAD"}


def test_an_event_forged_while_the_desk_runs_stops_the_next_transaction(home: Path) -> None:
    with closing(open_journal(home)) as journal:
        with tampering(home) as db:
            _append(db)
        with pytest.raises(JournalCorrupt) as refused:
            journal.append("account-a", ANY, [new(50)])
    assert refused.value.code == "SEAL_MISMATCH"


# ---- the end cut off: what the anchor is for -----------------------------------------------------


def _back_to_an_older_state(home: Path, spare: Path) -> None:
    """Put the database, seal and all, back to what it was three events ago."""
    shutil.copy(home / "journal.db", spare)
    with closing(open_journal(home)) as journal:
        journal.append("account-a", ANY, [new(20), new(21), new(22)])
    shutil.copy(spare, home / "journal.db")


def test_a_database_put_back_to_an_older_state_is_found(home: Path, tmp_path: Path) -> None:
    _back_to_an_older_state(home, tmp_path / "older.db")
    assert codes(home) == {"ANCHOR_AHEAD"}
    assert refusal(home) == "ANCHOR_AHEAD"


def test_without_the_anchor_the_bare_chain_would_not_see_it(home: Path, tmp_path: Path) -> None:
    older_anchor = (home / "journal.anchor").read_bytes()
    _back_to_an_older_state(home, tmp_path / "older.db")
    with closing(sqlite3.connect(home / "journal.db")) as db:
        assert follow(db, GENESIS).seq == 12
    (home / "journal.anchor").write_bytes(older_anchor)
    assert verify_home(home).ok, "a rollback of the whole home cannot be seen, and the docs say so"


def test_a_removed_database_is_found_and_not_made_anew(home: Path) -> None:
    (home / "journal.db").unlink()
    assert refusal(home) == "ANCHOR_AHEAD"
    assert codes(home) == {"ANCHOR_AHEAD"}
    assert not (home / "journal.db").exists()


def test_an_emptied_database_is_found(home: Path) -> None:
    (home / "journal.db").write_bytes(b"")
    assert refusal(home) == "ANCHOR_AHEAD"
    assert "ANCHOR_AHEAD" in codes(home)


def test_a_removed_anchor_is_found(home: Path) -> None:
    (home / "journal.anchor").unlink()
    assert codes(home) == {"ANCHOR_MISSING"}
    with pytest.raises(JournalCorrupt) as refused:
        read_journal(home)
    assert refused.value.code == refusal(home) == "ANCHOR_MISSING"
    assert refusal(home) == "ANCHOR_MISSING", "and the start that failed has not made another"


@pytest.mark.parametrize(("content", "code"), [(b"", "ANCHOR_MISSING"), (b"x" * 8192, "ANCHOR_FORGED")])
def test_an_overwritten_anchor_is_found(home: Path, content: bytes, code: str) -> None:
    (home / "journal.anchor").write_bytes(content)
    assert code in codes(home)
    assert refusal(home) == code


def test_another_homes_anchor_is_found(home: Path, tmp_path: Path) -> None:
    with closing(open_journal(tmp_path / "other")) as other:
        other.append("account-a", ANY, [new(n) for n in range(30)])
    shutil.copy(tmp_path / "other" / "journal.anchor", home / "journal.anchor")
    assert refusal(home) == "ANCHOR_FORGED"


def test_an_older_anchor_is_caught_up(home: Path) -> None:
    older = (home / "journal.anchor").read_bytes()
    with closing(open_journal(home)) as journal:
        journal.append("account-a", ANY, [new(20)])
    (home / "journal.anchor").write_bytes(older)
    assert verify_home(home).anchor_seq == 12
    with closing(open_journal(home)) as journal:
        assert journal.verify().anchor_seq == 13


def _forge(db: sqlite3.Connection, seq: int) -> None:
    """Another fact in an event's place, its own hash right again: alone, it looks genuine."""
    db.execute("UPDATE events SET event_id = 'evt_forged' WHERE seq = ?", (seq,))
    row = db.execute(f"SELECT {COLUMNS} FROM events WHERE seq = ?", (seq,)).fetchone()
    db.execute("UPDATE events SET hash = ? WHERE seq = ?", (hash_of(row), seq))


@pytest.mark.parametrize("after", [0, 4, 5])
@pytest.mark.parametrize("change", [_forge, lambda db, seq: db.execute("DELETE FROM events WHERE seq = 5")])
def test_whoever_reads_all_events_follows_the_chain(
    home: Path, change: Callable[[sqlite3.Connection, int], object], after: int
) -> None:
    with closing(open_journal(home)) as journal:
        assert len(list(journal.events(after))) == 12 - after
        with tampering(home) as db:
            change(db, 5)
        with pytest.raises(JournalCorrupt) as refused:
            list(journal.events(after))
    assert refused.value.code == "CHAIN_BROKEN"


# ---- key and seal --------------------------------------------------------------------------------


def test_another_key_proves_nothing(home: Path, tmp_path: Path) -> None:
    load_or_create(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "key", home / "key")
    assert {"ANCHOR_FORGED", "SEAL_FORGED"} <= codes(home)
    assert refusal(home) == "ANCHOR_FORGED"


def test_a_removed_key_is_not_replaced(home: Path) -> None:
    (home / "key").unlink()
    assert refusal(home) == "KEY_MISSING"
    assert codes(home) == {"KEY_MISSING"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("DELETE FROM seal", "SEAL_MISSING"),
        ("UPDATE seal SET mac = 'forged'", "SEAL_FORGED"),
        ("UPDATE seal SET seq = 11", "SEAL_FORGED"),
    ],
)
def test_a_seal_removed_or_edited_is_found(home: Path, change: str, code: str) -> None:
    with tampering(home) as db:
        db.execute(change)
    assert codes(home) == {code}
    assert refusal(home) == code


# ---- tickets, data, tables -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE tickets SET used_at = NULL", {"ORDER_WITHOUT_TICKET"}),
        ("DELETE FROM tickets", {"ORDER_WITHOUT_TICKET"}),
        ("UPDATE tickets SET ticket_id = 'tkt_2'", {"ORDER_WITHOUT_TICKET", "TICKET_WITHOUT_ORDER"}),
        ("UPDATE blobs SET body = x'00'", {"BLOB_MISMATCH"}),
        ("DELETE FROM blobs", {"BLOB_MISSING"}),
    ],
)
def test_tickets_and_data_changed_are_found(home: Path, change: str, expected: set[str]) -> None:
    with tampering(home) as db:
        db.execute(change)
    assert codes(home) == expected


def test_a_ticket_that_two_orders_name_is_found() -> None:
    with closing(memory_journal()) as journal:
        with journal.transaction() as transaction:
            transaction.insert_ticket(ticket())
            transaction.burn_ticket("tkt_1", "now")
            transaction.append("order-1", EMPTY, [new(1, submitted("tkt_1"))])
            transaction.append("order-2", EMPTY, [new(2, submitted("tkt_1"))])
        (problem,) = journal.verify().problems
    assert (problem.code, problem.seq) == ("TICKET_USED_TWICE", 2)


def test_an_index_that_hides_an_event_is_found(home: Path) -> None:
    """The chain is whole, but whoever asks by index would miss the event."""
    database = (home / "journal.db").read_bytes()
    name = new(5).event_id.encode()
    places = [at for at in range(len(database)) if database.startswith(name, at)]
    found = []
    for at in places:
        (home / "journal.db").write_bytes(database[: at + 4] + b"1" + database[at + 5 :])
        found.append(codes(home))
    assert {"FILE_DAMAGED"} in found
    assert all("FILE_DAMAGED" in each for each in found)


def test_changed_data_is_not_handed_out(home: Path) -> None:
    with tampering(home) as db:
        db.execute("UPDATE blobs SET body = x'00'")
        digest = db.execute("SELECT sha256 FROM blobs").fetchone()[0]
    with closing(read_journal(home)) as journal, pytest.raises(JournalCorrupt) as refused:
        journal.blob(digest)
    assert refused.value.code == "BLOB_MISMATCH"


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER events_fixed",
        "DROP INDEX events_account",
        "CREATE TRIGGER lost BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TABLE notes (line TEXT)",
    ],
)
def test_changed_tables_and_triggers_are_found(home: Path, change: str) -> None:
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as db:
        db.execute(change)
    assert codes(home) == {"SCHEMA_CHANGED"}
    assert refusal(home) == "SCHEMA_CHANGED"


# ---- what only a holder of the key could have written --------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("data = replace(data, ':', ': ')", "NOT_CANONICAL"),
        ("data = replace(data, '\"5\"', '5.0')", "DOCUMENT_UNREADABLE"),
        ("data = '{}'", "EVENT_UNREADABLE"),
        ("event_type = 'FaucetRobbed'", "EVENT_UNKNOWN"),
        ("schema_version = 2", "EVENT_UNKNOWN"),
        ("stream_type = 'order'", "ROW_MALFORMED"),
        ("version = 99", "VERSION_GAP"),
        ("occurred_at = 'today'", "ROW_MALFORMED"),
    ],
)
def test_a_fact_that_no_desk_would_write_is_found_in_a_chain_that_fits(change: str, code: str) -> None:
    with closing(memory_journal()) as journal:
        journal.append("account-a", EMPTY, [new(n) for n in range(1, 8)])
        journal._db.execute("DROP TRIGGER events_fixed")
        journal._db.execute(f"UPDATE events SET {change} WHERE seq = 5")
        rechain(journal._db)
        found = {problem.code: problem.seq for problem in journal.verify().problems}
    assert found[code] == 5
    assert not {"HASH_MISMATCH", "CHAIN_BROKEN"} & found.keys()


def test_an_event_id_that_comes_twice_is_found_even_without_its_index() -> None:
    with closing(memory_journal()) as journal:
        journal.append("account-a", EMPTY, [new(n) for n in range(1, 8)])
        db = journal._db
        db.execute("ALTER TABLE events RENAME TO genuine")
        db.execute(schema.OBJECTS["events"].replace("NOT NULL UNIQUE", "NOT NULL"))
        db.execute("INSERT INTO events SELECT * FROM genuine")
        db.execute("UPDATE events SET event_id = ? WHERE seq = 5", (new(4).event_id,))
        rechain(db)
        found = {problem.code: problem.seq for problem in journal.verify().problems}
    assert found["EVENT_ID_REPEATED"] == 5


def test_a_blob_is_named_by_its_content(home: Path) -> None:
    with closing(read_journal(home)) as journal:
        ((digest, body),) = journal._db.execute("SELECT sha256, body FROM blobs")
    assert sha256(body).hexdigest() == digest
