"""``desk reconcile``: unknown orders resolved by proof; what stays ambiguous is shown with its evidence."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field

import click

from desk import bootstrap
from desk.bootstrap import Desk
from desk.cli import output
from desk.cli.look import trades
from desk.cli.options import json_flag
from desk.config import load
from desk.domain.lifecycle import OrderState, TradeState
from desk.execution.unknowns import Unresolved, unresolved
from desk.reconciling import settled


@dataclass(slots=True)
class Found:
    """What a reconcile made of everything open."""

    resolved: list[dict[str, object]] = field(default_factory=list)
    ambiguous: list[dict[str, object]] = field(default_factory=list)
    foreign: list[dict[str, object]] = field(default_factory=list)


@click.command()
@click.argument("session_id", required=False)
@json_flag
def reconcile(session_id: str | None, as_json: bool) -> int:
    """Look up every order whose outcome is not known (of one session, or all). Nothing is ever re-sent."""
    found = Found()
    with bootstrap.opened(load()) as desk:
        open_ended = [
            one
            for venue in (bootstrap.PAPER, bootstrap.FLEA)
            for one in unresolved(desk.journal, venue=venue)
            if session_id in (None, one.session_id)
        ]
        for one in open_ended:
            asyncio.run(_settle(desk, one, found))
        if desk.settings.flea_key is not None:
            asyncio.run(_foreign(desk, found))
    if as_json:
        output.emit({"schema": "desk.reconcile/1", **asdict(found)})
    else:
        _say(found)
    return 4 if found.ambiguous else 0


async def _settle(desk: Desk, one: Unresolved, found: Found) -> None:
    done = await settled(desk, one)
    row: dict[str, object] = {
        "client_order_id": done.client_order_id,
        "session_id": done.session_id,
        "symbol": done.symbol,
        "state": done.state.value,
    }
    if done.state is OrderState.UNKNOWN:
        found.ambiguous.append({**row, "evidence": done.evidence})
    else:
        found.resolved.append(row)


async def _foreign(desk: Desk, found: Found) -> None:
    """Positions at Purple Flea that no trade of this journal explains: reported, never adopted."""
    account = desk.settings.account or "purpleflea:default"
    venue = bootstrap.flea_venue(desk, account, "paper")
    try:
        snapshot = await venue.snapshot("BTC-PERP")
    finally:
        await venue.aclose()
    ours = {str(one["symbol"]) for one in trades(desk.journal) if TradeState(str(one["state"])).exposed}
    for position in snapshot.positions or ():
        if position.symbol not in ours:
            found.foreign.append(
                {"symbol": position.symbol, "side": position.side.value, "quantity": str(position.quantity)}
            )


def _say(found: Found) -> None:
    for row in found.resolved:
        output.say(f"{row['client_order_id']}  {row['symbol']}  {row['state']}")
    for row in found.ambiguous:
        output.say(f"{row['client_order_id']}  {row['symbol']}  still unknown; the symbol stays frozen")
        output.say(f"  {row.get('evidence')}")
    for row in found.foreign:
        output.say(f"not ours: {row['side']} {row['quantity']} {row['symbol']}")
    if not (found.resolved or found.ambiguous or found.foreign):
        output.say("nothing is unknown")
