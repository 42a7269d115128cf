"""What every journal promises, in a file and in memory alike (``desk.ports.Journal``)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from desk.domain.events import TradingStateChanged
from desk.errors import JournalError, JournalUnavailable, VersionConflict
from desk.journal import SqliteJournal, memory_journal, open_journal
from desk.journal.transaction import SqliteTransaction
from desk.ports import ANY, EMPTY, Journal
from tests.journal_samples import ACCOUNT, SESSION, closed, fee, new, ticket


@pytest.fixture(params=["file", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteJournal]:
    made = open_journal(tmp_path / "home") if request.param == "file" else memory_journal()
    yield made
    made.close()


def test_it_is_a_journal(journal: SqliteJournal) -> None:
    port: Journal = journal
    assert port.head() == (0, "0" * 64)


# ---- streams and versions ------------------------------------------------------------------------


def test_given_an_empty_stream_when_appended_then_versions_count_from_one(journal: Journal) -> None:
    assert journal.append("account-a", EMPTY, [new(1), new(2)]) == 2
    assert journal.append("account-a", 2, [new(3)]) == 3
    assert [each.version for each in journal.stream("account-a")] == [1, 2, 3]
    assert journal.version("account-a") == 3
    assert journal.version("account-b") == 0


def test_what_was_appended_is_read_back_whole(journal: Journal) -> None:
    journal.append("session-x", EMPTY, [new(7, session_id=SESSION)])
    (read,) = journal.stream("session-x")
    assert (read.seq, read.event_id, read.stream_type, read.event_type) == (
        1,
        new(7).event_id,
        "session",
        "FeeCharged",
    )
    assert read.event == fee(7)
    assert read.occurred_at == new(7).occurred_at
    assert read.data == {"account": ACCOUNT, "amount_usdc": "7", "what": "funding"}
    assert read.metadata == {"account": ACCOUNT, "session": SESSION, "topic": "account.fee.charged"}


@pytest.mark.parametrize("expected", [EMPTY, 1, 3, -2])
def test_given_another_version_than_expected_then_nothing_is_appended(
    journal: Journal, expected: int
) -> None:
    journal.append("account-a", ANY, [new(1), new(2)])
    with pytest.raises(VersionConflict):
        journal.append("account-a", expected, [new(3)])
    assert journal.head()[0] == 2


def test_any_version_will_do_when_the_caller_says_so(journal: Journal) -> None:
    assert journal.append("account-a", ANY, [new(1)]) == 1
    assert journal.append("account-a", ANY, [new(2)]) == 2


def test_appending_nothing_tells_the_version(journal: Journal) -> None:
    journal.append("account-a", EMPTY, [new(1)])
    assert journal.append("account-a", 1, []) == 1
    assert journal.head()[0] == 1


def test_an_event_id_is_recorded_once(journal: Journal) -> None:
    journal.append("account-a", EMPTY, [new(1)])
    with pytest.raises(VersionConflict) as refused:
        journal.append("account-b", EMPTY, [new(1)])
    assert refused.value.code == "ALREADY_RECORDED"


def test_the_rest_of_a_stream_can_be_read(journal: Journal) -> None:
    journal.append("account-a", EMPTY, [new(1), new(2), new(3)])
    assert [each.version for each in journal.stream("account-a", after=1)] == [2, 3]


# ---- transactions --------------------------------------------------------------------------------


def test_a_transaction_commits_whole(journal: SqliteJournal) -> None:
    with journal.transaction() as transaction:
        transaction.append("account-a", EMPTY, [new(1)])
        transaction.append("account-b", EMPTY, [new(2)])
        transaction.insert_ticket(ticket())
    assert [each.stream_id for each in journal.events()] == ["account-a", "account-b"]
    assert journal.ticket("tkt_1") == ticket()


def test_given_an_exception_then_all_of_a_transaction_is_undone(journal: SqliteJournal) -> None:
    digest = ""

    def fail_late() -> None:
        nonlocal digest
        with journal.transaction() as transaction:
            transaction.append("account-a", EMPTY, [new(1)])
            transaction.insert_ticket(ticket())
            digest = transaction.put_blob(b"bars")
            raise KeyError

    with pytest.raises(KeyError):
        fail_late()
    assert journal.head() == (0, "0" * 64)
    assert journal.ticket("tkt_1") is None
    assert journal.blob(digest) is None


def test_a_transaction_sees_what_it_has_written(journal: SqliteJournal) -> None:
    with journal.transaction() as transaction:
        transaction.append("account-a", EMPTY, [new(1)])
        assert transaction.version("account-a") == 1
        assert [each.seq for each in transaction.of_account(ACCOUNT)] == [1]
        assert transaction.stream("account-a")[0].event == fee(1)


def test_a_transaction_inside_a_transaction_is_refused(journal: SqliteJournal) -> None:
    with journal.transaction() as transaction:
        with pytest.raises(JournalError) as refused:
            journal.append("account-b", EMPTY, [new(2)])
        transaction.append("account-a", EMPTY, [new(1)])
    assert refused.value.code == "NESTED_TRANSACTION"
    assert journal.head()[0] == 1


@pytest.mark.parametrize(
    "use",
    [
        lambda tx: tx.version("account-a"),
        lambda tx: tx.version("account-b"),
        lambda tx: tx.stream("account-a"),
        lambda tx: tx.of_account(ACCOUNT),
        lambda tx: tx.append("account-a", ANY, [new(2)]),
        lambda tx: tx.prove("account-a"),
        lambda tx: tx.ticket("tkt_1"),
        lambda tx: tx.insert_ticket(ticket()),
        lambda tx: tx.burn_ticket("tkt_1", "2016-06-23T21:00:01.000000Z"),
        lambda tx: tx.revoke_ticket("tkt_1"),
        lambda tx: tx.put_blob(b"x"),
    ],
)
def test_nothing_is_read_or_written_in_a_transaction_that_is_over(
    journal: SqliteJournal, use: Callable[[SqliteTransaction], object]
) -> None:
    with journal.transaction() as over:
        over.append("account-a", EMPTY, [new(1)])

    with pytest.raises(JournalUnavailable):
        use(over)
    with journal.transaction(), pytest.raises(JournalUnavailable):
        use(over)
    assert journal.head()[0] == 1


def test_given_half_an_append_when_its_error_is_swallowed_then_nothing_is_committed(
    journal: SqliteJournal,
) -> None:
    def go_on_regardless() -> None:
        with journal.transaction() as transaction, suppress(VersionConflict):
            transaction.append("account-a", EMPTY, [new(1), new(1)])

    with pytest.raises(JournalUnavailable):
        go_on_regardless()
    assert journal.head()[0] == 0


def test_given_a_conflict_when_it_is_handled_then_the_transaction_goes_on(journal: SqliteJournal) -> None:
    with journal.transaction() as transaction:
        with pytest.raises(VersionConflict):
            transaction.append("account-a", 5, [new(1)])
        transaction.append("account-a", EMPTY, [new(1)])
    assert journal.version("account-a") == 1


def test_an_event_without_a_canonical_form_is_not_recorded(journal: SqliteJournal) -> None:
    half_a_character = TradingStateChanged(source="ACTIVE", target="HALTED", reason="\ud800", by="me")
    with pytest.raises(JournalError) as refused:
        journal.append("desk-state", ANY, [new(1, half_a_character)])
    assert refused.value.code == "EVENT_UNWRITABLE"
    with pytest.raises(JournalError):
        journal.append("desk-state", ANY, [new(1)._replace(account="\ud800")])
    assert journal.head()[0] == 0


# ---- questions -----------------------------------------------------------------------------------


def test_a_session_is_its_own_its_orders_and_its_calls_streams(journal: SqliteJournal) -> None:
    own = f"session-{SESSION}"
    journal.append(own, EMPTY, [new(1)])
    journal.append(f"call-{SESSION}-executor-1", EMPTY, [new(2, session_id=SESSION)])
    journal.append("order-cid_1", EMPTY, [new(3, session_id=SESSION), new(4)])
    journal.append("trade-trd_1", EMPTY, [new(5, session_id=SESSION)])
    journal.append("session-another", EMPTY, [new(6)])
    journal.append(own, 1, [new(7)])
    assert [each.seq for each in journal.of_session(SESSION)] == [1, 2, 3, 4, 7]


def test_an_account_is_found_over_all_streams(journal: SqliteJournal) -> None:
    journal.append("order-1", EMPTY, [new(1)])
    journal.append("order-2", EMPTY, [new(2)._replace(account="paper:two")])
    journal.append("order-3", EMPTY, [new(3)._replace(account=None)])
    journal.append("order-4", EMPTY, [new(4)])
    assert [each.seq for each in journal.of_account(ACCOUNT)] == [1, 4]


@pytest.mark.parametrize(
    "question",
    [
        lambda journal: journal.of_account(ACCOUNT),
        lambda journal: journal.of_account(ACCOUNT, ["FeeCharged", "SessionClosed"]),
        lambda journal: journal.of_session(SESSION),
        lambda journal: journal.stream("account-a"),
        lambda journal: journal.version("account-a"),
    ],
)
def test_a_question_about_one_thing_does_not_read_the_whole_journal(
    journal: SqliteJournal, question: Callable[[Journal], object]
) -> None:
    asked: list[str] = []
    journal._db.set_trace_callback(asked.append)
    question(journal)
    journal._db.set_trace_callback(None)
    for sql in asked:
        steps = [row[3] for row in journal._db.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert any("USING INDEX" in step or "USING COVERING INDEX" in step for step in steps)
        assert not [step for step in steps if step.startswith("SCAN events")]


def test_all_events_can_be_read_from_anywhere_and_by_type(journal: SqliteJournal) -> None:
    with journal.transaction() as transaction:
        for n in range(1, 2501):
            event = closed() if n % 1000 == 0 else None
            transaction.append("account-a", ANY, [new(n, event)])
    assert [each.seq for each in journal.events()] == list(range(1, 2501))
    assert [each.seq for each in journal.events(after=2499)] == [2500]
    assert [each.seq for each in journal.events(types=["SessionClosed"])] == [1000, 2000]
    assert [each.seq for each in journal.events(1000, ["SessionClosed", "BriefReceived"])] == [2000]


def test_events_may_be_appended_while_others_are_read(journal: SqliteJournal) -> None:
    journal.append("account-a", EMPTY, [new(1), new(2)])
    for read in journal.events():
        if read.seq <= 2:
            journal.append("account-b", ANY, [new(read.seq + 10)])
    assert journal.head()[0] == 4


def test_blobs_are_kept_by_their_sha256(journal: SqliteJournal) -> None:
    with journal.transaction() as transaction:
        digest = transaction.put_blob(b"date,close\n")
        assert transaction.put_blob(b"date,close\n") == digest
    assert journal.blob(digest) == b"date,close\n"
    assert journal.blob("0" * 64) is None


# ---- tickets -------------------------------------------------------------------------------------


def test_a_ticket_burns_once(journal: SqliteJournal) -> None:
    with journal.transaction() as transaction:
        transaction.insert_ticket(ticket())
        assert transaction.burn_ticket("tkt_1", "now")
        assert not transaction.burn_ticket("tkt_1", "later")
        assert not transaction.burn_ticket("tkt_2", "now")
    assert journal.ticket("tkt_1") == ticket(used_at="now")


def test_a_revoked_ticket_does_not_burn_and_a_used_one_is_not_revoked(journal: SqliteJournal) -> None:
    with journal.transaction() as transaction:
        transaction.insert_ticket(ticket())
        transaction.revoke_ticket("tkt_1")
        assert not transaction.burn_ticket("tkt_1", "now")
        transaction.insert_ticket(ticket(ticket_id="tkt_2", attempt=2))
        transaction.burn_ticket("tkt_2", "now")
        transaction.revoke_ticket("tkt_2")
    assert journal.ticket("tkt_1") == ticket(revoked=True)
    assert journal.ticket("tkt_2") == ticket(ticket_id="tkt_2", attempt=2, used_at="now")


def test_one_attempt_has_one_ticket_unless_it_was_revoked(journal: SqliteJournal) -> None:
    second = ticket(ticket_id="tkt_2")
    with journal.transaction() as transaction:
        transaction.insert_ticket(ticket())
        with pytest.raises(VersionConflict):
            transaction.insert_ticket(second)
        transaction.revoke_ticket("tkt_1")
        transaction.insert_ticket(second)
        assert transaction.tickets_of_intent("int_1") == [ticket(revoked=True), second]


def test_open_tickets_are_neither_used_nor_revoked(journal: SqliteJournal) -> None:
    with journal.transaction() as transaction:
        for n in (1, 2, 3):
            transaction.insert_ticket(ticket(ticket_id=f"tkt_{n}", intent_id=f"int_{n}"))
        transaction.insert_ticket(ticket(ticket_id="tkt_4", intent_id="int_4", account="paper:two"))
        transaction.burn_ticket("tkt_1", "now")
        transaction.revoke_ticket("tkt_2")
        assert [row.ticket_id for row in transaction.open_tickets(ACCOUNT)] == ["tkt_3"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET occurred_at = 'then'",
        "DELETE FROM events",
        "UPDATE tickets SET expires_at = 'never'",
        "UPDATE tickets SET used_at = NULL",
        "DELETE FROM tickets",
        "UPDATE blobs SET body = x''",
        "DELETE FROM blobs",
    ],
)
def test_the_database_itself_refuses_to_rewrite_history(journal: SqliteJournal, statement: str) -> None:
    with journal.transaction() as transaction:
        transaction.append("account-a", EMPTY, [new(1)])
        transaction.insert_ticket(ticket())
        transaction.burn_ticket("tkt_1", "now")
        transaction.put_blob(b"bars")
    with pytest.raises(sqlite3.IntegrityError):
        journal._db.execute(statement)


# ---- the end -------------------------------------------------------------------------------------


def test_a_closed_journal_answers_nothing(journal: SqliteJournal) -> None:
    journal.close()
    journal.close()
    with pytest.raises(JournalUnavailable):
        journal.head()
    with pytest.raises(JournalUnavailable):
        journal.append("account-a", ANY, [new(1)])


def test_a_sound_journal_verifies(journal: SqliteJournal) -> None:
    journal.append("account-a", EMPTY, [new(1), new(2)])
    report = journal.verify()
    assert report.document() == {
        "ok": True,
        "events": 2,
        "head": journal.head()[1],
        "anchor_seq": 2,
        "problems": [],
    }


def test_a_time_without_an_offset_is_not_recorded(journal: SqliteJournal) -> None:
    naive = datetime(2016, 6, 23)  # noqa: DTZ001 - what must be refused
    with pytest.raises(Exception, match="offset"):
        journal.append("account-a", ANY, [new(1)._replace(occurred_at=naive)])
    assert journal.head()[0] == 0
