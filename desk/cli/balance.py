"""``desk balance``: an account's cash, folded from its events."""

from __future__ import annotations

import click

from desk import __version__
from desk.cli import output
from desk.cli.archive import reading
from desk.cli.options import json_flag
from desk.config import load
from desk.errors import UsageError
from desk.journal.snapshots import open_snapshots
from desk.ports import Journal
from desk.replay.account import Account, account_of

#: A person is shown this many of the newest changes; ``--json`` has all.
SHOWN = 10


@click.command()
@click.argument("account", required=False)
@click.option("--at", "place", metavar="TIME|SEQ", help="As it stood at this time, or after this event.")
@click.option("--without", "event_id", metavar="EVENT_ID", help="As if this event had not been recorded.")
@json_flag
def balance(account: str | None, place: str | None, event_id: str | None, as_json: bool) -> None:
    """ACCOUNT's cash in USDC (the newest session's account without one), and what moved it."""
    with reading() as journal:
        snapshots = open_snapshots(load().home.path, made_by=__version__)
        found = account_of(journal, _wanted(journal, account), snapshots)
        snapshots.flush()
        _, head = journal.head()
        if event_id is not None:
            found = found.without(event_id)
        if place is not None:
            found = found.until(place)
        document = {"at": place, "without": event_id, **_told(found), "journal_head": head}
        if as_json:
            output.emit({"schema": "desk.balance/1", **document})
        else:
            _say(found)


def _wanted(journal: Journal, account: str | None) -> str:
    """This account, or that of the newest session."""
    if account is not None:
        return account
    opened = [str(one.data["account"]) for one in journal.events(types=("SessionOpened",))]
    if not opened:
        raise UsageError("there is no account in this home", fix="Run `desk run`", code="NO_ACCOUNT")
    return opened[-1]


def _told(found: Account) -> dict[str, object]:
    return {
        "account": found.name,
        "balance_usdc": found.balance_at(),
        "open_trades": [one.trade_id for one in found.balance.open],
        "unknown_trades": list(found.balance.unknown),
        "changes": [
            {
                "seq": one.seq,
                "event_id": one.event_id,
                "at": one.at,
                "what": one.what,
                "change_usdc": one.change_usdc,
                "balance_usdc": one.balance_usdc,
            }
            for one in found.balances()
        ],
    }


def _say(found: Account) -> None:
    points = found.balances()
    if len(points) > SHOWN:
        output.say(f"  ... {len(points) - SHOWN} changes before these; --json has them")
    for one in points[-SHOWN:]:
        when = one.at.isoformat(timespec="seconds").replace("+00:00", "Z")
        output.say(
            f"  {when}  {one.event_id}  {one.what:<15} {one.change_usdc:>+14f} {one.balance_usdc:>14f}"
        )
    output.say(f"{output.inert(found.name)}  {found.balance_at():f} USDC")
    for trade_id in found.balance.unknown:
        output.say(f"  not known: what {trade_id} moved. Run: desk reconcile")
