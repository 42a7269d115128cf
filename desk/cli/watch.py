"""``desk watch``: open trades until their stop or target closes them."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

import click

from desk import bootstrap, reopening
from desk.bootstrap import Desk, Hands
from desk.cli import output
from desk.cli.look import trades
from desk.cli.options import json_flag
from desk.cli.screen import Silent
from desk.config import load
from desk.domain.events import TradeMoved
from desk.domain.lifecycle import TRADE, TradeState
from desk.replay.closing import close_by_leg, entry_of, exit_by_leg, last_move, row
from desk.replay.record import load as load_record
from desk.session import Given

POLL_S = 5.0
#: States from which the venue's own leg may end a trade.
WATCHED = frozenset(state for state, targets in TRADE.items() if TradeState.CLOSED in targets)


@click.command()
@click.option("--fast", is_flag=True, help="Paper only: let the tape run until every trade is closed.")
@json_flag
def watch(fast: bool, as_json: bool) -> None:
    """Watch open trades; with --fast carry paper trades along the tape. Prints R and P&L."""
    with bootstrap.opened(load()) as desk:
        open_trades = [one for one in trades(desk.journal) if TradeState(str(one["state"])) in WATCHED]
        rows = [_follow(desk, one, fast=fast) for one in open_trades]
    if as_json:
        output.emit({"schema": "desk.watch/1", "trades": rows})
        return
    if not rows:
        output.say("no open trade to watch")
    for one in rows:
        output.say(_line(one))


def _line(one: dict[str, object]) -> str:
    if one["exit_reason"] is None:
        return f"{one['trade_id']}  {one['symbol']}  {one['state']}: still open where the tape ends"
    return (
        f"{one['trade_id']}  {one['symbol']}  {one['state']} by {one['exit_reason']} at {one['exit_price']}: "
        f"{one['pnl_usdc']} USDC, {one['r']} R"
    )


def _follow(desk: Desk, trade: dict[str, object], *, fast: bool) -> dict[str, object]:
    session_id = str(trade["session_id"])
    with bootstrap.locked(desk, session_id):
        record = load_record(desk.journal, session_id)
        given = reopening.with_world(desk, record, Hands(screen=Silent(), prompt=None, person=""))
        return asyncio.run(_until_closed(desk, given, str(trade["trade_id"]), fast=fast))


async def _until_closed(desk: Desk, given: Given, trade_id: str, *, fast: bool) -> dict[str, object]:
    moved = last_move(desk.journal, trade_id)
    try:
        while True:
            closed = await _look(desk, given, moved)
            if closed is not None:
                return closed
            if not _pass_time(desk, given, fast=fast):
                return row(moved)
    finally:
        await given.parts.venue.aclose()


async def _look(desk: Desk, given: Given, moved: TradeMoved) -> dict[str, object] | None:
    """Close the trade in the journal if one of its legs has filled at the venue."""
    venue = given.parts.venue
    left = exit_by_leg(await venue.orders(symbol=moved.symbol), _entry_id(desk, moved.trade_id))
    return None if left is None else close_by_leg(given.parts, moved, left)


def _entry_id(desk: Desk, trade_id: str) -> str:
    """The venue's id of the trade's entry."""
    stream = desk.journal.stream(f"order-{entry_of(desk.journal, trade_id).client_order_id}")
    return next(str(one.data["order_id"]) for one in reversed(stream) if one.data.get("order_id"))


def _pass_time(desk: Desk, given: Given, *, fast: bool) -> bool:
    """Let time pass: one bar of the tape, or a few seconds of the wall. False when the tape is over."""
    if not fast or given.parts.venue.name != bootstrap.PAPER:
        time.sleep(POLL_S)
        return True
    store = bootstrap.paper_store(desk)
    try:
        after: datetime | None = store.next_close(given.parts.log.account)
        if after is not None:
            store.advance(given.parts.log.account, after)
        return after is not None
    finally:
        store.close()
