"""``desk verify``: everything that can be checked about the journal."""

from __future__ import annotations

import click

from desk.cli import output
from desk.cli.options import json_flag
from desk.config import load
from desk.domain import ids
from desk.errors import JournalCorrupt
from desk.journal import read_journal, session_digest, verify_home


@click.command()
@click.argument("session_id", required=False)
@json_flag
def verify(session_id: str | None, as_json: bool) -> int:
    """Verify the whole journal; with an ID, also print that session's digest."""
    home = load().home.path
    report = verify_home(home)
    document = {
        "schema": "desk.verify/1",
        "ok": report.ok,
        "events": report.events,
        "head": report.head,
        "anchor_seq": report.anchor_seq,
        "problems": [
            {"code": problem.code, "seq": problem.seq, "detail": problem.detail}
            for problem in report.problems
        ],
    }
    if session_id is not None and report.ok:
        journal = read_journal(home)
        events = journal.of_session(ids.require_id(session_id, ids.SESSION))
        journal.close()
        document["session_digest"] = session_digest(events) if events else None
    if as_json:
        output.emit(document)
    else:
        _say(document)
    return 0 if report.ok else JournalCorrupt.exit_code


def _say(document: dict[str, object]) -> None:
    if document["ok"]:
        head = str(document["head"])[:16]
        head = str(document["head"])[:16]
        output.say(f"ok: {document['events']} events, head {head}, anchored at {document['anchor_seq']}")
        if document.get("session_digest"):
            output.say(f"session digest {document['session_digest']}")
        return
    output.say("the journal does NOT verify; nothing may trade on it")
    problems = document["problems"]
    assert isinstance(problems, list)
    for problem in problems:
        output.say(f"  {problem['code']} at event {problem['seq']}: {problem['detail']}")
