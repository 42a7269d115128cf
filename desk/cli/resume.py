"""``desk resume``: go on with a session that was suspended or cut off."""

from __future__ import annotations

import asyncio

import click

from desk import bootstrap, reopening
from desk.bootstrap import Desk, Hands
from desk.cli import run
from desk.cli.card import CardPrompt
from desk.cli.options import json_flag, on_terminal, person
from desk.config import load
from desk.errors import UsageError
from desk.execution.unknowns import Unresolved, unresolved
from desk.journal import memory_journal
from desk.reconciling import catch_up
from desk.replay import resume as redrive
from desk.replay.record import Record
from desk.replay.record import load as load_record
from desk.session import SessionReport


@click.command()
@click.argument("session_id")
@click.option("--quiet", is_flag=True, help="Only the outcome.")
@json_flag
def resume(session_id: str, quiet: bool, as_json: bool) -> int:
    """Re-drive SESSION_ID to the end of its record, then go on: no call and no act is repeated."""
    settings = load()
    with bootstrap.opened(settings) as desk, bootstrap.locked(desk, session_id):
        record = load_record(desk.journal, session_id)
        if record.closed is not None:
            raise UsageError(
                f"session {session_id} is over ({record.closed.outcome})",
                fix=f"Look at it with `desk show {session_id}`",
                code="SESSION_OVER",
            )
        screen = run.screen_for(as_json=as_json, quiet=quiet)
        prompt = CardPrompt() if on_terminal() else None
        hands = Hands(screen=screen, prompt=prompt, person=person(settings))
        try:
            report = asyncio.run(_go_on(desk, record, hands))
        finally:
            screen.end()
        run.print_reports(desk, [report], as_json=as_json, quiet=quiet, several=False)
    return run.exit_code(report.outcome)


async def _go_on(desk: Desk, record: Record, hands: Hands) -> SessionReport:
    given = reopening.with_world(desk, record, hands)
    try:
        await catch_up(desk, _others(desk, record))
        record = load_record(desk.journal, record.session_id)
        shadow = memory_journal()
        try:
            return await redrive.resume(record, given, shadow, desk.journal)
        finally:
            shadow.close()
    finally:
        await given.parts.venue.aclose()


def _others(desk: Desk, record: Record) -> list[Unresolved]:
    """This account's unknown orders but the session's own, which the re-drive itself meets again."""
    opened = record.opened
    found = unresolved(desk.journal, venue=opened.venue, account=opened.account)
    return [one for one in found if one.session_id != record.session_id]
