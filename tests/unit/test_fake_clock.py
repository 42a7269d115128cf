"""The clock by hand stands still until a test moves it, and whoever sleeps on it has slept at once."""

import doctest
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

import desk.testing.clock
from desk.errors import UsageError
from desk.testing import FakeClock

START = datetime(2016, 6, 24, tzinfo=UTC)


def test_its_example_runs() -> None:
    assert doctest.testmod(desk.testing.clock).failed == 0


def test_it_stands_still_and_moves_on_both_clocks() -> None:
    clock = FakeClock(START)
    before, again = clock.stamp("any"), clock.stamp("any")
    clock.advance(1.5)
    after = clock.stamp("any")
    assert before == again
    assert (after.wall - before.wall).total_seconds() == 1.5
    assert after.monotonic_s - before.monotonic_s == Decimal("1.5")


async def test_a_sleep_takes_its_time_and_none_of_ours() -> None:
    clock, began = FakeClock(START), time.monotonic()
    await clock.sleep(3600)
    assert clock.monotonic_s() == 3600
    assert time.monotonic() - began < 5


def test_a_start_without_an_offset_and_time_going_back_are_refused() -> None:
    with pytest.raises(UsageError, match="offset"):
        FakeClock(datetime(2016, 6, 24))  # noqa: DTZ001 - that it has no offset is the point
    with pytest.raises(UsageError, match="back"):
        FakeClock(START).advance(-1)
