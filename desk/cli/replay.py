"""``desk replay``: a session again from its record, with nothing outside within reach."""

from __future__ import annotations

import asyncio

import click

from desk import reopening
from desk.cli import output
from desk.cli.look import reading
from desk.cli.options import json_flag
from desk.cli.screen import Lines, Silent
from desk.errors import UsageError
from desk.journal import SqliteJournal, memory_journal
from desk.ports import Screen
from desk.replay.nowhere import forbid_sockets
from desk.replay.record import load
from desk.replay.resume import Replayed
from desk.replay.resume import replay as redrive


@click.command()
@click.argument("session_id", required=False)
@click.option("--all", "everything", is_flag=True, help="Every session of this home.")
@click.option("--verify", is_flag=True, help="Say only whether it came to the same bytes.")
@json_flag
def replay(session_id: str | None, everything: bool, verify: bool, as_json: bool) -> int:
    """Re-drive SESSION_ID (the newest without one) and hold every event against the record."""
    with reading() as journal:
        wanted = _wanted(journal, session_id, everything=everything)
        screen: Screen = Silent() if verify or as_json or everything else Lines(to_stderr=False, words=False)
        forbid_sockets()
        found = [asyncio.run(_again(journal, one, screen)) for one in wanted]
    if as_json:
        documents = [_document(one) for one in found]
        output.emit({"schema": "desk.replays/1", "sessions": documents} if everything else documents[0])
    else:
        for one in found:
            _say(one)
    return 0 if all(one.ok for one in found) else 1


def _wanted(journal: SqliteJournal, session_id: str | None, *, everything: bool) -> list[str]:
    if session_id is not None and not everything:
        return [session_id]
    opened = [str(one.data["session_id"]) for one in journal.events(types=("SessionOpened",))]
    if not opened:
        raise UsageError("there is no session in this home", fix="Run `desk run`", code="NO_SESSION")
    return opened if everything else opened[-1:]


async def _again(journal: SqliteJournal, session_id: str, screen: Screen) -> Replayed:
    record = load(journal, session_id)
    shadow = memory_journal()
    try:
        given = reopening.without_world(record, journal, shadow, screen)
        return await redrive(record, given, shadow)
    finally:
        shadow.close()


def _document(found: Replayed) -> dict[str, object]:
    return {
        "schema": "desk.replay/1",
        "ok": found.ok,
        "session_id": found.session_id,
        "session_digest": found.session_digest,
        "divergences": [
            {"step": one.step, "field": one.field, "recorded": one.recorded, "replayed": one.replayed}
            for one in found.divergences
        ],
    }


def _say(found: Replayed) -> None:
    if found.ok:
        output.say(f"{found.session_id}: the same to the byte, digest {str(found.session_digest)[:16]}")
        return
    output.say(f"{found.session_id}: NOT the same")
    for one in found.divergences[:20]:
        output.say(f"  step {one.step}, {one.field}")
        output.say(f"    recorded {output.inert(one.recorded[:200])}")
        output.say(f"    replayed {output.inert(one.replayed[:200])}")
        for line in one.diff.split("\n") if one.diff else ():
            output.say(f"      {output.inert(line)}")
