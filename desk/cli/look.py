"""``desk sessions | show | why | orders | positions``: reading the journal, changing nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from desk.cli import output
from desk.cli.archive import archived, reading, wanted
from desk.cli.options import json_flag
from desk.domain.canonical import timestamp
from desk.domain.lifecycle import TradeState
from desk.errors import UsageError
from desk.journal.projections import order, run_document, show_document
from desk.ports import Journal, Recorded
from desk.replay.archive import Archive
from desk.replay.moment import until


@click.command()
@json_flag
def sessions(as_json: bool) -> None:
    """All sessions of this home, newest last; then what was imported or forked."""
    with archived() as archive:
        own = [_run(archive, one) for one in archive.own()]
        kept = [_run(archive, one) for one in archive.kept()]
    if as_json:
        runs = {"sessions": [run for _, run in own], "kept": [run for _, run in kept]}
        output.emit({"schema": "desk.sessions/1", **runs})
        return
    for begun, run in own:
        output.say(_line(begun, run))
    for begun, run in kept:
        output.say(
            _line(begun, run) + ("  imported" if run["parent"] is None else f"  fork of {run['parent']}")
        )


def _run(archive: Archive, session_id: str) -> tuple[str, Mapping[str, Any]]:
    events = archive.events(session_id)
    return timestamp(events[0].occurred_at)[:19] + "Z", run_document(events, archive.head(session_id))


def _so_far(known: Sequence[Recorded]) -> Mapping[str, Any]:
    """What a session that goes on later has come to: nothing yet."""
    over = any(one.event_type == "SessionClosed" for one in known)
    return {} if over else {"outcome": "underway", "decided_by": None, "reasons": []}


def _line(begun: str, run: Mapping[str, Any]) -> str:
    return f"{begun}  {run['session_id']}  {run['outcome']}  {', '.join(run['reasons'])}"


@click.command()
@click.argument("session_id", required=False)
@click.option("--at", "place", metavar="SEQ|TIME", help="As it stood after this event, or at this time.")
@json_flag
def show(session_id: str | None, place: str | None, as_json: bool) -> None:
    """One session in full (the newest without an ID)."""
    from desk.cli.story import tell

    with archived() as archive:
        session_id = wanted(archive, session_id)
        events = archive.events(session_id)
        known = events if place is None else until(events, place)
        document = show_document(known, archive.head(session_id) if place is None else known[-1].hash)
        if len(known) < len(events):
            document["session"] = {**document["session"], **_so_far(known)}  # type: ignore[dict-item]
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
