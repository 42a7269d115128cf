"""Sessions recorded in the first format are received, shown and replayed by every later desk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import desk
from desk.domain.events import TOPICS
from desk.errors import JournalCorrupt
from desk.journal.codec import decode
from desk.replay.portable import written

RECORDS = Path(__file__).resolve().parents[1] / "fixtures" / "records" / "v1"
#: File to how it ended, and by how many steps.
ENDED = {
    "boxing-day": ("rejected", "risk_officer", 10),
    "brexit-eve": ("executed", "system", 18),
    "euro-pause": ("no_trade", "system", 8),
    "expired": ("approval_expired", "system", 15),
    "opec-whisper": ("rejected", "risk_officer", 10),
    "refused": ("refused_by_human", "human", 15),
    "year-end-rally": ("executed", "system", 22),
}


def header(path: Path) -> dict[str, object]:
    with path.open() as file:
        first: dict[str, object] = json.loads(file.readline())
    return first


@pytest.mark.parametrize("name", ENDED)
def test_a_record_of_the_first_format_is_received_and_written_again_to_the_byte(name: str) -> None:
    path = RECORDS / f"{name}.jsonl"
    session = desk.load(path)
    assert b"".join(written(session.portable)) == path.read_bytes()
    assert (session.id, session.digest) == (header(path)["session_id"], header(path)["session_digest"])
    assert {one.schema_version for one in session.record.events} == {1}


@pytest.mark.parametrize("name", ENDED)
def test_a_record_of_the_first_format_is_shown(name: str) -> None:
    session = desk.load(RECORDS / f"{name}.jsonl")
    assert (session.outcome, session.decided_by, len(session.steps)) == ENDED[name]
    assert session.document["session"]["brief"]
    assert len(session.facts) > 20


@pytest.mark.parametrize("name", ENDED)
def test_a_record_of_the_first_format_replays_to_the_digest_in_its_header(name: str) -> None:
    path = RECORDS / f"{name}.jsonl"
    replayed = desk.load(path).replay()
    assert replayed.divergences == ()
    assert replayed.session_digest == header(path)["session_digest"]


@pytest.mark.parametrize("name", ["ApprovalDecided", "SessionSuspended"])
def test_an_event_of_it_has_no_field_that_came_later(name: str) -> None:
    [old] = (one for one in desk.load(RECORDS / "refused.jsonl").record.events if one.event_type == name)
    recorded = {key: value for key, value in old.data.items() if key != "inputs"}
    assert decode(name, 1, recorded) == old.event
    with pytest.raises(JournalCorrupt) as refused:
        decode(name, 1, {**recorded, "inputs": []})
    assert refused.value.code == "EVENT_UNREADABLE"


def test_they_hold_most_kinds_of_events_that_a_session_records() -> None:
    """An order or a question that ends otherwise is not among them: the bundled briefs have none."""
    seen = {one.event_type for path in RECORDS.iterdir() for one in desk.load(path).record.events}
    assert len(seen) == 16
    assert seen < set(TOPICS)
