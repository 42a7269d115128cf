"""``desk slack test``: is Slack set up so that people can be asked and believed?"""

from __future__ import annotations

import asyncio

import click

from desk.approval.slack.checks import checks
from desk.cli import output
from desk.cli.options import json_flag
from desk.config import load


@click.group()
def slack() -> None:
    """Approvals in Slack."""


@slack.command()
@click.option("--send", is_flag=True, help="Also send a harmless message to the channel.")
@json_flag
def test(send: bool, as_json: bool) -> int:
    """Check each DESK_SLACK_* setting, and whether Slack answers."""
    found = asyncio.run(checks(load().slack, reach=True, send=send))
    if as_json:
        output.emit({"schema": "desk.doctor/1", "checks": found})
    else:
        for check in found:
            output.say(f"{'ok ' if check['ok'] else 'NO '} {check['name']}: {check['detail']}")
            if not check["ok"]:
                output.say(f"     {check['fix']}")
    return 0 if all(check["ok"] for check in found) else 1
