"""A desk of tomorrow reads what today's wrote; today's reads nothing that tomorrow's wrote, and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import desk
from desk.domain import events
from desk.domain.canonical import timestamp
from desk.domain.canonical import written as canonical
from desk.domain.events import TOPICS, Event
from desk.errors import JournalError, UsageError
from desk.journal import SqliteJournal, codec, memory_journal, session_digest
from desk.journal.chain import Row, hash_of
from desk.journal.codec import Codec
from desk.ports import ANY, Recorded
from desk.replay.portable import PortableRecord, written
from desk.replay.receiving import received
from tests.journal_samples import SESSION, new

RECORDS = Path(__file__).resolve().parents[1] / "fixtures" / "records" / "v1"
KINDS: dict[str, type[Event]] = {name: getattr(events, name) for name in TOPICS}
Data = dict[str, Any]


class FeeCharged(Event, frozen=True, kw_only=True):
    """The made-up second version: ``what`` is called ``reason``, and the asset is named."""

    account: str
    amount_usdc: Decimal
    reason: str
    asset: str


def renamed(data: Data) -> Data:
    return {"asset": "USDC", **{"reason" if key == "what" else key: value for key, value in data.items()}}


TOMORROW = Codec({**KINDS, "FeeCharged": FeeCharged}, {("FeeCharged", 1): renamed})
LIFTED = FeeCharged(account="paper:one", amount_usdc=Decimal(7), reason="funding", asset="USDC")


@pytest.fixture
def journal() -> Iterator[SqliteJournal]:
    """Two sessions' worth of what today's desk writes."""
    with closing(memory_journal()) as made:
        made.append(f"session-{SESSION}", ANY, [new(7, session_id=SESSION), new(8, session_id=SESSION)])
        yield made


def tomorrow(monkeypatch: pytest.MonkeyPatch, of: Codec = TOMORROW) -> None:
    """From here on, another version of the desk runs."""
    monkeypatch.setattr(codec, "CODEC", of)


# ---- old rows ------------------------------------------------------------------------------------


def test_an_old_row_is_lifted_when_it_is_read(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow(monkeypatch)
    old = journal.of_session(SESSION)[0]
    assert old.event == LIFTED
    assert old.data == {"account": "paper:one", "amount_usdc": "7", "reason": "funding", "asset": "USDC"}
    assert old.schema_version == 1
    assert journal.verify().ok


def test_the_session_digest_is_taken_over_the_row_as_it_was_recorded(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = session_digest(journal.of_session(SESSION))
    tomorrow(monkeypatch)
    old = journal.of_session(SESSION)
    assert old[0].data["reason"] == "funding"
    assert session_digest(old) == before
    lifted = [one._replace(data=dict(one.data)) for one in old]
    assert session_digest(lifted) != before, "over the lifted rows it would be another one"


def test_old_rows_and_new_ones_stand_in_one_stream(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow(monkeypatch)
    journal.append(f"session-{SESSION}", ANY, [new(9, LIFTED, session_id=SESSION)])
    told = journal.of_session(SESSION)
    assert [one.schema_version for one in told] == [1, 1, 2]
    assert [type(one.event) for one in told] == [FeeCharged] * 3
    assert told[0].event == told[2].event
    assert journal.verify().ok


# ---- newer rows ----------------------------------------------------------------------------------


def test_a_row_of_a_newer_version_is_refused_and_not_guessed_at(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        tomorrow(patched)
        journal.append(f"session-{SESSION}", ANY, [new(9, LIFTED, session_id=SESSION)])
    newer = journal.of_session(SESSION)[-1]
    for look in (lambda: newer.event, lambda: newer.data["amount_usdc"], lambda: [*newer.data]):
        with pytest.raises(JournalError, match="newer") as refused:
            look()
        assert refused.value.code == "EVENT_UNKNOWN"
    assert len(session_digest([newer])) == 64
    assert [problem.code for problem in journal.verify().problems] == ["EVENT_UNKNOWN"]


# ---- records as files ----------------------------------------------------------------------------

#: Events of which today's shape is the second: one field was once called otherwise.
RENAMED = {"SessionClosed": "decided_by", "GateAssessed": "stage", "OrderSubmitted": "purpose"}


def lift(field: str) -> codec.Upcaster:
    return lambda data: {field if key == "old_name" else key: value for key, value in data.items()}


AFTERWARDS = Codec(KINDS, {(name, 1): lift(field) for name, field in RENAMED.items()})


def rewritten(record: PortableRecord, changed: Callable[[Recorded], tuple[int, Data]]) -> list[bytes]:
    """The record's file as a desk would have written it that records version and data as ``changed`` says."""
    events = tuple(rehashed(one, *changed(one)) for one in record.events)
    return list(written(replace(record, events=events, session_digest=session_digest(events))))


