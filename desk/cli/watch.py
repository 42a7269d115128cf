"""``desk watch``: open trades behind their stops until a stop or target closes them."""

from __future__ import annotations

import asyncio
from datetime import datetime

import click

from desk import bootstrap, reopening
from desk.bootstrap import Desk
from desk.cli import output
from desk.cli.look import trades
from desk.cli.options import json_flag
from desk.config import load
from desk.domain.lifecycle import TradeState
from desk.errors import ReadFailed
from desk.execution.closing import row
from desk.execution.held import OPEN, kept
from desk.execution.on_record import last_move
from desk.replay.record import load as load_record

POLL_S = 5.0


@click.command()
@click.option("--fast", is_flag=True, help="Paper only: let the tape run until every trade is closed.")
@json_flag
def watch(fast: bool, as_json: bool) -> int:
    """Watch open trades, place a lost stop again; with --fast carry paper trades along the tape."""
    with bootstrap.opened(load()) as desk:
        rows = asyncio.run(Watch(desk, fast=fast, aloud=not as_json).run())
    if as_json:
        output.emit({"schema": "desk.watch/1", "trades": rows})
    elif not rows:
        output.say("no open trade to watch")
    return 4 if any(one["state"] in ("UNPROTECTED", "UNKNOWN") for one in rows) else 0


class Watch:
    """All open trades of a home, looked at in turn. A session is locked only while it is looked at."""

    def __init__(self, desk: Desk, *, fast: bool, aloud: bool) -> None:
        self._desk = desk
        self._fast = fast
        self._aloud = aloud
        self._said: dict[str, str] = {}

    async def run(self) -> list[dict[str, object]]:
        """Until none is open, or the tape is over. The last word on each trade that was open."""
        watched = list(self._open())
        open_now = watched
        while open_now:
            for trade in open_now:
                await self._look(trade)
            open_now = [trade for trade in self._open() if trade in watched]
            if not open_now or not await self._pass_time(open_now):
                break
        rows = [row(last_move(self._desk.journal, trade_id)) for trade_id in watched]
        for one in rows:
            self._say(one)
        return rows

    def _open(self) -> dict[str, str]:
        """Session by trade."""
        return {
            str(one["trade_id"]): str(one["session_id"])
            for one in trades(self._desk.journal)
            if TradeState(str(one["state"])) in OPEN
        }

    async def _look(self, trade_id: str) -> None:
        session_id = self._open()[trade_id]
        with bootstrap.locked(self._desk, session_id):
            given = reopening.afterwards(self._desk, load_record(self._desk.journal, session_id))
            try:
                moved = await kept(given.parts, trade_id)
            except ReadFailed as error:
                output.note(f"{trade_id}: the venue could not be read ({error.code}); looking again")
                return
            finally:
                await given.parts.venue.aclose()
        if not self._fast:
            self._say(row(moved))

    def _say(self, one: dict[str, object]) -> None:
        """A line for each change, once."""
        text, trade_id = line(one), str(one["trade_id"])
        if self._aloud and self._said.get(trade_id) != text:
            self._said[trade_id] = text
            output.say(text)

    async def _pass_time(self, open_now: list[str]) -> bool:
        """Let time pass: a bar of each tape, or a few seconds of the wall. False when every tape is over."""
        if not self._fast:
            await asyncio.sleep(POLL_S)
            return True
        store = bootstrap.paper_store(self._desk)
        try:
            accounts = {last_move(self._desk.journal, trade_id).account for trade_id in open_now}
            closes: dict[str, datetime] = {}
            for account in sorted(accounts):
                after = store.next_close(account) if store.clock(account) is not None else None
                if after is not None:
                    closes[account] = after
            for account, after in closes.items():
                store.advance(account, after)
            return bool(closes)
        finally:
            store.close()


def line(one: dict[str, object]) -> str:
    """One trade as a person reads it."""
    start = f"{one['trade_id']}  {one['symbol']}  {one['state']}"
    match one["state"]:
        case "CLOSED" if one["exit_reason"] is None:
            return f"{start}: its position is no longer at the venue; this desk did not close it"
        case "CLOSED":
            why = f"by {one['exit_reason']} at {one['exit_price']}"
            return f"{start} {why}: {one['pnl_usdc']} USDC, {one['r']} R"
        case "UNPROTECTED":
            return f"{start}: no stop could be proven; the desk is halted. Run: desk flatten"
        case "UNKNOWN":
            return f"{start}: an order of it is unknown. Run: desk reconcile"
    return f"{start}: open, behind its stop"
