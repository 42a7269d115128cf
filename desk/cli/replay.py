"""``desk replay``: a session again from its record, with nothing outside within reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from desk.cli import output
from desk.cli.archive import archived, wanted
from desk.cli.options import json_flag
from desk.errors import UsageError
from desk.replay.archive import Archive

if TYPE_CHECKING:
    # Walking through a record needs none of the law, and starts as quickly as `desk show`.
    from desk.replay.resume import Replayed


@click.command()
@click.argument("session_id", required=False)
@click.option("--all", "everything", is_flag=True, help="Every session of this home, in parallel.")
@click.option("--verify", is_flag=True, help="Say only whether it came to the same bytes.")
@click.option("--step", "stepping", is_flag=True, help="Walk through it: forward, back, and look around.")
@json_flag
def replay(session_id: str | None, everything: bool, verify: bool, stepping: bool, as_json: bool) -> int:
    """Re-drive SESSION_ID (the newest without one) and hold every event against the record."""
    if everything and (stepping or session_id is not None):
        raise UsageError("--all goes with neither --step nor an ID", fix="Leave one of them out")
    if everything:
        return _report(_all(), as_json=as_json, several=True)
    with archived() as archive:
        one = wanted(archive, session_id)
        if stepping:
            _walk(archive, one)
            return 0
        found = _again(archive, one, quiet=verify or as_json)
    return _report([found], as_json=as_json, several=False)


def _walk(archive: Archive, session_id: str) -> None:
    from desk.cli.stepping import walk
    from desk.replay.walk import Walk

    walk(Walk(archive.record(session_id), archive.source(session_id)))


def _again(archive: Archive, session_id: str, *, quiet: bool) -> Replayed:
    import asyncio

    from desk.cli.screen import Lines, Silent
    from desk.replay.nowhere import forbid_sockets
    from desk.replaying import replayed

    screen = Silent() if quiet else Lines(to_stderr=False, words=False)
    forbid_sockets()
    return asyncio.run(replayed(archive.source(session_id), session_id, screen))


def _all() -> Iterator[Replayed]:
    """Every session, in as many processes as there are cores; progress on a terminal."""
    from desk.cli.parallel import replayed_in_parallel

    with archived() as archive:
        ids = [*archive.own(), *archive.kept()]
    if not ids:
        raise UsageError("there is no session in this home", fix="Run `desk run`", code="NO_SESSION")
    yield from replayed_in_parallel(ids)


def _report(found: Iterable[Replayed], *, as_json: bool, several: bool) -> int:
    done = []
    for one in found:
        done.append(one)
        if not as_json:
            _say(one)
    if as_json:
        documents = [_document(one) for one in done]
        output.emit({"schema": "desk.replays/1", "sessions": documents} if several else documents[0])
    elif several:
        same = sum(one.ok for one in done)
        output.say(f"{same} of {len(done)} sessions are the same to the byte")
    return 0 if all(one.ok for one in done) else 1


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