def rehashed(one: Recorded, version: int, data: Data) -> Recorded:
    """The event with other data, and the hash that goes with it."""
    texts = {
        "schema_version": version,
        "data": canonical(data),
        "metadata": canonical(dict(one.metadata)),
        "occurred_at": timestamp(one.occurred_at),
    }
    row = Row._make(texts.get(name, getattr(one, name)) for name in Row._fields)
    return one._replace(schema_version=version, data=data, hash=hash_of(row))


def once(one: Recorded) -> tuple[int, Data]:
    """The first version of what today is the second."""
    field = RENAMED.get(one.event_type)
    return 1, {"old_name" if key == field else key: value for key, value in one.data.items()}


def one_day(one: Recorded) -> tuple[int, Data]:
    """A version that nobody has thought of yet."""
    if one.event_type != "SessionClosed":
        return 1, dict(one.data)
    return 2, {**one.data, "more": "of it"}


@pytest.fixture
def record() -> PortableRecord:
    return desk.load(RECORDS / "brexit-eve.jsonl").portable


def test_a_record_in_old_shapes_is_received_shown_replayed_and_written_again(
    record: PortableRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = rewritten(record, once)
    tomorrow(monkeypatch, AFTERWARDS)
    old = desk.Session(received(lines))
    assert (old.outcome, old.decided_by) == ("executed", "system")
    assert old.document["orders"][0]["purpose"] == "entry"
    assert list(written(old.portable)) == lines
    replayed = old.replay()
    assert replayed.divergences == ()
    assert replayed.session_digest == old.digest != record.session_digest


def test_an_old_record_that_says_something_else_does_not_replay(
    record: PortableRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(one: Recorded) -> tuple[int, Data]:
        version, data = once(one)
        return version, {**data, "old_name": "nobody"} if one.event_type == "SessionClosed" else data

    lines = rewritten(record, wrong)
    tomorrow(monkeypatch, AFTERWARDS)
    replayed = desk.Session(received(lines)).replay()
    assert [(one.field, one.recorded) for one in replayed.divergences] == [("data.decided_by", '"nobody"')]


def test_a_record_of_a_newer_version_is_refused_as_that(record: PortableRecord) -> None:
    with pytest.raises(UsageError, match="newer") as refused:
        received(rewritten(record, one_day))
    assert (refused.value.code, refused.value.exit_code) == ("RECORD_NEWER", 2)


def test_a_record_in_a_newer_form_of_file_is_refused_as_that(record: PortableRecord) -> None:
    first, *rest = written(record)
    with pytest.raises(UsageError, match="newer") as refused:
        received([first.replace(b"desk.record/1", b"desk.record/2"), *rest])
    assert refused.value.code == "RECORD_NEWER"


def test_an_old_shape_without_its_upcaster_is_refused(record: PortableRecord) -> None:
    with pytest.raises(UsageError) as refused:
        received(rewritten(record, once))
    assert (refused.value.code, "EVENT_UNREADABLE" in refused.value.why) == ("RECORD_REFUSED", True)
