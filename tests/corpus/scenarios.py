"""All scenarios, and their order: each in turn, so that any corpus has some of everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.corpus import ends, gates, people, talk, wire
from tests.corpus.recorder import Recorder

Scenario = Callable[[Recorder], None]
SCENARIOS: tuple[Scenario, ...] = (
    *talk.SCENARIOS,
    *people.SCENARIOS,
    *gates.SCENARIOS,
    *wire.SCENARIOS,
    *ends.SCENARIOS,
)


def in_turn(seed: str) -> Iterator[tuple[Scenario, int, Random]]:
    """Scenario, how often it was played before, and its own chance; without end.

    Each round has every scenario once, in another order.
    """
    turn = 0
    while True:
        order = Random(f"{seed}/{turn}").sample(SCENARIOS, len(SCENARIOS))
        for scenario in order:
            yield scenario, turn, Random(f"{seed}/{turn}/{scenario.__name__}")
        turn += 1
