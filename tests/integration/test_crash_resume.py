"""A whole session dies at any instruction, and is resumed: it ends as if it had not, with one order."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from desk import bootstrap
from desk.bootstrap import Desk, Hands, Wishes
from desk.briefs.reader import read
from desk.config import Settings
from desk.deliberation.floor import drive
from desk.domain.lifecycle import OrderState, fold_order
from desk.errors import DeskError
from desk.execution.unknowns import unresolved
from desk.home.paths import Home
from desk.journal import memory_journal, verify_home
from desk.reconciling import catch_up
from desk.replay.record import load
from desk.replay.resume import replay, resume
from desk.session import Given, Session, SessionReport
from tests.kernel.crash import DIED, dying, instructions
from tests.kernel.fakes import Dark

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
HANDS = Hands(screen=Dark(), prompt=None, person="tester")
BRIEF = "@brexit-eve"
EFFECTLESS = {OrderState.NOT_SENT, OrderState.ABSENT, OrderState.REJECTED}
OPEN = {OrderState.SUBMITTED, OrderState.UNKNOWN}


@pytest.fixture
def scratch() -> Iterator[Path]:
    fast = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(dir=fast if fast.is_dir() else None))
    yield root
    shutil.rmtree(root)


def given(desk: Desk) -> Given:
    """What a session is given, with the plain chat in AutoGen's place."""
    return replace(bootstrap.given(desk, Wishes(), read(BRIEF), HANDS), chat=drive)


async def session(home: Path) -> None:
    with bootstrap.opened(Settings(home=Home(home))) as desk:
        live = given(desk)
        report = await Session(live).run()
        await live.parts.venue.aclose()
        assert report.outcome == "executed", report.reasons


async def restarted(home: Path, *, look_first: bool, halted: bool = False) -> list[str]:
    """Restart and go on with the session that died; what is wrong afterwards."""
    found = [f"verify: {problem.code}" for problem in verify_home(home).problems]
    with bootstrap.opened(Settings(home=Home(home))) as desk:
        opened = list(desk.journal.events(types=("SessionOpened",)))
        if not opened:
            return found
        session_id, account = str(opened[0].data["session_id"]), str(opened[0].data["account"])
        found += _lies(desk, account)
        if halted:
            desk.halt.halt("after the crash")
        live = await _given_again(desk, account, opened[0].occurred_at)
        if look_first:
            await catch_up(desk, unresolved(desk.journal, venue="paper"))
            found += _lies(desk, account)
        record = load(desk.journal, session_id)
        live = replace(live, settings=record.opened.settings)
        if record.closed is None:
            try:
                with closing(memory_journal()) as shadow:
                    found += _unfinished(await resume(record, live, shadow, desk.journal))
            except DeskError as error:
                found.append(f"not resumed: {error}")
        with closing(memory_journal()) as shadow:
            again = await replay(load(desk.journal, session_id), live, shadow)
        await live.parts.venue.aclose()
        if not again.ok and not found:
            found.append(f"the resumed record does not replay: {again.divergences[:1]}")
        return found + _lies(desk, account)


async def _given_again(desk: Desk, account: str, began: datetime) -> Given:
    """What the dead session was given: its account, on the venue's time that has passed since."""
    again = given(desk)
    await again.parts.venue.aclose()
    elapsed = bootstrap.elapsed_since("wall", began.astimezone(UTC) - timedelta(seconds=5))
    venue = bootstrap.paper_venue(desk, again.brief, account, elapsed, again=True)
    return replace(again, parts=replace(again.parts, venue=venue))


def _unfinished(report: SessionReport) -> list[str]:
    allowed = {"executed", "failed", "unknown", "halted"}
    return [] if report.outcome in allowed else [f"ended {report.outcome} {report.reasons}"]


def _lies(desk: Desk, account: str) -> list[str]:
    """Where the journal contradicts the venue's own ledger, and what happened twice."""
    placed = [line["idempotency_key"] for line in _ledger(desk, account) if line["kind"] == "order"]
    said = {}
    for record in desk.journal.events(types=("OrderSubmitted",)):
        cid = str(record.data["client_order_id"])
        said[cid] = fold_order(one.event_type for one in desk.journal.stream(f"order-{cid}"))
    found = ["one session, two orders"] if len(placed) > 1 else []
    found += [f"{cid} was placed and never submitted" for cid in placed if cid not in said]
    for cid, state in said.items():
        if (cid in placed and state in EFFECTLESS) or (cid not in placed and state not in EFFECTLESS | OPEN):
            found.append(f"{cid} is {state}, and at the venue it is {'there' if cid in placed else 'not'}")
    return found


def _ledger(desk: Desk, account: str) -> list[dict[str, object]]:
    store = bootstrap.tools_module("paper").PaperStore(desk.home.paper)
    try:
        with store.reading() as book:
            return list(book.ledger(account))
    finally:
        store.close()


def swept(scratch: Path, stride: int, *, look_first: bool, halted: bool = False) -> list[str]:
    """Faults over deaths at every ``stride``-th kernel instruction of a session."""
    total = instructions(lambda: session(scratch / "counting"), scratch)
    faults: list[str] = []
    for at in range(1 + look_first * stride // 2, total + 1, stride):
        home = scratch / f"home-{at}"
        assert dying(lambda home=home: session(home), at) == DIED
        faults += [
            f"k={at}: {fault}" for fault in asyncio.run(restarted(home, look_first=look_first, halted=halted))
        ]
        shutil.rmtree(home)
    return faults


@pytest.mark.parametrize("look_first", [False, True], ids=["resume", "reconcile_then_resume"])
def test_a_session_that_died_is_resumed_with_one_order_and_a_true_journal(scratch: Path, look_first: bool):
    assert swept(scratch, 997, look_first=look_first) == []


def test_a_halt_after_the_crash_does_not_make_what_was_sent_unsent(scratch: Path):
    assert swept(scratch, 997, look_first=False, halted=True) == []


@pytest.mark.torture
@pytest.mark.parametrize("look_first", [False, True], ids=["resume", "reconcile_then_resume"])
def test_a_session_that_died_anywhere_is_resumed_with_one_order(scratch: Path, look_first: bool):
    assert swept(scratch, 7, look_first=look_first) == []
