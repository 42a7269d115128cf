"""``desk resume``: go on with a session that was suspended or cut off."""

from __future__ import annotations

import asyncio

import click

from desk import bootstrap
from desk.bootstrap import Hands
from desk.cli import run
from desk.cli.card import CardPrompt
from desk.cli.options import json_flag, on_terminal, person
from desk.config import load
from desk.errors import UsageError
from desk.reconciling import go_on
from desk.replay.record import load as load_record


@click.command()
@click.argument("session_id")
@click.option("--quiet", is_flag=True, help="Only the outcome.")
@json_flag
def resume(session_id: str, quiet: bool, as_json: bool) -> int:
    """Re-drive SESSION_ID to the end of its record, then go on: no call and no act is repeated."""
    settings = load()
    with bootstrap.opened(settings) as desk:
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
            report = asyncio.run(go_on(desk, record, hands))
        finally:
            screen.end()
        run.print_reports(desk, [report], as_json=as_json, quiet=quiet, several=False)
    return run.exit_code(report.outcome)
