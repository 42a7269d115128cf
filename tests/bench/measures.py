"""The measures: each runs both sides in turns, and says its figure and whether it is what we want."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from desk.briefs.catalog import BUNDLED
from desk.briefs.reader import read
from desk.domain.limits import CEILING
from desk.domain.research import build
from desk.domain.risk import assess
from tests.bench import peer
from tests.bench.ours import Bench
from tests.kernel.values import book, intent

AUTOGEN = "import autogen_agentchat.agents, autogen_agentchat.teams, autogen_ext.models.openai"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A line of the table. ``ok`` is None where nothing was promised."""

    name: str
    value: str
    wanted: str
    ok: bool | None


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """How often things are repeated."""

    rounds: int
    sessions: int
    long_run: int
    #: Events that are replayed, and that lie in a journal which is opened.
    replayed: int
    journal: int


def ratio(name: str, values: list[float], most: float, detail: str = "") -> Measure:
    """The median of the per-round ratios, and their spread."""
    middle = median(values)
    spread = f"{middle:.2f} [{min(values):.2f}..{max(values):.2f}]"
    return Measure(name=name, value=f"{spread}{detail}", wanted=f"≤ {most}", ok=middle <= most)


def calls_and_prompts(bench: Bench, task: str) -> Iterator[Measure]:
    """Counts: they are the same every time."""
    model = peer.Scripted()
    asyncio.run(peer.session(task, model))
    ours = len(bench.heard.replies)
    yield Measure(
        name="model calls a decision", value=f"{ours} (peer {model.calls})", wanted="4", ok=ours == 4
    )
    yield Measure(
        name="calls one after the other",
        value="3 (both analysts at once)",
        wanted="3",
        ok=bench.critical_path() == 3,
    )
    share = bench.heard.prompt_chars / model.chars
    yield Measure(
        name="prompt characters, ours / peer",
        value=f"{share:.2f} ({bench.heard.prompt_chars} / {model.chars})",
        wanted="≤ 0.40",
        ok=share <= 0.40,
    )


def wall(bench: Bench, task: str, rounds: Rounds) -> Iterator[Measure]:
    """Seconds of a decision when each call takes 200 ms."""
    values = []
    for _ in range(max(3, rounds.rounds // 2)):
        began = time.perf_counter()
        asyncio.run(peer.session(task, peer.Scripted(0.2)))
        theirs = time.perf_counter() - began
        values.append(bench.session(0.2).wall_s / theirs)
    yield ratio("wall at 200 ms a call, ours / peer", values, 0.36)


def cpu(bench: Bench, task: str, rounds: Rounds) -> Iterator[Measure]:
    """CPU from the built dossier to the outcome, model and venue free of charge; fsync apart."""
    values, synced, own, theirs, commits = [], [], [], [], []
    for _ in range(rounds.rounds):
        with bench.unsynced():
            mine = median(bench.session().cpu_s for _ in range(rounds.sessions))
        costs = [bench.session() for _ in range(rounds.sessions)]
        other = median(_cpu_of(lambda: asyncio.run(peer.session(task, peer.Scripted()))) for _ in costs)
        own.append(mine)
        theirs.append(other)
        commits += costs
        values.append(mine / other)
        synced.append(median(cost.cpu_s for cost in costs) / other)
    detail = f" ({median(own) * 1e3:.1f} / {median(theirs) * 1e3:.1f} ms)"
    yield ratio("own CPU, dossier to outcome, ours / peer", values, 0.60, detail)
    yield Measure(
        name="the same, with what the kernel does for fsync",
        value=f"{median(synced):.2f} [{min(synced):.2f}..{max(synced):.2f}]",
        wanted="reported apart",
        ok=None,
    )
    most = max(cost.commits for cost in commits)
    waits = median(cost.commit_s for cost in commits)
    yield Measure(name="commits a session", value=str(most), wanted="≤ 10", ok=most <= 10)
    yield Measure(
        name="time in commits (fsync)", value=f"{waits * 1e3:.1f} ms", wanted="reported apart", ok=None
    )


def _cpu_of(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def growth(bench: Bench, rounds: Rounds) -> Iterator[Measure]:
    """Does a process get slower with its sessions? The last ones against the tenth and its neighbours."""
    gc.collect()
    costs = [bench.session().cpu_s for _ in range(rounds.long_run)]
    early, late = median(costs[5:25]), median(costs[-20:])
    name = f"CPU of session {rounds.long_run} / session 10"
    yield Measure(name=name, value=f"{late / early:.2f}", wanted="≤ 1.1", ok=late <= 1.1 * early)


def dossiers() -> Iterator[Measure]:
    """Reading aside: from the parsed brief to its facts."""
    worst = 0.0
    for name in BUNDLED:
        brief = read(f"@{name}")
        worst = max(worst, median(_cpu_of(lambda brief=brief: build(brief, None)) for _ in range(9)))  # type: ignore[misc]
    yield Measure(
        name="dossier of a bundled brief, the slowest",
        value=f"{worst * 1e3:.1f} ms",
        wanted="≤ 60 ms",
        ok=worst <= 0.060,
    )


def gate() -> Iterator[Measure]:
    """Every rule of the gate on one intent, all reasons and both sizes included."""
    proposed, seen = intent(), book()
    times = []
    for _ in range(9):
        began = time.perf_counter()
        for _ in range(2000):
            assess(proposed, seen, CEILING)
        times.append((time.perf_counter() - began) / 2000)
    yield Measure(
        name="gate, all reasons",
        value=f"{median(times) * 1e6:.1f} µs",
        wanted="≤ 25 µs",
        ok=median(times) <= 25e-6,
    )


def startup(rounds: Rounds) -> Iterator[Measure]:
    """Whole processes: ``desk --help`` against importing AutoGen and the OpenAI client."""
    values = []
    for _ in range(rounds.rounds):
        theirs = _process("-c", AUTOGEN)
        values.append(_process("-m", "desk", "--help") / theirs)
    yield ratio("desk --help / import of AutoGen and openai", values, 0.25)


def _process(*args: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *args], check=True, capture_output=True)
    return time.perf_counter() - began
