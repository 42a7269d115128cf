"""The breaker in front of the venue, as the door works it: what counts, what is an answer, who may probe."""

from __future__ import annotations

import pytest

from desk.domain import ids
from desk.domain.events import BreakerChanged
from desk.errors import DeskError, NotSent, OutcomeUnknown, Refused
from tests.kernel.bench import Bench
from tests.kernel.values import intent

#: Far enough apart for the limits on rate and duplicates, and for an open breaker's time.
LATER_S = 301
NO_LINE = NotSent("no connection")


async def tried(bench: Bench, fault: DeskError | None) -> tuple[str, tuple[str, ...]]:
    """One trade that meets this fault at the venue; its outcome and reasons."""
    bench.venue.fail = {} if fault is None else {"entry": fault}
    intent_id = bench.parts.new_ids.new(ids.INTENT, "")
    report = await bench.run(intent(intent_id=intent_id))
    return report.outcome, report.reasons


def states(bench: Bench) -> list[str]:
    return [event.state for event in bench.events("BreakerChanged") if isinstance(event, BreakerChanged)]


async def fails(bench: Bench, times: int, fault: DeskError = NO_LINE) -> None:
    for _ in range(times):
        await tried(bench, fault)
        bench.clock.pass_s(LATER_S)


COUNTED = [
    NO_LINE,
    OutcomeUnknown("lost", code="NETWORK"),
    Refused("no", code="rate_limited"),
    Refused("no", code="internal_error"),
    Refused("no", code="unavailable"),
]


@pytest.mark.parametrize("fault", COUNTED, ids=lambda fault: f"{type(fault).__name__}:{fault.code}")
async def test_three_failures_in_a_row_open_it_and_nothing_more_is_sent(fault: DeskError) -> None:
    bench = Bench()
    await fails(bench, 2)
    await tried(bench, fault)

    assert states(bench)[-1] == "OPEN"
    if not isinstance(fault, OutcomeUnknown):  # That one freezes its symbol besides.
        assert await tried(bench, None) == ("halted", ("BREAKER_OPEN",))
    assert len(bench.venue.sent) == 3


@pytest.mark.parametrize(
    "answer", [None, Refused("no", code="insufficient_balance")], ids=["filled", "refused"]
)
async def test_an_answer_whatever_it_says_begins_the_count_anew(answer: DeskError | None) -> None:
    bench = Bench()
    await fails(bench, 2)
    await tried(bench, answer)
    bench.clock.pass_s(LATER_S)
    await fails(bench, 2)

    assert set(states(bench)) == {"CLOSED"}
    assert await tried(bench, None) == ("executed", ())


@pytest.mark.parametrize(
    "fault",
    [
        Refused("no", code="insufficient_balance"),
        NotSent("held back", code="RATE_LIMITED"),
        NotSent("not taken", code="BAD_REQUEST"),
    ],
    ids=lambda fault: str(fault.code),
)
async def test_what_says_nothing_against_the_service_is_not_counted(fault: DeskError) -> None:
    bench = Bench()
    await fails(bench, 5, fault)

    assert "OPEN" not in states(bench)
    assert await tried(bench, None) == ("executed", ())


@pytest.mark.parametrize("code", ["unauthorized", "token_expired"])
async def test_refused_credentials_open_it_at_once_until_a_human_resets_it(code: str) -> None:
    bench = Bench()
    await tried(bench, Refused("no", code=code))
    bench.clock.pass_s(100_000)

    assert await tried(bench, None) == ("halted", ("BREAKER_OPEN",))
    assert len(bench.venue.sent) == 1


async def test_after_its_time_two_answered_probes_close_it() -> None:
    bench = Bench()
    await fails(bench, 3)

    for _ in range(2):
        assert await tried(bench, None) == ("executed", ())
        bench.clock.pass_s(LATER_S)

    assert states(bench)[-4:] == ["HALF_OPEN", "HALF_OPEN", "HALF_OPEN", "CLOSED"]


async def test_a_probe_that_fails_opens_it_again() -> None:
    bench = Bench()
    await fails(bench, 3)
    await tried(bench, NO_LINE)

    assert states(bench)[-2:] == ["HALF_OPEN", "OPEN"]
    assert await tried(bench, None) == ("halted", ("BREAKER_OPEN",))


async def test_of_two_processes_one_gets_the_probe() -> None:
    bench = Bench()
    other = Bench(journal=bench.journal, venue=bench.venue, tickets=bench.tickets, ids_from=10_000, session=1)
    await fails(bench, 3)

    now = bench.clock.stamp("x")
    admitted = []
    for one, ticket in ((bench, "tkt_a"), (other, "tkt_b")):
        guard = one.door._executing._room.guard
        with bench.journal.transaction() as tx:
            admitted.append(guard.admit(tx, now, ticket))

    assert admitted == [True, False]
