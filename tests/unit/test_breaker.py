"""What a breaker does, one sentence a test, and that its state survives in the journal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk.domain.breaker import Breaker, BreakerState
from desk.errors import DeskError, NotSent, OutcomeUnknown, ReadFailed, Refused, TicketRefused
from desk.execution.guard import Guard
from desk.execution.log import SessionLog
from desk.execution.tape import Tape
from desk.journal import SqliteJournal, memory_journal
from desk.ports import Instant
from tests.kernel.fakes import CountedIds, HandClock
from tests.kernel.values import NOW, D

CLOSED, OPEN, HALF_OPEN = BreakerState


def after(seconds: float):
    return NOW + timedelta(seconds=seconds)


def opened(service: str = "trading@paper") -> Breaker:
    """Just opened, at ``NOW``."""
    breaker = Breaker(service=service)
    while breaker.state is CLOSED:
        breaker = breaker.failed(NOW)
    return breaker


SERVICES = [("trading", 3, 60), ("trading@purpleflea", 3, 60), ("casino", 5, 30), ("wallet", 5, 60)]


@pytest.mark.parametrize(("service", "failures", "open_s"), SERVICES)
def test_it_opens_after_its_services_failures_in_a_row_for_its_seconds(
    service: str, failures: int, open_s: int
):
    breaker = Breaker(service=service)
    for _ in range(failures - 1):
        breaker = breaker.failed(NOW)
        assert breaker.admits(NOW)
    breaker = breaker.failed(NOW)
    assert breaker.state is OPEN
    assert not breaker.admits(after(open_s - 0.001))
    assert breaker.admits(after(open_s))


def test_an_answer_between_failures_starts_the_count_anew():
    breaker = Breaker(service="trading").failed(NOW).failed(NOW).succeeded(NOW).failed(NOW).failed(NOW)
    assert breaker.state is CLOSED
    assert breaker.failed(NOW).state is OPEN


def test_half_open_admits_exactly_one_probe():
    probing = opened().claimed("a", after(60))
    assert probing.state is HALF_OPEN
    assert not probing.admits(after(60))
    assert not probing.admits(after(119.999))
    assert not probing.admits(after(60), reduces=True)


def test_a_probe_that_never_reports_is_given_up_after_as_long():
    assert opened().claimed("a", after(60)).admits(after(120))


def test_two_successes_close_it():
    one = opened().claimed("a", after(60)).succeeded(after(61))
    assert (one.state, one.probe_by) == (HALF_OPEN, None)
    assert one.admits(after(61))
    two = one.claimed("b", after(61)).succeeded(after(62))
    assert two == Breaker(service="trading@paper", since=after(62))


@pytest.mark.parametrize("successes", [0, 1])
def test_one_failure_opens_it_again_for_the_whole_time(successes: int):
    breaker = opened().claimed("a", after(60))
    for _ in range(successes):
        breaker = breaker.succeeded(after(61)).claimed("b", after(61))
    breaker = breaker.failed(after(70))
    assert breaker.state is OPEN
    assert not breaker.admits(after(129.999))
    assert breaker.admits(after(130))
    assert breaker.successes == 0


def test_a_probe_that_says_nothing_frees_its_place():
    released = opened().claimed("a", after(60)).released()
    assert released.state is HALF_OPEN
    assert released.admits(after(60))


def test_a_late_answer_to_an_old_call_does_not_close_it():
    assert opened().succeeded(after(1)) == opened()


def test_a_reduce_only_exit_may_take_the_probe_early_and_only_one_may():
    breaker = opened()
    assert not breaker.admits(after(1))
    assert breaker.admits(after(1), reduces=True)
    assert not breaker.claimed("exit", after(1)).admits(after(2), reduces=True)


def test_refused_credentials_open_it_at_once_until_a_human_resets():
    latched = Breaker(service="trading").failed(NOW, latch=True)
    assert latched.state is OPEN
    assert not latched.admits(after(10**6))
    assert not latched.admits(after(10**6), reduces=True)
    assert not latched.failed(after(5)).admits(after(10**6))
    assert latched.reset(after(9)).admits(after(9))


# ---- in the journal ------------------------------------------------------------------------------


class Post:
    """A guard over a journal: what one process of many has of a shared breaker."""

    def __init__(self, journal: SqliteJournal | None = None, ids_from: int = 1) -> None:
        self.journal = journal or memory_journal()
        self.clock = HandClock()
        log = SessionLog(self.clock, CountedIds(ids_from), "ses_" + "0" * 32, "paper:test")
        self.guard = Guard("trading@paper", log, Tape())

    def now(self) -> Instant:
        return self.clock.stamp("breaker")

    def failed(self, error: DeskError) -> None:
        with self.journal.transaction() as tx:
            self.guard.failed(tx, self.now(), error)

    def answered(self) -> None:
        with self.journal.transaction() as tx:
            self.guard.answered(tx, self.now())

    def admits(self, by: str = "tkt") -> bool:
        with self.journal.transaction() as tx:
            return self.guard.admit(tx, self.now(), by)

    def state(self) -> Breaker:
        with self.journal.transaction() as tx:
            return self.guard.state(tx)


LOST = OutcomeUnknown("lost", code="NETWORK")
COUNTED = [LOST, NotSent("gone"), Refused("slow", code="rate_limited")]


@pytest.mark.parametrize("error", COUNTED)
def test_an_error_of_the_service_counts(error: DeskError):
    post = Post()
    for _ in range(3):
        assert post.admits()
        post.failed(error)
    assert not post.admits()


@pytest.mark.parametrize("code", ["invalid_amount", "market_closed", "insufficient_balance"])
def test_a_refusal_on_the_merits_is_an_answer(code: str):
    post = Post()
    post.failed(LOST)
    post.failed(LOST)
    post.failed(Refused("no", code=code))
    assert post.state().failures == 0


OURS = [
    TicketRefused("no"),
    NotSent("held back", code="RATE_LIMITED"),
    ReadFailed("held back", code="RATE_LIMITED"),
    NotSent("a figure is malformed", code="BAD_REQUEST"),
]


@pytest.mark.parametrize("error", OURS, ids=str)
def test_what_we_held_back_ourselves_says_nothing_of_the_service(error: DeskError):
    post = Post()
    post.failed(LOST)
    post.failed(error)
    assert (post.state().failures, post.state().state) == (1, CLOSED)


@pytest.mark.parametrize("code", ["unauthorized", "token_expired"])
def test_refused_credentials_latch_over_any_time(code: str):
    post = Post()
    post.failed(Refused("no", code=code))
    post.clock.pass_s(10**6)
    assert post.state().latched
    assert not post.admits()


def test_two_processes_share_one_breaker_and_one_probe():
    one = Post()
    other = Post(one.journal, ids_from=1000)
    for _ in range(3):
        one.failed(LOST)
    for post in (one, other):
        assert not post.admits()
        post.clock.pass_s(61)
    assert [one.admits("one"), other.admits("other")] == [True, False]
    assert other.state().probe_by == "one"
    one.answered()
    assert other.admits("other")
    other.answered()
    assert one.state().state is CLOSED


def test_an_uneventful_call_writes_nothing():
    post = Post()
    assert post.admits()
    post.answered()
    assert post.journal.head()[0] == 0


def test_the_clock_of_these_tests_moves_only_by_hand():
    clock = HandClock()
    clock.pass_s(2)
    assert clock.stamp("x").wall == after(2)
    assert clock.monotonic_s() == D(2)
