"""Scenarios of processes that end in the middle, and of those that go on where they ended."""

from __future__ import annotations

from msgspec.structs import replace

from desk.session import Given
from tests.corpus.people import asked
from tests.corpus.recorder import Around, Recorder, as_it_is
from tests.corpus.talk import agreed, tradable
from tests.corpus.wire import ORDER
from tests.fakes.deaths import MortalJournal, MortalVenue
from tools.paper.plan import Fault

#: A session has some ten commits; the first is its opening.
COMMITS = range(1, 14)
#: Kernel instructions of a session that trades, roughly.
INSTRUCTIONS = 24_000


def after(commits: int) -> Around:
    """A process that ends after so many commits."""

    def mortal(given: Given) -> Given:
        journal = MortalJournal(given.parts.journal, commits)
        return replace(given, parts=replace(given.parts, journal=journal))

    return mortal


def sending(*, arrived: bool) -> Around:
    """A process that ends when it sends."""

    def mortal(given: Given) -> Given:
        venue = MortalVenue(given.parts.venue, arrived=arrived)
        return replace(given, parts=replace(given.parts, venue=venue))

    return mortal


def went_on(one: Recorder) -> None:
    """Whoever comes next lives."""
    one.around = as_it_is
    one.resume()


def between_commits(one: Recorder) -> None:
    agreed(one)
    one.around = after(one.pick(tuple(COMMITS)))
    one.run(tradable(one))
    went_on(one)


def again_and_again(one: Recorder) -> None:
    """Each process gets a little further, or none does."""
    agreed(one)
    one.around = after(one.chance.choice(COMMITS))
    one.run(tradable(one))
    for _ in range(one.pick((2, 3, 4))):
        one.around = after(one.chance.randrange(1, 4))
        one.resume()
    went_on(one)


def while_sending(one: Recorder) -> None:
    """Nobody knows whether the bytes left: looked up by whoever goes on, or by a reconcile."""
    arrived, how = one.pick(((True, "resume"), (False, "resume"), (True, "reconcile"), (False, "reconcile")))
    one.around = sending(arrived=arrived)
    one.run("@brexit-eve")
    one.around = as_it_is
    if how == "reconcile":
        one.reconcile()
    went_on(one)


def with_a_broken_wire(one: Recorder) -> None:
    one.faults.arm(one.pick((Fault.EXECUTE_THEN_TIMEOUT, Fault.TIMEOUT_BEFORE)), **ORDER)
    one.around = after(one.chance.randrange(6, 12))
    one.run("@brexit-eve")
    went_on(one)


def around_a_question(one: Recorder) -> None:
    """Ended before, at or after the human's word."""
    one.around = after(one.pick(tuple(range(3, 10))))
    asked(one, humans=one.chance.choice((1, 2)))
    one.around = after(1)
    one.resume()
    one.say()
    one.around = after(one.chance.randrange(1, 5))
    one.resume()
    went_on(one)


def left_as_it_was(one: Recorder) -> None:
    agreed(one)
    one.around = after(one.pick(tuple(COMMITS)))
    one.run(tradable(one), clock=one.chance.choice(("wall", "brief")))


def killed(one: Recorder) -> None:
    """A real process, killed at an instruction of the kernel."""
    if one.killed(one.chance.randrange(1, INSTRUCTIONS), "@brexit-eve") and one.pick((True, True, False)):
        went_on(one)


SCENARIOS = (
    between_commits,
    again_and_again,
    while_sending,
    with_a_broken_wire,
    around_a_question,
    left_as_it_was,
    killed,
)
