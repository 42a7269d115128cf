"""The digest of a session says whether two records are the same, and nothing about where they lie."""

from __future__ import annotations

from contextlib import closing

import pytest

from desk.domain.canonical import canonical, timestamp
from desk.domain.events import OrderFoundAbsent, SessionSuspended
from desk.journal import memory_journal, session_digest
from desk.journal.chain import GENESIS, Row, hash_of
from desk.journal.digest import session_line
from desk.ports import ANY, NewEvent, Recorded
from tests.journal_samples import ACCOUNT, SESSION, START, closed, new

OWN = f"session-{SESSION}"


CALLS = (
    ("call-x-macro_analyst-1", new(2, session_id=SESSION)),
    ("call-x-risk-1", new(3, session_id=SESSION)),
)
ENDED = ((OWN, new(4)), (OWN, new(5, closed())))


def recorded(*facts: tuple[str, NewEvent]) -> list[Recorded]:
    """The session's events out of a journal to which these facts were appended one by one."""
    with closing(memory_journal()) as journal:
        for stream, event in facts:
            journal.append(stream, ANY, [event])
        return journal.of_session(SESSION)


def test_it_does_not_depend_on_the_place_in_the_journal() -> None:
    others = [("account-b", new(100 + n)) for n in range(7)]
    assert session_digest(recorded(*CALLS, *ENDED)) == session_digest(recorded(*others, *CALLS, *ENDED))


def test_it_does_not_depend_on_which_reply_came_first() -> None:
    assert session_digest(recorded(*CALLS, *ENDED)) == session_digest(recorded(*CALLS[::-1], *ENDED))


def test_it_does_not_depend_on_the_order_given() -> None:
    events = recorded(*CALLS, *ENDED)
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
    first, *rest = recorded(*CALLS, *ENDED)
    assert session_digest([first._replace(**change), *rest]) != session_digest([first, *rest])


def test_what_came_after_the_session_was_closed_is_no_part_of_it() -> None:
    absent = OrderFoundAbsent(client_order_id="cid_1", evidence={})
    later = recorded(*CALLS, *ENDED, ("order-cid_1", new(9, absent, session_id=SESSION)))
    assert len(later) == 5
    assert session_digest(later) == session_digest(recorded(*CALLS, *ENDED))


def test_of_an_open_session_everything_counts() -> None:
    suspended = (OWN, new(4, SessionSuspended(approval_id="apr_1", expires_at=START)))
    assert session_digest(recorded(*CALLS)) != session_digest(recorded(*CALLS, suspended))


def test_a_line_is_the_canonical_form_of_the_row() -> None:
    (event, *_) = recorded(*CALLS, *ENDED)
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
    (event, *_) = recorded(*CALLS, *ENDED)
    assert event.prev_hash == GENESIS.hash
    assert hash_of(_row(event)) == event.hash
