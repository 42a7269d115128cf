"""``make bench``: the table on the terminal, and with ``--write`` in docs/bench.md too."""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

from tests.bench import journal, looking_back, measures
from tests.bench.measures import Measure, Rounds
from tests.bench.ours import Bench

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "bench.md"
FULL = Rounds(rounds=7, sessions=15, long_run=1000, replayed=20_000, journal=1_000_000)
QUICK = Rounds(rounds=3, sessions=5, long_run=60, replayed=2_000, journal=20_000)
MARKS = {True: "yes", False: "**no**", None: ""}
ABOUT = """# What a session costs

`make bench` runs both sides in turns in one process and prints medians; a ratio is the median of the
per-round ratios, with its lowest and highest round. Absolute figures change with the machine, ratios
should not.

The peer is the team people commonly write on AutoGen 0.7.5: four `AssistantAgent`s with the same roles in
a `SelectorGroupChat` whose model picks each speaker, the same dossier as its task, a trade, a balance and
an escrow tool, and the same scripted model that answers at once. Ours is a whole session: AutoGen team,
debate law, gate, tickets, and the journal on disk; model and venue answer at once from what a first, real
session was told. CPU is counted from the built dossier to the report, gate and journal included; what the
kernel does for fsync, and the time it takes, are in rows of their own.

The journal's peers are the bare disk, and an application of the `eventsourcing` package on SQLite that
holds the same events in the same streams, with the same typed fields, and folds the same sum. It reads them
with `repository.get` and checks no hashes. Ours reads the whole log in its order, checks every event's hash
and its link to the one before, and decodes the events that the fold is about, as every fold of the desk does.
The row below it decodes all of them: parsing two kilobytes of nested documents an event, and writing them
again to see that they are canonical, takes longer than all the rest.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--write", action="store_true", help="write docs/bench.md")
    asked = parser.parse_args()
    found = []
    for one in run(QUICK if asked.quick else FULL):
        found.append(one)
        print(f"{one.name:46} {one.value:44} {one.wanted:16} {MARKS[one.ok]}", flush=True)
    if asked.write:
        DOCUMENT.write_text(document(found), encoding="utf-8")


def run(rounds: Rounds) -> Iterator[Measure]:
    """Every measure, as it is made."""
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(Path(home))
        try:
            task = bench.task()
            yield from measures.calls_and_prompts(bench, task)
            yield from measures.wall(bench, task, rounds)
            yield from measures.cpu(bench, task, rounds)
            yield from measures.growth(bench, rounds)
            yield from looking_back.replays(bench, rounds)
            yield from journal.replay(Path(home), bench.record, rounds)
        finally:
            bench.close()
        yield from journal.append(Path(home), rounds)
        yield from journal.together(Path(home), rounds)
        yield from journal.opening(Path(home), rounds)
    yield from measures.dossiers()
    yield from measures.gate()
    yield from measures.startup(rounds)
    yield from looking_back.commands(rounds)


def document(found: list[Measure]) -> str:
    """docs/bench.md."""
    machine = f"{cpu_count()} cores, {platform.machine()}, CPython {platform.python_version()}"
    rows = [f"| {one.name} | {one.value} | {one.wanted} | {MARKS[one.ok]} |" for one in found]
    made = f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine}."
    return "\n".join([ABOUT, made, "", "| what | figure | wanted | met |", "|---|---|---|---|", *rows, ""])


if __name__ == "__main__":
    main()
