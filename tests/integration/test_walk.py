"""Walking through a record: steps by number, what was known at each, and the session as it stood."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from desk.cli import stepping
from desk.errors import UsageError
from desk.journal.projections import show_document
from desk.replay.comparing import compared
from desk.replay.moment import until
from desk.replay.portable import PortableRecord
from desk.replay.walk import Walk
from tests.recordings import recording


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def record(home: Path) -> PortableRecord:
    return recording(home, "@year-end-rally", approve="deny")


@pytest.fixture(scope="module")
def walk(record: PortableRecord) -> Walk:
    return Walk(record.record, record)


def test_steps_are_numbered_from_one_in_the_order_of_the_journal(walk: Walk) -> None:
    assert [one.number for one in walk.steps] == list(range(1, len(walk) + 1))
    assert [one.seq for one in walk.steps] == sorted(one.seq for one in walk.steps)
    assert (walk.steps[0].kind, walk.steps[-1].kind) == ("SessionOpened", "SessionClosed")


def test_the_next_decision_is_the_next_thing_somebody_decided(walk: Walk) -> None:
    kinds, at = [], 1
    while at < len(walk):
        step = walk.decision_after(at)
        kinds.append(step.kind)
        at = step.number
    assert kinds == [
        "ViewStated",
        "ViewStated",
        "VerdictGiven",
        "GateAssessed",
        "ApprovalDecided",
        "SessionClosed",
    ]


def test_nothing_is_known_before_it_happened(walk: Walk) -> None:
    assert walk.facts(1) == ()
    assert walk.prompt(1) is None
    assert walk.gate(1) is None
    assert walk.cost(1).calls == 0
    assert walk.state(1) == {"orders": {}, "approval": None, "outcome": None}


def test_at_the_end_everything_is(walk: Walk) -> None:
    last = len(walk)
    prompt = walk.prompt(last)
    assert len(walk.facts(last)) > 40
    assert prompt is not None
    assert prompt["role"] == "risk_officer"
    assert "risk officer" in prompt["system"].lower()
    assert walk.cost(last).calls == 3
    assert walk.state(last)["outcome"] == "refused_by_human"


def test_a_number_out_of_range_is_the_nearest_step(walk: Walk) -> None:
    assert walk.step(-3).number == 1
    assert walk.step(10**9).number == len(walk)


def test_the_terminal_walks_looks_around_and_ends_with_its_input(
    walk: Walk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\nb\nd\nf\np\nr\ng\ns\nc\n9999\n\n3\nwhat?\n"))
    stepping.walk(walk)
    out = capsys.readouterr().out
    for shown in (
        "SessionOpened",
        "ViewStated: macro_analyst",
        "vix_percentile",
        "system prompt of",
        "3 calls",
    ):
        assert shown in out
    assert out.count("SessionClosed") == 2


def test_text_of_a_model_is_inert_on_the_terminal(
    record: PortableRecord, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = Walk(record.record, record)
    monkeypatch.setattr(
        Walk, "prompt", lambda *_: {"role": "x", "system": "\x1b[2Jgone\u202e", "question": "a\u200bb"}
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("p\n"))
    stepping.walk(hostile)
    out = capsys.readouterr().out
    assert not set(out) & {"\x1b", "\u202e", "\u200b"}


def test_the_session_as_it_stood_after_an_event_or_at_a_time(record: PortableRecord) -> None:
    events = record.events
    gated = next(one for one in events if one.event_type == "GateAssessed")
    by_seq = until(events, str(gated.seq))
    by_time = until(events, gated.occurred_at.isoformat())
    assert by_seq[-1] == gated
    assert by_time[-1].occurred_at == gated.occurred_at
    assert show_document(by_seq, gated.hash)["approval"] is None
    assert show_document(events, "")["approval"] is not None


@pytest.mark.parametrize("place", ["0", "1999-01-01T00:00:00Z", "yesterday", "2016-06-24T09:30:00", "", "٣"])
def test_a_moment_before_the_session_or_none_at_all_is_refused(record: PortableRecord, place: str) -> None:
    with pytest.raises(UsageError):
        until(record.events, place)


def test_a_session_compared_with_itself_is_the_same_to_the_byte(record: PortableRecord) -> None:
    found = compared(record, record)
    assert found.same
    assert found.parting is None
    assert all(line.same for line in found.lines)


def test_two_runs_of_one_brief_differ_in_ids_and_times_alone(record: PortableRecord, tmp_path: Path) -> None:
    found = compared(record, recording(tmp_path, "@year-end-rally", approve="deny"))
    assert not found.same
    assert found.parting is None


def test_two_different_briefs_part_at_the_brief(record: PortableRecord, tmp_path: Path) -> None:
    found = compared(record, recording(tmp_path, "@euro-pause"))
    assert found.parting is not None
    assert found.parting.kinds[0] == "BriefReceived"
