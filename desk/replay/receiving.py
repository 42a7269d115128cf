"""Reading a record that came from elsewhere: refused with a reason unless every line of it is proven."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, NoReturn

from desk.domain import ids
from desk.domain.canonical import written
from desk.domain.events import TOPICS
from desk.errors import DeskError, JournalError, UsageError
from desk.journal import session_digest
from desk.journal.chain import Row, hash_of
from desk.journal.codec import EVENT_UNKNOWN, data_of, event_of
from desk.journal.document import parse
from desk.journal.shape import read_moment
from desk.ports import Recorded
from desk.replay.portable import SCHEMA, PortableRecord, needed, streams_of
from desk.replay.record import Record

#: A line longer than this, or more lines than that, is no record of a session.
LONGEST_LINE, MOST_LINES = 64_000_000, 100_000
_HEADER = {"schema", "session_id", "session_digest", "desk_version", "journal"}
_HEX = re.compile("[0-9a-f]{64}")
_KINDS: Mapping[str, type] = {
    "seq": int,
    "version": int,
    "schema_version": int,
    "data": dict,
    "metadata": dict,
}


def received(lines: Iterable[bytes]) -> PortableRecord:
    """The record in a file.

    Raises:
        UsageError: it is not one, was cut or changed, or holds what a record does not hold (code
            ``RECORD_REFUSED``); or a newer desk wrote it (``RECORD_NEWER``).
    """
    try:
        return _received(lines)
    except UsageError:
        raise
    except JournalError as error:
        if error.code == EVENT_UNKNOWN:
            raise _newer("this record holds an event that this desk does not know") from None
        raise _problem(0, f"its content does not fit together ({error.code})") from None
    except (DeskError, TypeError, ValueError, KeyError, AssertionError, RecursionError) as error:
        # Whatever a hostile file makes of the code that reads it, it was no record of a session.
        raise _problem(0, f"its content does not fit together ({type(error).__name__})") from None


def _received(lines: Iterable[bytes]) -> PortableRecord:
    reader = _Lines(lines)
    header = _header(reader)
    session_id = ids.require_id(str(header["session_id"]), ids.SESSION)
    events: list[Recorded] = []
    blobs: dict[str, bytes] = {}
    for document in reader.documents():
        match document:
            case {"event": dict(row), **rest} if not rest:
                if blobs:
                    reader.refuse("an event after a blob")
                events.append(_event(reader, row, session_id))
            case {"blob": dict(blob), **rest} if not rest:
                name, body = _blob(reader, blob)
                blobs[name] = body
            case {"end": dict(end), **rest} if not rest:
                reader.finish(end, len(events), len(blobs))
            case _:
                reader.refuse("neither an event, nor a blob, nor the end")
    if not reader.finished:
        reader.refuse("the file was cut off: its last line is missing")
    return _whole(reader, header, session_id, tuple(events), blobs)


def _whole(
    reader: _Lines,
    header: Mapping[str, Any],
    session_id: str,
    events: tuple[Recorded, ...],
    blobs: dict[str, bytes],
) -> PortableRecord:
    _check_order(reader, events)
    record = Record(events, session_id)
    if record.opened.session_id != session_id or len(record.events) != len(events):
        reader.refuse("it is not one session, from its opening to its close")
    if needed(record) != blobs.keys():
        reader.refuse("its prompts and data series are not those its events name")
    if session_digest(events) != header["session_digest"]:
        reader.refuse("its session digest is another one")
    return PortableRecord(
        session_id=session_id,
        session_digest=str(header["session_digest"]),
        desk_version=record.opened.desk_version,
        journal_seq=header["journal"]["seq"],
        journal_hash=header["journal"]["hash"],
        events=events,
        blobs=blobs,
    )


class _Lines:
    """The lines of a file, each as a strict JSON object; what was read so far is hashed."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._read = sha256()
        self._before = b""
        self.number = 0
        self.finished = False

    def documents(self) -> Iterator[Mapping[str, Any]]:
        for line in self._lines:
            self.number += 1
            if self.finished:
                self.refuse("something after the end")
            if len(line) > LONGEST_LINE or self.number > MOST_LINES:
                self.refuse("it is larger than any record")
            self._before = self._read.hexdigest().encode()
            self._read.update(line)
            yield self._document(line)

    def _document(self, line: bytes) -> Mapping[str, Any]:
        try:
            return parse(line.decode())
        except (UnicodeDecodeError, JournalError):
            self.refuse("not a line of strict JSON")

    def finish(self, end: Mapping[str, Any], events: int, blobs: int) -> None:
        if end != {"events": events, "blobs": blobs, "sha256": self._before.decode()}:
            self.refuse("its lines are not those it was written with")
        self.finished = True

    def refuse(self, why: str) -> NoReturn:
        raise _problem(self.number, why)


