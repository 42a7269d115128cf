"""A writer without the key who makes each event he changes fit its own hash: no order comes of it.

Plain edits are caught as the event is read (``test_approval_tamper``). Here the forger recomputes the hash
of the row, or of the whole chain behind it, in a part of the journal that a checkpoint has covered.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from desk.deliberation.floor import Floor
from desk.domain.approval import DENIED, GRANTED
from desk.domain.canonical import written
from desk.domain.roles import EXECUTOR
from desk.errors import DeskError
from desk.journal import verify_home
from desk.journal.chain import COLUMNS, hash_of
from desk.ports import ANY, Answer
from tests.journal_samples import new, tampering
from tests.kernel.asked import TWO, Asked
from tests.kernel.bench import Bench
from tests.kernel.values import sized

Row = list[Any]
DATA, HASH = 7, 11
ACT = ("venue", "kind", "symbol", "side", "limit", "stop", "target", "leverage", "tif", "valid_until")
#: What is forged in each event: paths of fields.
FIELDS: dict[str, list[tuple[str, ...]]] = {
    "IntentMinted": [
        ("intent_id",),
        ("intent_hash",),
        *(("act", name) for name in (*ACT, "size", "quantity")),
    ],
    "ApprovalRequested": [
        *((name,) for name in ("approval_id", "intent_id", "intent_hash", "card_hash", "policy_version")),
        *(
            (name,)
            for name in ("channel", "expires_at", "expires_boot", "expires_monotonic", "quorum", "parent")
        ),
        *(("card", "act", name) for name in (*ACT, "size", "quantity")),
        *(("card", name) for name in ("intent_hash", "worst_loss", "why_asked", "humans", "case_against")),
    ],
    "ApprovalDecided": [
        *((name,) for name in ("approval_id", "intent_id", "intent_hash", "card_hash", "decision", "by")),
        *((name,) for name in ("channel", "reason", "size_usdc", "edited_hash")),
    ],
    "TicketIssued": [
        *((name,) for name in ("ticket_id", "intent_id", "intent_hash", "attempt", "purpose", "trade_id")),
        *((name,) for name in ("client_order_id", "expires_at")),
    ],
}
#: Stages, and the events there are by then.
STAGES = {
    "asked": ("IntentMinted", "ApprovalRequested"),
    "answered": ("IntentMinted", "ApprovalRequested", "ApprovalDecided"),
    "ticketed": tuple(FIELDS),
}


async def until_ticketed(floor: Floor) -> None:
    """The chat, whose process ends when the executor's turn comes."""
    while speakers := floor.turn():
        if EXECUTOR in speakers:
            raise InterruptedError
        await asyncio.gather(*(floor.speak(role) for role in speakers))


def life_goes_on(asked: Asked) -> None:
    """Something else is recorded, and the checkpoint moves on with it."""
    with asked.opened() as desk:
        n = desk.journal.head()[0] + 1
        desk.journal.append("account-a", ANY, [new(n)])


async def at(stage: str, home: Path) -> Asked:
    asked = Asked(home=home)
    await asked.run()
    if stage != "asked":
        asked.answer()
    if stage == "ticketed":
        with pytest.raises(InterruptedError):
            await asked.resume(until_ticketed)
        assert asked.events("TicketIssued")
    life_goes_on(asked)
    return asked


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Asked]:
    root = tmp_path_factory.mktemp("stages")
    return {stage: asyncio.run(at(stage, root / stage)) for stage in STAGES}


# ---- the forger ----------------------------------------------------------------------------------


