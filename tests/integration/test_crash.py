"""Whatever the instruction at which the process dies: one order for one intent, and a journal that is true.

The oracle is the venue's own ledger, which the dead process cannot have talked to afterwards.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.domain.lifecycle import OrderState, fold_order
from desk.domain.market import OrderRequest, VenueOrder
from desk.errors import DeskError
from desk.execution.tickets import request_of
from desk.journal import verify_home
from desk.ports import Permit, TicketId
from tests.kernel.bench import Bench
from tests.kernel.crash import DIED, LedgerVenue, bench_at, dying, instructions
from tests.kernel.values import intent
from tests.kernel.venue import purpose_of

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
#: A prime, so that repeated shapes of code are not always met at the same place.
STRIDE = 97
EFFECTLESS = {OrderState.NOT_SENT, OrderState.ABSENT, OrderState.REJECTED}
OPEN = {OrderState.SUBMITTED, OrderState.UNKNOWN}


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A place in memory where there is one: these tests are about order, not about the disk."""
    fast = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(dir=fast if fast.is_dir() else None))
    yield root
    shutil.rmtree(root)


async def trade(home: Path, hides_ids: bool) -> None:
    """propose → execute → fill → a stop of our own, and what a session's close writes."""
    bench = bench_at(home, hides_ids=hides_ids, process=0)
    report = await bench.run()
    assert report.outcome == "executed", report.reasons
    bench.flush()
    bench.journal.close()


# ---- the oracle ----------------------------------------------------------------------------------


def states(bench: Bench) -> dict[str, OrderState]:
    """What the journal says of each order."""
    found = {}
    for event in bench.events("OrderSubmitted"):
        history = bench.journal.stream(f"order-{event.client_order_id}")
        found[event.client_order_id] = fold_order(one.event_type for one in history)
    return found


def lies(bench: Bench) -> list[str]:
    """Where the journal and the venue's ledger contradict each other, and what happened twice."""
    ledger = [request.client_order_id for request in bench.venue.recorded()]
    said = states(bench)
    found = [f"{cid} was carried out and never submitted" for cid in ledger if cid not in said]
    found += [f"{cid} was carried out twice" for cid in set(ledger) if ledger.count(cid) > 1]
    entries = [request for request in bench.venue.recorded() if purpose_of(request) == "entry"]
    found += ["one intent, two entries"] if len(entries) > 1 else []
    for cid, state in said.items():
        if cid in ledger and state in EFFECTLESS:
            found.append(f"{cid} is {state} in the journal and exists at the venue")
        if cid not in ledger and state not in EFFECTLESS | OPEN:
            found.append(f"{cid} is {state} in the journal and the venue never had it")
    return found


async def recovered(home: Path, *, hides_ids: bool) -> list[str]:
    """Restart, look up what is open, and try once more to have the intent sent; what is wrong then."""
    found = []
    if (home / "journal.db").exists():
        found += [f"verify: {problem.code}" for problem in verify_home(home).problems]
    bench = bench_at(home, hides_ids=hides_ids, process=1)
    found += lies(bench)
    await bench.reconcile()
    found += lies(bench)
    left = set(states(bench).values())
    if OrderState.SUBMITTED in left or (not hides_ids and OrderState.UNKNOWN in left):
        found.append("an order that could be resolved was not")
    found += await _converged(bench)
    await _insist(bench)
    found += lies(bench)
    bench.journal.close()
    return found


async def _converged(bench: Bench) -> list[str]:
    """A second recovery has nothing to add."""
    before = bench.journal.head()
    await bench.reconcile()
    return [] if bench.journal.head() == before else ["a second recovery changed the journal"]


async def _insist(bench: Bench) -> None:
    """Execute every ticket there is, and propose the same intent again."""
    for event in bench.events("TicketIssued"):
        await bench.door.execute(event.ticket_id)
    try:
        answer = await bench.propose(intent())
        if isinstance(answer, TicketId):
            await bench.door.execute(answer.ticket_id)
    except DeskError:
        return


def survived(scratch: Path, hides_ids: bool, at: int) -> list[str] | None:
    """One death and one restart: what is wrong; None if ``at`` lies past the end."""
    home = scratch / f"home-{at}"
    home.mkdir(mode=0o700)
    if dying(lambda: trade(home, hides_ids), at) != DIED:
        return None
    found = asyncio.run(recovered(home, hides_ids=hides_ids))
    shutil.rmtree(home)
    return [f"k={at}: {fault}" for fault in found]


def swept(scratch: Path, hides_ids: bool, stride: int, first: int = 1) -> tuple[list[str], int]:
    """Faults over deaths at every ``stride``-th instruction, and how many deaths there were."""
    counting = scratch / "counting"
    counting.mkdir(mode=0o700)
    total = instructions(lambda: trade(counting, hides_ids), scratch)
    faults: list[str] = []
    deaths = 0
    for at in range(first, total + 1, stride):
        found = survived(scratch, hides_ids, at)
        assert found is not None, f"the run is shorter than it was: no instruction {at} of {total}"
        faults += found
        deaths += 1
    return faults, deaths


@pytest.mark.parametrize("hides_ids", [False, True], ids=["shows_ids", "hides_ids"])
def test_a_death_at_any_instruction_leaves_one_order_and_a_true_journal(scratch: Path, hides_ids: bool):
    faults, deaths = swept(scratch, hides_ids, STRIDE, first=1 + 48 * hides_ids)
    assert faults == []
    assert deaths > 50


@pytest.mark.torture
@pytest.mark.parametrize("hides_ids", [False, True], ids=["shows_ids", "hides_ids"])
def test_a_death_at_each_instruction_leaves_one_order_and_a_true_journal(scratch: Path, hides_ids: bool):
    faults, deaths = swept(scratch, hides_ids, 1)
    assert faults == []
    assert deaths > 5000


# ---- the control ---------------------------------------------------------------------------------


class HastyVenue(LedgerVenue):
    """Carries an order out once, however often it is asked."""

    def _carried_out(self, request: OrderRequest) -> VenueOrder:
        known = [one for one in self._orders if one.client_order_id == request.client_order_id]
        return known[0] if known else super()._carried_out(request)


async def hasty_trade(home: Path) -> None:
    """The bytes first, the record afterwards: what the desk must never do."""
    bench = bench_at(home, hides_ids=False, process=0, venue=HastyVenue)
    ticket = await bench.ticket()
    with bench.journal.transaction() as tx:
        row = tx.ticket(ticket)
    assert row is not None
    bench.venue._clear = lambda permit: None
    await bench.venue.submit(Permit(ticket_id=ticket, request=request_of(row), mac=""))
    await bench.door.execute(ticket)
    bench.journal.close()


def test_the_sweep_sees_a_desk_that_sends_before_it_records(scratch: Path):
    counting = scratch / "counting"
    counting.mkdir(mode=0o700)
    total = instructions(lambda: hasty_trade(counting), scratch)
    faults: list[str] = []
    for at in range(1, total, 10 * STRIDE):
        home = scratch / f"home-{at}"
        home.mkdir(mode=0o700)
        dying(lambda home=home: hasty_trade(home), at)
        faults += asyncio.run(recovered(home, hides_ids=False))
    assert any("never submitted" in fault for fault in faults)
