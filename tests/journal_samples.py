"""Facts to put in a journal, and hands to tamper with one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from desk.domain.events import Event, FeeCharged, OrderSubmitted, SessionClosed
from desk.journal import schema
from desk.ports import NewEvent, TicketRow

START = datetime(2016, 6, 23, 21, tzinfo=UTC)
ACCOUNT = "paper:one"
SESSION = "ses_" + "1" * 32


def fee(n: int = 0) -> FeeCharged:
    return FeeCharged(account=ACCOUNT, amount_usdc=Decimal(n), what="funding")


def closed(session_id: str = SESSION) -> SessionClosed:
    return SessionClosed(
        session_id=session_id, outcome="no_trade", decided_by="gate", reasons=(), report=None, usage={}
    )


def submitted(ticket_id: str) -> OrderSubmitted:
    return OrderSubmitted(
        client_order_id="cid_1",
        session_id=SESSION,
        account=ACCOUNT,
        venue="paper",
        ticket_id=ticket_id,
        intent_id="int_1",
        intent_hash="a" * 64,
        trade_id="trd_1",
        purpose="entry",
        symbol="SPX-PERP",
        side="buy",
        bucket="indices",
        size_usdc=Decimal(50),
        loss_at_stop_usdc=Decimal("1.5"),
        approved_by=None,
        request={"quantity": "0.02"},
        params_hash="b" * 64,
        baseline={},
        venue_time=None,
    )


def new(n: int, event: Event | None = None, session_id: str | None = None) -> NewEvent:
    """The ``n``-th fact of a test, with an id and a time of its own."""
    return NewEvent(
        event=fee(n) if event is None else event,
        event_id=f"evt_{n:032x}",
        occurred_at=START + timedelta(seconds=n),
        account=ACCOUNT,
        session_id=session_id,
    )


_TICKET = TicketRow(
    ticket_id="tkt_1",
    intent_id="int_1",
    attempt=1,
    intent_hash="a" * 64,
    params="{}",
    params_hash="b" * 64,
    card_hash="c" * 64,
    policy_hash="d" * 64,
    approved_by="gate",
    session_id=None,
    account=ACCOUNT,
    symbol="SPX-PERP",
    side="buy",
    bucket="indices",
    size_usdc="50",
    loss_at_stop_usdc="1.5",
    issued_at="2016-06-23T21:00:00.000000Z",
    expires_at="2016-06-23T21:01:00.000000Z",
    expires_boot="brief",
    expires_monotonic="60",
    mac="e" * 64,
)


def ticket(**changes: object) -> TicketRow:
    return replace(_TICKET, **changes)


@contextmanager
def tampering(home: Path) -> Iterator[sqlite3.Connection]:
    """The database in the hands of somebody who has no key, and puts the triggers back when done."""
    triggers = [name for name, sql in schema.OBJECTS.items() if sql.startswith("CREATE TRIGGER")]
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as db:
        for name in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield db
        for name in triggers:
            db.execute(schema.OBJECTS[name])