def other(value: Any) -> Any:
    """Another value, of the same type where the type says anything."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str() if value.replace(".", "").isdigit():
            return value + "1"
        case str() if value in SWAPS:
            return SWAPS[value]
        case str():
            return value[:-1] + ("0" if value[-1:] != "0" else "1")
        case None:
            return "1"
        case list() | dict():
            return type(value)()
    raise AssertionError(value)


SWAPS = {"buy": "sell", "granted": "denied", "ann": "bob", "ioc": "gtc", "trade": "bet", "inbox": "console"}


def changed(document: Any, path: tuple[str, ...]) -> Any:
    if not path:
        return other(document)
    return {**document, path[0]: changed(document[path[0]], path[1:])}


def forged(home: Path, kind: str, change: Callable[[Any], Any], *, chain: bool) -> None:
    """Change the last event of this kind and recompute its hash; with ``chain``, of all that follow."""
    with tampering(home) as db:
        [row] = db.execute(
            f"SELECT {COLUMNS} FROM events WHERE event_type = ? ORDER BY seq DESC LIMIT 1", (kind,)
        ).fetchall()
        rewritten(db, [*row], change(json.loads(row[DATA])))
        if chain:
            rechained(db, row[0])


def rewritten(db: sqlite3.Connection, row: Row, data: Any) -> None:
    row[DATA] = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    values = (row[DATA], hash_of(tuple(row)), row[0])
    db.execute("UPDATE events SET data = ?, hash = ? WHERE seq = ?", values)


def rechained(db: sqlite3.Connection, after: int) -> None:
    [head] = db.execute("SELECT hash FROM events WHERE seq = ?", (after,)).fetchone()
    for row in db.execute(f"SELECT {COLUMNS} FROM events WHERE seq > ? ORDER BY seq", (after,)).fetchall():
        digest = hash_of((*row[:10], head, ""))
        db.execute("UPDATE events SET prev_hash = ?, hash = ? WHERE seq = ?", (head, digest, row[0]))
        head = digest


# ---- what comes of it ----------------------------------------------------------------------------


async def acted(asked: Asked) -> str:
    """Answer if nobody has, and go on; what stopped it, or how it ended."""
    try:
        if not asked.decisions():
            asked.answer()
        return (await asked.resume()).outcome
    except DeskError as error:
        return error.code


def orders(home: Path) -> int:
    with sqlite3.connect(home / "paper.db") as db:
        return int(db.execute("SELECT count(*) FROM ledger WHERE kind = 'order'").fetchone()[0])


REFUSED = {"CHAIN_BROKEN", "SEAL_MISMATCH", "ANCHOR_MISMATCH", "CARD_DIFFERS", "EVENT_UNREADABLE"}


def cases(stage: str) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    for kind in STAGES[stage]:
        for path in FIELDS[kind]:
            yield kind, path, False
            yield kind, path, True


COUNTS = {stage: len(list(cases(stage))) for stage in STAGES}


@pytest.mark.parametrize("stage", STAGES, ids=[f"{stage}-{n}-cases" for stage, n in COUNTS.items()])
def test_no_forged_field_is_acted_on(stage: str, homes: dict[str, Asked], tmp_path: Path) -> None:
    codes = set()
    for n, (kind, path, chain) in enumerate(cases(stage)):
        copy = dataclasses.replace(homes[stage], home=tmp_path / str(n))
        shutil.copytree(homes[stage].home, copy.home)
        forged(copy.home, kind, lambda data, path=path: changed(data, path), chain=chain)  # type: ignore[misc]
        code = asyncio.run(acted(copy))
        assert (code in REFUSED, orders(copy.home)) == (True, 0), (kind, path, chain, code)
        codes.add(code)
        shutil.rmtree(copy.home)
    assert {"CHAIN_BROKEN"} <= codes


@pytest.mark.parametrize("stage", STAGES)
def test_unforged_it_is_acted_on(stage: str, homes: dict[str, Asked], tmp_path: Path) -> None:
    copy = dataclasses.replace(homes[stage], home=tmp_path / "copy")
    shutil.copytree(homes[stage].home, copy.home)
    assert asyncio.run(acted(copy)) == "executed"
    assert orders(copy.home) == 1


# ---- words put into people's mouths --------------------------------------------------------------


async def test_a_denial_made_a_grant_behind_the_checkpoint_is_no_grant(tmp_path: Path) -> None:
    asked = Asked(home=tmp_path)
    await asked.run()
    asked.answer(DENIED, reason="no")
    life_goes_on(asked)
    forged(tmp_path, "ApprovalDecided", lambda d: {**d, "decision": GRANTED, "reason": None}, chain=False)
    assert await acted(asked) == "CHAIN_BROKEN"
    assert orders(tmp_path) == 0


def moved(home: Path, asked: Asked, by: str) -> None:
    """An old event of another stream becomes a grant in the session's stream; the head stays as it is."""
    request = asked.question
    word = {
        **{name: getattr(request, name) for name in ("approval_id", "intent_id", "intent_hash", "card_hash")},
        **{"decision": GRANTED, "by": by, "channel": "inbox"},
        **{"reason": None, "size_usdc": None, "edited_hash": None},
    }
    with tampering(home) as db:
        stream = f"session-{asked.session_id}"
        [version] = db.execute("SELECT max(version) FROM events WHERE stream_id = ?", (stream,)).fetchone()
        [row] = db.execute(
            f"SELECT {COLUMNS} FROM events WHERE stream_id = 'account-a' ORDER BY seq LIMIT 1"
        ).fetchall()
        place = [stream, "session", version + 1, "ApprovalDecided"]
        db.execute(
            "UPDATE events SET stream_id = ?, stream_type = ?, version = ?, event_type = ? WHERE seq = ?",
            (*place, row[0]),
        )
        rewritten(db, [row[0], row[1], *place, *row[6:]], word)


