"""What was asked, answered and permitted cannot be edited behind the desk's back: any field, any stage."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from desk import bootstrap, reopening
from desk.approval.inbox import Inbox
from desk.bootstrap import Hands, Wishes
from desk.briefs.reader import read
from desk.config import Settings
from desk.deliberation.floor import drive
from desk.domain.approval import GRANTED
from desk.errors import DeskError
from desk.home.identity import RandomIds
from desk.home.paths import Home
from desk.journal.schema import TICKET_COLUMNS
from desk.ports import Answer
from desk.reconciling import go_on
from desk.replay.nowhere import NoScreen
from desk.replay.record import load
from desk.session import Session
from tests.kernel.bench import Bench

HANDS = Hands(screen=NoScreen(), prompt=None, person="tester")
QUESTION = ("IntentMinted", "GateAssessed", "ApprovalRequested")
#: Stages of an approval's life, and the events that can be tampered with there.
STAGES = {"asked": QUESTION, "answered": (*QUESTION, "ApprovalDecided")}
Path_ = tuple[str | int, ...]


async def asked(home: Path) -> str:
    """A session that waits for a human."""
    with bootstrap.opened(Settings(home=Home(home))) as desk:
        given = bootstrap.given(desk, Wishes(approve="inbox"), read("@year-end-rally"), HANDS)
        report = await Session(replace(given, chat=drive)).run()
        await given.parts.venue.aclose()
        assert report.outcome == "awaiting_approval"
        return report.session_id


def answer(home: Path) -> None:
    with bootstrap.opened(Settings(home=Home(home))) as desk:
        inbox = Inbox(desk.journal, RandomIds())
        [question] = inbox.waiting()
        said = Answer(card_hash=question.request.card_hash, decision=GRANTED, by="ann", channel="inbox")
        inbox.answer(question, reopening.clock_of(desk, question.session_id), said)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """A home at each stage, and its session."""
    root = tmp_path_factory.mktemp("stages")
    session_id = asyncio.run(asked(root / "asked"))
    shutil.copytree(root / "asked", root / "answered")
    answer(root / "answered")
    return {stage: (root / stage, session_id) for stage in STAGES}


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Paths of everything in a document that is no container."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(item, dict | list) and item:
            yield from leaves(item, (*path, key))
        else:
            yield (*path, key)


def changed(value: Any, path: Path_) -> Any:
    """The document with another value in that place."""
    if not path:
        return not value if isinstance(value, bool) else f"{value}1" if value is not None else "1"
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:])
    return copy


def documents(home: Path, kinds: tuple[str, ...]) -> list[tuple[int, dict[str, Any]]]:
    marks = ", ".join("?" * len(kinds))
    with sqlite3.connect(home / "journal.db") as db:
        rows = db.execute(f"SELECT seq, data FROM events WHERE event_type IN ({marks})", kinds).fetchall()
    return [(seq, json.loads(data)) for seq, data in rows]


def orders_at_the_venue(home: Path) -> int:
    with sqlite3.connect(home / "paper.db") as db:
        return int(db.execute("SELECT count(*) FROM ledger WHERE kind = 'order'").fetchone()[0])


async def acted(home: Path, session_id: str) -> str:
    """Go on with the session as `desk resume` does; what stopped it, or how it ended."""
    try:
        with bootstrap.opened(Settings(home=Home(home))) as desk:
            given = await go_on(desk, load(desk.journal, session_id), HANDS)
            return given.outcome
    except DeskError as error:
        return f"exit {error.exit_code}"


@pytest.mark.parametrize("stage", STAGES)
def test_no_field_of_intent_card_or_answer_can_be_changed_unseen(
    stage: str, homes: dict[str, tuple[Path, str]], tmp_path: Path
) -> None:
    home, session_id = homes[stage]
    tried = 0
    for seq, data in documents(home, STAGES[stage]):
        for path in leaves({key: value for key, value in data.items() if key != "inputs"}):
            if "checks" in path and path[1] not in (0, 1):
                continue
            copy = tmp_path / f"{seq}-{tried}"
            shutil.copytree(home, copy)
            tampered(copy, seq, changed(data, path))
            assert asyncio.run(acted(copy, session_id)) == "exit 6", (seq, path)
            assert orders_at_the_venue(copy) == 0
            shutil.rmtree(copy)
            tried += 1
    assert tried >= 60


def tampered(home: Path, seq: int, data: object) -> None:
    """Write another document in an event's place, past the triggers: the attacker owns the file."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with sqlite3.connect(home / "journal.db") as db, unguarded(db):
        assert db.execute("UPDATE events SET data = ? WHERE seq = ?", (text, seq)).rowcount == 1


@contextmanager
def unguarded(db: sqlite3.Connection) -> Iterator[None]:
    """Without the table's triggers, which stand again afterwards."""
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in triggers:
        db.execute(sql)


@pytest.mark.parametrize("stage", STAGES)
def test_untouched_it_would_have_gone_on(
    stage: str, homes: dict[str, tuple[Path, str]], tmp_path: Path
) -> None:
    """The control: without the change the same steps end as they should."""
    home, session_id = homes[stage]
    shutil.copytree(home, tmp_path / "copy")
    outcome = asyncio.run(acted(tmp_path / "copy", session_id))
    assert outcome == ("executed" if stage == "answered" else "awaiting_approval")


SEALED = [name for name in TICKET_COLUMNS if name not in ("ticket_id", "used_at", "revoked")]


@pytest.mark.parametrize("column", SEALED)
async def test_no_field_of_a_ticket_can_be_changed_between_its_issue_and_the_send(column: str) -> None:
    bench = Bench()
    ticket = await bench.ticket()
    db = bench.journal._db
    [value] = db.execute(f"SELECT {column} FROM tickets WHERE ticket_id = ?", (ticket,)).fetchone()
    other = value + 1 if isinstance(value, int) else f"{value or ''}1"
    with unguarded(db):
        db.execute(f"UPDATE tickets SET {column} = ? WHERE ticket_id = ?", (other, ticket))
    report = await bench.door.execute(ticket)
    assert report.reasons[0] in ("TICKET_FORGED", "PARAMS_DIFFER")
    assert bench.venue.sent == []
