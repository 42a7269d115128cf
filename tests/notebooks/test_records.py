"""The bundled records are what this desk makes of these takes, and whatever can be read from them is true."""

from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from desk import bundled, recorded, sweep
from desk.api import Session
from desk.domain.canonical import document
from desk.errors import BadNumber, UsageError
from desk.replay.proposed import proposed
from desk.replay.record import Record
from tests.notebooks import record
from tests.notebooks.takes import TAKES

SESSIONS = recorded()
MOST_BYTES = 4_000_000


def test_recording_them_again_gives_the_same_bytes(tmp_path: Path) -> None:
    """If this fails because the desk changed: ``python -m tests.notebooks.record``, then ``…execute``."""
    made = {name: body for name, body in record.recorded(tmp_path) if name}
    kept = {path.stem: path.read_bytes() for path in bundled.records().glob("*.jsonl")}

    assert kept.keys() == made.keys()
    assert [name for name in made if made[name] != kept[name]] == []


@pytest.mark.parametrize("session", SESSIONS, ids=lambda one: f"{one.name}-{one.outcome}")
def test_each_replays_to_the_byte(session: Session) -> None:
    assert session.replay().ok


def test_every_way_to_end_that_the_notebooks_speak_of_occurs() -> None:
    found = Counter(one.outcome for one in SESSIONS)

    wanted = {"executed", "denied", "no_trade", "rejected", "refused_by_human", "approval_expired", "halted"}
    assert found.keys() == wanted
    assert len(SESSIONS) == len(TAKES) == 30


def test_notebooks_and_records_together_stay_small() -> None:
    sizes = [path.stat().st_size for path in bundled.notebooks().rglob("*") if path.is_file()]

    assert sum(sizes) < MOST_BYTES


def first_look(session: Session) -> Any:
    looks = (one.data for one in session.record.events if one.event_type == "GateAssessed")
    return next(one for one in looks if one["stage"] == "propose")


PROPOSALS = [(one, case) for one in SESSIONS if (case := proposed(one.record)) is not None]


@pytest.mark.parametrize(("session", "case"), PROPOSALS, ids=lambda one: getattr(one, "name", ""))
def test_a_proposal_judged_again_gets_the_recorded_answer(session: Session, case: Any) -> None:
    judged, recorded_look = case.judged(), first_look(session)

    assert list(judged.checks()) == list(recorded_look["checks"])
    assert list(judged.reasons) == list(recorded_look["reasons"])
    assert document(judged.max_admissible_usdc) == recorded_look["max_admissible_usdc"]
    assert document(judged.max_without_human_usdc) == recorded_look["max_without_human_usdc"]


def test_a_proposal_to_a_halted_desk_is_judged_as_one() -> None:
    session = next(one for one in SESSIONS if one.outcome == "executed")
    halted = copy.deepcopy(dict(first_look(session)))
    for note in halted["inputs"]:
        note["reply"] = {"value": True} if note["port"] == "halt" else note["reply"]
    events = [
        one._replace(data=halted) if one.data is first_look(session) else one for one in session.record.events
    ]
    case = proposed(Record(events, session.id))

    assert case is not None
    assert case.judged().reasons == ("STATE_HALTED",)


def test_a_tighter_limit_denies_what_a_looser_one_lets_through() -> None:
    found = sweep(SESSIONS, "trade_size", ["0.0001", "0.03", "1"])

    counts = [(str(one.value), one.count("denied")) for one in found.columns]
    assert counts == [("0.0001", 17), ("0.03", 3), ("1", 3)]


def test_a_sweep_agrees_with_a_fork_through_the_whole_law() -> None:
    session = next(one for one in recorded("brexit-eve") if one.document["usage"]["usd"] == "0")
    column = next(one for one in sweep([session], "trade_size", ["0.005"]).columns if one.count("denied"))
    fork = session.fork(limits={"trade_size": str(column.value)})

    assert (fork.outcome, fork.reasons) == ("denied", ("TRADE_SIZE",))


def test_a_name_that_is_no_limit_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a limit"):
        sweep(SESSIONS, "patience", [1])


def test_a_value_that_is_no_plain_number_is_refused() -> None:
    with pytest.raises(BadNumber):
        sweep(SESSIONS, "trade_size", ["1e-3"])
