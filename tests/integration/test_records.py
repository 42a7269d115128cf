"""A record as a file: it comes back to the byte, proves itself, and holds nothing else."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from desk.domain.canonical import written as canonical
from desk.errors import UsageError
from desk.home.records import RecordFiles
from desk.journal.chain import Row, hash_of
from desk.replay.portable import PortableRecord, _blob, holds
from desk.replay.receiving import received
from tests.recordings import lines, recording

Document = dict[str, Any]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> PortableRecord:
    return recording(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def file(record: PortableRecord) -> list[bytes]:
    return lines(record)


def refused(file: list[bytes]) -> str:
    with pytest.raises(UsageError) as caught:
        received(file)
    assert caught.value.code == "RECORD_REFUSED"
    assert caught.value.exit_code == 2
    return caught.value.why


def sealed(documents: list[Document]) -> list[bytes]:
    """What a forger writes who knows the format: every hash of the file fits, whatever is in it."""
    out = [canonical(one).encode() + b"\n" for one in documents[:-1]]
    events = sum("event" in one for one in documents)
    blobs = sum("blob" in one for one in documents)
    end = {"events": events, "blobs": blobs, "sha256": sha256(b"".join(out)).hexdigest()}
    return [*out, canonical({"end": end}).encode() + b"\n"]


def filled(documents: list[Document]) -> Document:
    """The event that says what the entry cost."""
    return next(one["event"] for one in documents if one.get("event", {}).get("event_type") == "OrderFilled")


def rehashed(event: Document) -> Document:
    texts = {**event, "data": canonical(event["data"]), "metadata": canonical(event["metadata"])}
    return {**event, "hash": hash_of(tuple(texts[name] for name in Row._fields))}


def test_a_record_read_back_is_the_same_and_writes_the_same_bytes(
    record: PortableRecord, file: list[bytes]
) -> None:
    again = received(file)
    assert again.session_digest == record.session_digest
    assert again.events == record.events
    assert again.blobs == record.blobs
    assert lines(again) == file


def test_every_line_is_json_with_nothing_but_data(file: list[bytes]) -> None:
    heads = [next(iter(json.loads(line))) for line in file]
    assert heads[0] == "desk_version"
    assert set(heads[1:-1]) == {"event", "blob"}
    assert heads[-1] == "end"


@pytest.mark.parametrize("cut", [0, 1, 2, 10, -1])
def test_a_file_that_was_cut_off_is_refused(file: list[bytes], cut: int) -> None:
    refused(file[:cut])


def test_a_line_removed_doubled_or_swapped_is_refused(file: list[bytes]) -> None:
    for place in range(1, len(file) - 1):
        refused(file[:place] + file[place + 1 :])
        refused([*file[:place], file[place], *file[place:]])
    refused([file[0], file[2], file[1], *file[3:]])


def test_any_single_changed_byte_is_refused(file: list[bytes]) -> None:
    whole, chance = b"".join(file), random.Random(4)
    for _ in range(300):
        at = chance.randrange(len(whole))
        byte = bytes([chance.choice([c for c in range(32, 127) if c != whole[at]])])
        refused((whole[:at] + byte + whole[at + 1 :]).splitlines(keepends=True))


def test_an_event_changed_by_someone_who_seals_the_file_again_is_refused(file: list[bytes]) -> None:
    documents = [json.loads(line) for line in file]
    filled(documents)["data"]["filled_quantity"] = "9"
    assert "not what its hash says" in refused(sealed(documents))


def test_an_event_changed_and_rehashed_no_longer_gives_the_digest_of_the_header(file: list[bytes]) -> None:
    documents = [json.loads(line) for line in file]
    for one in documents:
        if one.get("event", {}).get("event_type") == "OrderFilled":
            one["event"]["data"]["filled_quantity"] = "9"
            one["event"] = rehashed(one["event"])
    assert "digest" in refused(sealed(documents))


Hostile = Callable[[list[Document]], object]
HOSTILE: dict[str, Hostile] = {
    "an unknown type of event": lambda them: them[1]["event"].update(event_type="Surprise"),
    "a field too many": lambda them: them[1]["event"].update(extra=1),
    "an event of another stream": lambda them: them[1]["event"].update(stream_id="account-a"),
    "a path as a session id": lambda them: them[0].update(session_id="../../etc/passwd"),
    "a session id that is none": lambda them: them[0].update(session_id=7),
    "a header with more": lambda them: them[0].update(run="rm -rf"),
    "a head that is none": lambda them: them[0].update(journal={"seq": "1", "hash": "x"}),
    "a blob that is not what its name says": lambda them: them[-2]["blob"].update(body="other"),
    "a blob nobody asked for": lambda them: them.insert(
        -1, {"blob": {"sha256": sha256(b"x").hexdigest(), "encoding": "utf-8", "body": "x"}}
    ),
    "a blob in another encoding": lambda them: them[-2]["blob"].update(encoding="pickle"),
    "base64 that is none": lambda them: them[-2]["blob"].update(encoding="base64", body="*"),
    "two things in one line": lambda them: them[1].update(blob={}),
    "a list for a line": lambda them: them[1].update(event=[]),
    "a number for a text": lambda them: them[1]["event"].update(stream_id=5),
    "a truth for a number": lambda them: them[1]["event"].update(version=True),
    "no closing line": lambda them: them.pop(),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason(file: list[bytes], kind: str) -> None:
    documents = [json.loads(line) for line in file]
    HOSTILE[kind](documents)
    with pytest.raises(UsageError) as caught:
        received(sealed(documents) if kind != "no closing line" else file[:-1])
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "line",
    [
        b'{"schema":"desk.record/1","schema":"desk.record/1"}\n',
        b'{"schema":1e400}\n',
        b'{"schema":NaN}\n',
        b"[" * 100_000 + b"\n",
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"\n",
        b"\xff\xfe\n",
        b"",
        b"\x00" * 1000,
    ],
)
def test_a_first_line_that_is_no_strict_json_is_refused(file: list[bytes], line: bytes) -> None:
    refused([line, *file[1:]])


def test_a_record_of_a_newer_desk_says_so(file: list[bytes]) -> None:
    header = json.loads(file[0]) | {"schema": "desk.record/2"}
    with pytest.raises(UsageError) as caught:
        received([json.dumps(header).encode() + b"\n", *file[1:]])
    assert caught.value.code == "RECORD_NEWER"


def test_bytes_that_are_no_text_travel_as_base64() -> None:
    assert base64.b64decode(str(_blob("x", b"\xff\x00")["body"])) == b"\xff\x00"


def test_a_secret_that_got_into_a_record_is_seen(record: PortableRecord) -> None:
    name = record.record.opened.desk_version
    assert holds(record, [name])
    assert not holds(record, ["sk-not-in-there", ""])


def test_without_the_hash_of_each_event_a_changed_one_would_get_as_far_as_the_digest(
    file: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the refusal above is the hash's doing."""
    documents = [json.loads(line) for line in file]
    filled(documents)["data"]["filled_quantity"] = "9"
    monkeypatch.setattr("desk.replay.receiving.hash_of", lambda row: row[-1])
    assert "digest" in refused(sealed(documents))


def test_a_home_keeps_imported_records_beside_its_journal(tmp_path: Path, record: PortableRecord) -> None:
    files = RecordFiles(tmp_path / "records")
    path = files.keep(record.session_id, lines(record))
    assert path.stat().st_mode & 0o077 == 0
    assert files.names() == [record.session_id]
    assert received(files.lines(record.session_id)).session_digest == record.session_digest