@pytest.mark.parametrize("humans", [1, 2])
async def test_an_event_moved_from_elsewhere_is_no_grant(tmp_path: Path, humans: int) -> None:
    asked = Asked(home=tmp_path, settings={"policy": TWO} if humans == 2 else {})
    await asked.run()
    if humans == 2:
        asked.answer(by="ann")
    for _ in range(2):
        life_goes_on(asked)
    moved(tmp_path, asked, by="bob")
    assert asked.decisions()[-1] == (GRANTED, "bob", None), "read alone, it is a word like any other"
    assert await acted(asked) == "CHAIN_BROKEN"
    assert orders(tmp_path) == 0
    assert not verify_home(tmp_path).ok


async def test_a_grant_forged_while_a_session_waits_for_the_inbox_is_none(tmp_path: Path) -> None:
    """The process that waits has proven the journal long ago; it proves it again before it believes."""
    asked = Asked(home=tmp_path)
    for _ in range(2):
        life_goes_on(asked)

    class ForgedMeanwhile:
        channel, ttl_s, suspends = "inbox", 600, True

        def __init__(self, live: Any) -> None:
            self._live = live

        async def ask(self, request: Any) -> Answer | None:
            life_goes_on(asked)
            moved(tmp_path, asked, by="bob")
            return await self._live.ask(request)

    def around(given: Any) -> Any:
        asked.session_id = given.parts.log.session_id
        return replace(given, parts=replace(given.parts, approver=ForgedMeanwhile(given.parts.approver)))

    asked.around = around
    with pytest.raises(DeskError) as stopped:
        await asked.run()
    assert (stopped.value.code, stopped.value.exit_code) == ("CHAIN_BROKEN", 6)
    assert orders(tmp_path) == 0


# ---- the ticket ----------------------------------------------------------------------------------

REQUEST = {
    "client_order_id": "cid_" + "f" * 32,
    "symbol": "GOOG-PERP",
    "side": "sell",
    "quantity": "0.9",
    "type": "market",
    "time_in_force": "gtc",
    "mode": "live",
    "leverage": 2,
    "reduce_only": True,
    "limit_price": "2100",
    "stop_price": "1",
    "stop_loss": "1900",
    "take_profit": "2141",
}


async def approved(bench: Bench) -> str:
    """A ticket that a human granted."""
    return await bench.ticket(sized(Decimal(150)))


async def test_every_field_of_the_request_is_tried() -> None:
    bench = Bench()
    await approved(bench)
    [params] = bench.journal._db.execute("SELECT params FROM tickets").fetchone()
    assert set(json.loads(params)) == set(REQUEST)


@pytest.mark.parametrize("rehash", [False, True], ids=["params", "params and their hash"])
@pytest.mark.parametrize("field", REQUEST)
async def test_no_field_of_the_stored_request_can_be_changed_before_the_send(
    field: str, rehash: bool
) -> None:
    bench = Bench()
    ticket = await approved(bench)
    with bench.journal.transaction() as tx:
        row = tx.ticket(ticket)
    assert row is not None
    text = written({**json.loads(row.params), field: REQUEST[field]})
    assert text != row.params
    digest = sha256(text.encode()).hexdigest() if rehash else row.params_hash
    database = bench.journal._db
    for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {name}")
    database.execute("UPDATE tickets SET params = ?, params_hash = ?", (text, digest))
    report = await bench.door.execute(ticket)
    assert (report.outcome, report.reasons, bench.venue.sent) == ("failed", ("TICKET_FORGED",), [])


async def test_untouched_the_approved_ticket_is_sent() -> None:
    bench = Bench()
    report = await bench.door.execute(await approved(bench))
    assert (report.outcome, len(bench.venue.entries)) == ("executed", 1)
