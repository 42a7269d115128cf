"""A corpus of recorded sessions, replayed by a process that can reach nothing: each the same to the byte.

``CORPUS_PYTHONS`` names other interpreters (paths, a colon between) that `make torture` replays on too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from desk.cli.run import OUTCOMES
from tests.corpus.__main__ import record
from tests.corpus.outcomes import Ending, outcomes
from tests.corpus.recorder import Recorder
from tests.corpus.scenarios import SCENARIOS, in_turn
from tests.e2e.conftest import ROOT

SLICE, WHOLE = 60, 1000
#: Every fork of the recorder is in a process with threads of the endpoint's; none of them is used there.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
SUMMARY = re.compile(r"^([0-9]+) of ([0-9]+) sessions the same to the byte on CPython", re.MULTILINE)
#: Why the gate denies: those that a corpus of the whole size holds at least.
DENIALS = {
    *("TRADE_SIZE", "POSITION_SIZE", "POSITION_SHARE", "CATEGORY_SHARE", "CASH_RESERVE", "DAILY_LOSS"),
    *("STOP_DISTANCE", "STOP_IN_NOISE", "REWARD_RISK", "DAILY_NOTIONAL", "ORDER_RATE", "DUPLICATE"),
    *("MANDATE", "KILL_IF", "PRICE_COLLAR", "MARKET_UNKNOWN", "MARKET_CLOSED", "STATE_REDUCING"),
    *("INPUT_UNKNOWN", "INTENT_EXPIRED", "POLICY_CHANGED"),
}


def replay(home: Path, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-m", "tests.corpus.replay", "--home", str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def same(ran: subprocess.CompletedProcess[str]) -> int:
    """How many sessions were the same; all of them, or the test fails with those that were not."""
    found = SUMMARY.search(ran.stdout)
    assert (ran.returncode, found is not None) == (0, True), ran.stdout[-3000:] + ran.stderr[-3000:]
    assert found is not None
    assert found[1] == found[2]
    return int(found[1])


def ended(found: Counter[Ending]) -> set[str]:
    return {outcome for outcome, _, _ in found}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("corpus")
    record(made, SLICE, seed="slice")
    return made


def test_every_session_of_the_corpus_is_the_same_to_the_byte_in_a_process_without_a_network(home: Path):
    assert same(replay(home)) >= SLICE


def test_the_corpus_has_every_outcome_there_is(home: Path) -> None:
    assert ended(outcomes(home)) >= OUTCOMES


def test_a_difference_is_told_and_fails(home: Path, tmp_path: Path) -> None:
    """The negative control: a law that sizes by another limit gives another record."""
    other = tmp_path / "sitecustomize.py"
    other.write_text(
        "from desk.domain import sizing\nsizing.EXTRA_RISK *= 2\nsizing.BASE_RISK *= 2\n", encoding="ascii"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "tests.corpus.replay", "--home", str(home)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 1
    assert "data.act.quantity: recorded" in ran.stdout


def test_scenarios_come_in_rounds_and_the_same_seed_gives_the_same() -> None:
    def begun(seed: str) -> list[tuple[str, int, float]]:
        rounds = zip(range(2 * len(SCENARIOS)), in_turn(seed), strict=False)
        return [(scenario.__name__, turn, chance.random()) for _, (scenario, turn, chance) in rounds]

    assert begun("a") == begun("a") != begun("b")
    assert Counter(name for name, _, _ in begun("a")) == {one.__name__: 2 for one in SCENARIOS}


def test_a_home_is_mended_between_scenarios(tmp_path: Path) -> None:
    one = Recorder(home=tmp_path, chance=Random(1))
    one.halt(hard=True)
    one.halt_on_record()
    one.break_down("unauthorized")
    one.afresh(Random(1), 0)
    report = one.run("@brexit-eve")

    assert report is not None
    assert report.outcome == "executed"


@pytest.mark.torture
def test_a_thousand_sessions_are_the_same_to_the_byte_on_every_python(tmp_path: Path) -> None:
    record(tmp_path, WHOLE, seed="whole")
    found = outcomes(tmp_path)
    denied = {code for outcome, _, reasons in found if outcome == "denied" for code in reasons.split()}

    assert ended(found) >= OUTCOMES
    assert denied >= DENIALS
    pythons = [sys.executable, *filter(None, os.environ.get("CORPUS_PYTHONS", "").split(":"))]
    for python in pythons:
        assert same(replay(tmp_path, python)) >= WHOLE
