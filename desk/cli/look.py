"""``desk sessions | show | why | orders | positions``: reading the journal, changing nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from desk.cli import output
from desk.cli.options import json_flag
from desk.config import load
from desk.domain import ids
from desk.domain.canonical import timestamp
from desk.domain.lifecycle import TradeState
from desk.errors import UsageError
from desk.journal import SqliteJournal, read_journal
from desk.journal.projections import order, run_document, show_document
from desk.ports import Journal, Recorded


@contextmanager
def reading() -> Iterator[SqliteJournal]:
    """The home's journal, opened for reading."""
    journal = read_journal(load().home.path)
    try:
        yield journal
    finally:
        journal.close()


def session_events(journal: Journal, session_id: str | None) -> Sequence[Recorded]:
    """Events of this session, or of the newest one.

    Raises:
        UsageError: there is none.
    """
    if session_id is None:
        newest = list(journal.events(types=("SessionOpened",)))
        if not newest:
            raise UsageError("there is no session in this home", fix="Run `desk run`", code="NO_SESSION")
        session_id = str(newest[-1].data["session_id"])
    events = journal.of_session(ids.require_id(session_id, ids.SESSION))
    if not events:
        raise UsageError(
            f"there is no session {session_id} here", fix="`desk sessions` lists them", code="NO_SESSION"
        )
    return events


@click.command()
@json_flag
def sessions(as_json: bool) -> None:
    """All sessions of this home, newest last."""
    with reading() as journal:
        _, head = journal.head()
        opened = list(journal.events(types=("SessionOpened",)))
        runs = [run_document(journal.of_session(str(one.data["session_id"])), head) for one in opened]
        times = [timestamp(one.occurred_at)[:19] + "Z" for one in opened]
    if as_json:
        output.emit({"schema": "desk.sessions/1", "sessions": runs})
        return
    for at, run in zip(times, runs, strict=True):
        reasons = ", ".join(str(one) for one in run["reasons"] or ())  # type: ignore[union-attr]
        output.say(f"{at}  {run['session_id']}  {run['outcome']}  {reasons}")


@click.command()
@click.argument("session_id", required=False)
@json_flag
def show(session_id: str | None, as_json: bool) -> None:
    """One session in full (the newest without an ID)."""
    from desk.cli.story import tell

    with reading() as journal:
        events = session_events(journal, session_id)
        _, head = journal.head()
        document = show_document(events, head)
    if as_json:
        output.emit(document)
    else:
        tell(document)


@click.command()
@click.argument("order_id")
@json_flag
def why(order_id: str, as_json: bool) -> None:
    """Why an order exists: the order, its gate, its human, the verdict and the facts it rests on."""
    from desk.cli.story import explain

    with reading() as journal:
        found = next((stream for stream in order_streams(journal) if _is(stream, order_id)), None)
        if found is None:
            raise UsageError("there is no such order here", fix="`desk orders` lists them", code="NO_ORDER")
        session = found[0].data["session_id"]
        _, head = journal.head()
        document = show_document(journal.of_session(str(session)), head)
    if as_json:
        output.emit({**document, "schema": "desk.why/1", "order": order(found)})
    else:
        explain(document, order_id)


def _is(stream: Sequence[Recorded], order_id: str) -> bool:
    return order_id in (stream[0].data["client_order_id"], *(one.data.get("order_id") for one in stream))


def order_streams(journal: Journal) -> list[list[Recorded]]:
    """Every order's events, oldest order first."""
    submitted = journal.events(types=("OrderSubmitted",))
    return [journal.stream(one.stream_id) for one in submitted]


@click.command()
@json_flag
def orders(as_json: bool) -> None:
    """All orders of this home, oldest first."""
    with reading() as journal:
        found = [order(stream) for stream in order_streams(journal)]
    if as_json:
        output.emit({"schema": "desk.orders/1", "orders": found})
        return
    for one in found:
        assert isinstance(one, dict)
        output.say(
            f"{one['client_order_id']}  {one['side']} {one['amount_usdc']} USDC {one['symbol']}  "
            f"{one['state']}  {one['purpose']}"
        )


@click.command()
@json_flag
def positions(as_json: bool) -> None:
    """Trades that are open, or may be."""
    with reading() as journal:
        found = [trade for trade in trades(journal) if TradeState(str(trade["state"])).exposed]
    if as_json:
        output.emit({"schema": "desk.positions/1", "trades": found})
        return
    if not found:
        output.say("no open trade")
    for one in found:
        output.say(
            f"{one['trade_id']}  {one['side']} {one['quantity']} {one['symbol']} from {one['entry_price']}  "
            f"stop {one['stop']}  {one['state']}"
        )


def trades(journal: Journal) -> list[dict[str, object]]:
    """The last word on every trade."""
    last: dict[str, dict[str, object]] = {}
    for moved in journal.events(types=("TradeMoved",)):
        data = {key: value for key, value in moved.data.items() if key not in ("inputs", "source", "target")}
        state, session = moved.data["target"], moved.metadata.get("session")
        last[str(data["trade_id"])] = {**data, "state": state, "session_id": session}
    return list(last.values())