def _problem(line: int, why: str) -> UsageError:
    place = f"line {line}: " if line else ""
    return UsageError(
        "this file is not a record that can be trusted",
        why=place + why,
        fix="Ask for a new `desk export`",
        code="RECORD_REFUSED",
    )


def _newer(what: str) -> UsageError:
    return UsageError(what, why="a newer Purple Desk wrote it", fix="Update Purple Desk", code="RECORD_NEWER")


def _header(reader: _Lines) -> Mapping[str, Any]:
    header = next(reader.documents(), None)
    schema = None if header is None else header.get("schema")
    if isinstance(schema, str) and re.fullmatch(r"desk\.record/[0-9]{1,4}", schema) and schema != SCHEMA:
        raise _newer("this record has another form")
    if header is None or schema != SCHEMA or set(header) != _HEADER:
        reader.refuse("not the header of a record")
    journal = header["journal"]
    if not (
        isinstance(journal, dict)
        and set(journal) == {"seq", "hash"}
        and type(journal["seq"]) is int
        and all(_HEX.fullmatch(str(one)) for one in (journal["hash"], header["session_digest"]))
    ):
        reader.refuse("not the header of a record")
    return header


def _event(reader: _Lines, row: Mapping[str, Any], session_id: str) -> Recorded:
    if set(row) != set(Row._fields):
        reader.refuse("an event with other fields")
    if any(type(value) is not _KINDS.get(name, str) for name, value in row.items()):
        reader.refuse("an event with a field of another type")
    if not streams_of(session_id, row["stream_id"]) or row["event_type"] not in TOPICS:
        reader.refuse("an event that no session records")
    texts = {**row, "data": written(row["data"]), "metadata": written(row["metadata"])}
    if row["hash"] != hash_of(tuple(texts[name] for name in Row._fields)):
        reader.refuse("an event that was changed: it is not what its hash says")
    if row["metadata"].get("session", session_id) != session_id:
        reader.refuse("an event of another session")
    data = data_of(row["event_type"], row["schema_version"], texts["data"])
    at = read_moment(row["occurred_at"])
    recorded = Recorded(**{**row, "data": data, "occurred_at": at}, decode=event_of)
    _ = recorded.event  # It must be readable: raises for what this desk does not know.
    return recorded


def _blob(reader: _Lines, blob: Mapping[str, Any]) -> tuple[str, bytes]:
    if set(blob) != {"sha256", "encoding", "body"} or not isinstance(blob["body"], str):
        reader.refuse("not a blob")
    try:
        match blob["encoding"]:
            case "utf-8":
                body = blob["body"].encode()
            case "base64":
                body = base64.b64decode(blob["body"], validate=True)
            case _:
                reader.refuse("a blob in an unknown encoding")
    except (binascii.Error, UnicodeEncodeError):
        reader.refuse("a blob that cannot be decoded")
    if sha256(body).hexdigest() != blob["sha256"]:
        reader.refuse("a blob that was changed: it is not what its sha256 says")
    return blob["sha256"], body


def _check_order(reader: _Lines, events: tuple[Recorded, ...]) -> None:
    """As a journal keeps them: seq rises, each stream counts from one, no event twice."""
    versions: dict[str, int] = {}
    seq = 0
    for one in events:
        if one.seq <= seq or one.version != versions.get(one.stream_id, 0) + 1:
            reader.refuse(f"event {one.seq} is out of order")
        if one.stream_type != ids.stream_type(one.stream_id):
            reader.refuse(f"event {one.seq} is in a stream of another type")
        seq, versions[one.stream_id] = one.seq, one.version
    if len({one.event_id for one in events}) != len(events):
        reader.refuse("an event stands in it twice")
