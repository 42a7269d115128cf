"""``python -m tests.corpus``: record a corpus, and say how its sessions ended."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from random import Random

from tests.corpus.outcomes import outcomes, table
from tests.corpus.recorder import Recorder
from tests.corpus.scenarios import in_turn


def record(home: Path, sessions: int, seed: str) -> int:
    """Record at least this many sessions in a new home; how many there are."""
    home.mkdir(parents=True, exist_ok=True)
    one = Recorder(home=home, chance=Random(seed))
    recorded = 0
    for scenario, turn, chance in in_turn(seed):
        one.afresh(chance, turn)
        scenario(one)
        recorded = len(one.sessions())
        if recorded >= sessions:
            break
    return recorded


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus")
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--home", type=Path, required=True, help="a directory that is made")
    asked = parser.parse_args()
    began = time.perf_counter()
    recorded = record(asked.home, asked.sessions, asked.seed)
    took = time.perf_counter() - began
    print(table(outcomes(asked.home)))
    print(f"{recorded} sessions recorded in {took:.1f} s ({took / recorded * 1000:.0f} ms each)")


if __name__ == "__main__":
    main()
