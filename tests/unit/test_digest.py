"""The digest of a session says whether two records are the same, and nothing about where they lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk.domain.canonical import canonical, timestamp
from desk.domain.events import OrderFoundAbsent, SessionSuspended
from desk.journal import SqliteJournal, memory_journal, session_digest
from desk.journal.chain import GENESIS, Row, hash_of
from desk.journal.digest import session_line
from desk.ports import ANY, Recorded
from tests.journal_samples import ACCOUNT, SESSION, START, closed, new

OWN = f"session-{SESSION}"


def recorded(*, before: int = 0, swapped: bool = False) -> SqliteJournal:
    """A journal with a session in it, after some events of others."""
    journal = memory_journal()
    for n in range(before):
        journal.append("account-b", ANY, [new(100 + n)])
    calls = [
        ("call-x-macro_analyst-1", new(2, session_id=SESSION)),
        ("call-x-risk-1", new(3, session_id=SESSION)),
    ]
    for stream, event in reversed(calls) if swapped else calls:
        journal.append(stream, ANY, [event])
    journal.append(OWN, ANY, [new(4), new(5, closed())])
    return journal


def test_it_does_not_depend_on_the_place_in_the_journal() -> None:
    alone, later = recorded(), recorded(before=7)
    assert session_digest(alone.of_session(SESSION)) == session_digest(later.of_session(SESSION))


def test_it_does_not_depend_on_which_reply_came_first() -> None:
    one, other = recorded(), recorded(swapped=True)
    assert session_digest(one.of_session(SESSION)) == session_digest(other.of_session(SESSION))


def test_it_does_not_depend_on_the_order_given() -> None:
    events = recorded().of_session(SESSION)
    assert session_digest(events) == session_digest(reversed(events))


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": "evt_other"},
        {"data": {"other": "1"}},
        {"metadata": {}},
        {"occurred_at": START},
        {"schema_version": 2},
        {"event_type": "FundsDeposited"},
        {"version": 9},
        {"stream_id": "session-other"},
        {"stream_type": "order"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_it_depends_on_everything_else(change: dict[str, object]) -> None:
    first, *rest = recorded().of_session(SESSION)
    assert session_digest([replace(first, **change), *rest]) != session_digest([first, *rest])


def test_what_came_after_the_session_was_closed_is_no_part_of_it() -> None:
    journal = recorded()
    before = session_digest(journal.of_session(SESSION))
    absent = OrderFoundAbsent(client_order_id="cid_1", evidence={})
    journal.append("order-cid_1", ANY, [new(9, absent, session_id=SESSION)])
    assert len(journal.of_session(SESSION)) == 5
    assert session_digest(journal.of_session(SESSION)) == before


def test_of_an_open_session_everything_counts() -> None:
    journal = memory_journal()
    journal.append(OWN, ANY, [new(1)])
    before = session_digest(journal.of_session(SESSION))
    journal.append(OWN, ANY, [new(2, SessionSuspended(approval_id="apr_1", expires_at=START))])
    assert session_digest(journal.of_session(SESSION)) != before


def test_a_line_is_the_canonical_form_of_the_row() -> None:
    (event, *_) = recorded().of_session(SESSION)
    line = session_line(event).decode()
    assert line.startswith(
        f'{{"data":{{"account":"{ACCOUNT}","amount_usdc":"2","what":"funding"}},"event_id"'
    )
    assert line.endswith('"stream_id":"call-x-macro_analyst-1","stream_type":"call","version":1}')


def _row(event: Recorded) -> tuple[object, ...]:
    stored = {
        "data": canonical(event.data).decode(),
        "metadata": canonical(event.metadata).decode(),
        "occurred_at": timestamp(event.occurred_at),
    }
    return tuple(stored.get(name, getattr(event, name)) for name in Row._fields)


def test_the_chain_hashes_the_same_line_with_the_place() -> None:
    (event, *_) = recorded().of_session(SESSION)
    assert event.prev_hash == GENESIS.hash
    assert hash_of(_row(event)) == event.hash
