"""``desk reconcile``: unknown orders resolved by proof; what stays ambiguous is shown with its evidence."""

from __future__ import annotations

import asyncio

import click
from msgspec import Struct, field
from msgspec.structs import asdict

from desk import bootstrap, reopening
from desk.bootstrap import Desk
from desk.cli import output
from desk.cli.look import trades
from desk.cli.options import json_flag
from desk.config import load
from desk.domain.events import Document
from desk.domain.lifecycle import OrderState, TradeState
from desk.errors import ReadFailed
from desk.execution.foreign import foreign, ours
from desk.execution.unknowns import Unresolved, unresolved
from desk.reconciling import settled
from desk.replay.record import load as load_record


class Found(Struct):
    """What a reconcile made of everything open."""

    resolved: list[dict[str, object]] = field(default_factory=list)
    ambiguous: list[dict[str, object]] = field(default_factory=list)
    foreign: list[Document] = field(default_factory=list)


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
        for account, session in _accounts(desk).items():
            found.foreign += asyncio.run(_foreign(desk, account, session))
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


def _accounts(desk: Desk) -> dict[str, str]:
    """Accounts that somebody else may use, or that hold something; each with its newest session."""
    exposed = {str(one["account"]) for one in trades(desk.journal) if TradeState(str(one["state"])).exposed}
    found = {}
    for record in desk.journal.events(types=("SessionOpened",)):
        account, session_id = str(record.data["account"]), str(record.data["session_id"])
        reachable = record.data["venue"] == bootstrap.PAPER or desk.settings.flea_key is not None
        own = account.endswith(session_id)
        if reachable and (account in exposed or not own):
            found[account] = session_id
    return found


async def _foreign(desk: Desk, account: str, session_id: str) -> list[Document]:
    given = reopening.afterwards(desk, load_record(desk.journal, session_id))
    venue = given.parts.venue
    try:
        positions = (await venue.snapshot(given.brief.symbol)).positions or ()
        return foreign(account, await venue.orders(), positions, ours(desk.journal, account))
    except ReadFailed as error:
        output.note(
            f"{account}: the venue could not be read ({error.code}); what is foreign there is not known"
        )
        return []
    finally:
        await venue.aclose()


def _say(found: Found) -> None:
    for row in found.resolved:
        output.say(f"{row['client_order_id']}  {row['symbol']}  {row['state']}")
    for row in found.ambiguous:
        output.say(f"{row['client_order_id']}  {row['symbol']}  still unknown; the symbol stays frozen")
        output.say(f"  {row.get('evidence')}")
    for stranger in found.foreign:
        what = f"{stranger['what']} {stranger['side']} {stranger['quantity']} {stranger['symbol']}"
        output.say(f"not ours: {what} of {stranger['account']}")
    if not (found.resolved or found.ambiguous or found.foreign):
        output.say("nothing is unknown")
