"""``desk fork``: a recorded session run again with one input changed. Nothing can be sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from desk.bootstrap import model_specs
from desk.cli import output
from desk.cli.archive import archived, wanted
from desk.cli.comparison import tell
from desk.cli.options import json_flag
from desk.cli.screen import Silent
from desk.config import ROLES, Settings, load
from desk.domain.canonical import Json
from desk.domain.money import amount
from desk.errors import BadNumber, JournalCorrupt, UsageError
from desk.forking import forked
from desk.home.records import RecordFiles
from desk.journal.document import parse
from desk.journal.projections import run_document
from desk.replay.comparing import compared
from desk.replay.fork.change import DENY, GRANT, Change
from desk.replay.portable import PortableRecord, written


@click.command()
@click.argument("session_id", required=False)
@click.option("--at", default=1, show_default=True, help="The step from which the change holds.")
@click.option(
    "--limit", "limits", multiple=True, metavar="NAME=VALUE", help="Another limit, tighter or looser."
)
@click.option(
    "--model", "models", multiple=True, metavar="[ROLE=]SPEC", help="Another model: rules or openai:MODEL."
)
@click.option("--prompt", "prompts", multiple=True, metavar="ROLE=FILE", help="Another system prompt.")
@click.option("--answer", metavar="grant|deny|USDC", help="What the human says; a number: a smaller size.")
@click.option("--venue-reply", metavar="JSON|@FILE", help="Merged into what the venue answered in step --at.")
@json_flag
def fork(
    session_id: str | None,
    at: int,
    limits: tuple[str, ...],
    models: tuple[str, ...],
    prompts: tuple[str, ...],
    answer: str | None,
    venue_reply: str | None,
    as_json: bool,
) -> None:
    """Run SESSION_ID (the newest without one) again with a change, and keep what comes of it as a fork."""
    settings = load()
    change = Change(
        at=at,
        models=_models(settings, models),
        prompts={role: _text(name) for role, name in _roles(prompts).items()},
        limits={name: _number(name, value) for name, value in _pairs(limits, "--limit").items()},
        answer=None if answer is None else _answer(answer),
        venue_reply=None if venue_reply is None else _document(venue_reply),
    )
    with archived() as archive:
        parent = archive.portable(wanted(archive, session_id))
    made = asyncio.run(forked(parent, parent.session_id, change, settings, Silent()))
    RecordFiles(settings.home.records).keep(made.session_id, written(made))
    _say(parent, made, as_json=as_json)


def _say(parent: PortableRecord, made: PortableRecord, *, as_json: bool) -> None:
    run: Mapping[str, Any] = run_document(made.events, made.journal_hash)
    if as_json:
        output.emit(run)
        return
    output.say(f"{made.session_id}  fork of {parent.session_id}: nothing was sent")
    output.say(f"{run['outcome'].upper()} by {run['decided_by']}  {', '.join(run['reasons'])}")
    output.say(f"changed: {_changes(made)}")
    output.say()
    tell(compared(parent, made), only_changes=True)


def _changes(made: PortableRecord) -> str:
    """What was supposed, from the fork's own record."""
    supposed: Any = made.record.opened.settings["fork"]
    given = {name: value for name, value in supposed.items() if value and name != "at"}
    told = ", ".join(f"{name} {json.dumps(value)}" for name, value in given.items())
    return f"{told or 'nothing'}, from step {supposed['at']} on"


def _models(settings: Settings, flags: tuple[str, ...]) -> dict[str, str]:
    """The roles that a flag names; a flag without a role names all."""
    specs = model_specs(settings, flags)
    named = {flag.partition("=")[0] for flag in flags}
    return {role: spec for role, spec in specs.items() if role in named or not named <= set(ROLES)}


def _pairs(flags: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = dict(flag.partition("=")[::2] for flag in flags)
    for name, value in pairs.items():
        if not name or not value:
            raise UsageError(f"{option} needs NAME=VALUE", why=f"it got {name[:40]!a}")
    return pairs


def _roles(flags: tuple[str, ...]) -> dict[str, str]:
    pairs = _pairs(flags, "--prompt")
    for role in pairs:
        if role not in ROLES:
            raise UsageError(f"{role[:40]!a} is not a role", fix="Known: " + ", ".join(ROLES))
    return pairs


def _number(name: str, value: str) -> Decimal:
    try:
        return amount(value)
    except BadNumber as error:
        raise UsageError(f"--limit {name[:40]}: {error}", fix="Give a plain number, such as 0.01") from None


def _answer(said: str) -> str | Decimal:
    if said in (GRANT, DENY):
        return said
    try:
        return amount(said)
    except BadNumber:
        raise UsageError(
            f"{said[:40]!a} is no answer", fix="Use grant, deny, or a smaller size in USDC"
        ) from None


def _text(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{name[:80]!a} cannot be read", fix="Give a file of UTF-8 text") from None


def _document(given: str) -> Mapping[str, Json]:
    text = _text(given[1:]) if given.startswith("@") else given
    try:
        return parse(text)
    except JournalCorrupt:
        raise UsageError(
            "--venue-reply is not an object of strict JSON",
            why="numbers in it are text, as in the record",
            fix="""Such as '{"balance_usdc":"100"}'""",
        ) from None
