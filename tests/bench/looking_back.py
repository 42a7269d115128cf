"""What looking back costs: whole commands against the import of AutoGen, and a replay against its session."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from statistics import median

from desk.briefs.reader import read
from desk.replay import resume
from desk.replay.nowhere import NoScreen
from desk.replaying import replayed
from tests.bench.measures import AUTOGEN, Measure, Rounds, ratio
from tests.bench.ours import BRIEF, Bench

RUN = ("-m", "desk", "run", "--quiet")
VERIFY = ("-m", "desk", "replay", "--verify")
LOOKS = {"desk show": ("-m", "desk", "show"), "desk replay --step": ("-m", "desk", "replay", "--step")}


def commands(rounds: Rounds) -> Iterator[Measure]:
    """Whole processes in one home: looking must not wait for AutoGen, and a replay costs less than a run."""
    with tempfile.TemporaryDirectory() as home:
        process(home, *RUN)
        starts: dict[str, list[float]] = {name: [] for name in LOOKS}
        again = []
        for _ in range(rounds.rounds):
            theirs = process(home, "-c", AUTOGEN)
            for name, command in LOOKS.items():
                starts[name].append(process(home, *command) / theirs)
            again.append(process(home, *VERIFY) / process(home, *RUN))
    for name, values in starts.items():
        yield ratio(f"{name} / import of AutoGen and openai", values, 0.25)
    yield ratio("desk replay --verify / desk run, whole processes", again, 0.5)


def process(home: str, *args: str) -> float:
    """Seconds of one process, with nothing on its standard input."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *args],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "DESK_HOME": home},
    )
    return time.perf_counter() - began


def replays(bench: Bench, rounds: Rounds) -> Iterator[Measure]:
    """CPU of a re-drive in one process against the reading of its brief and its session."""
    journal = bench.desk.journal
    (opened, *_) = journal.events(types=("SessionOpened",))
    session_id = str(opened.data["session_id"])

    def again() -> None:
        assert asyncio.run(replayed(journal, session_id, NoScreen())).ok

    def cold() -> None:
        resume._brief.cache_clear()
        again()

    def original() -> None:
        read(BRIEF)
        bench.session()

    warm, first = [], []
    for _ in range(rounds.rounds):
        whole = cpu_of(original)
        first.append(cpu_of(cold) / whole)
        warm.append(cpu_of(again) / whole)
    yield ratio("replay, series read before / brief and session", warm, 0.5)
    spread = f"{median(first):.2f} [{min(first):.2f}..{max(first):.2f}]"
    yield Measure(name="the same, series read again", value=spread, wanted="reported", ok=None)


def cpu_of(work: Callable[[], None]) -> float:
    """CPU seconds, the median of five."""
    taken = []
    for _ in range(5):
        before = time.process_time()
        work()
        taken.append(time.process_time() - before)
    return median(taken)
