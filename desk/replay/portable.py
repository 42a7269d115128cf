"""A record as a file: JSON lines that hold data only, and prove themselves when they are read.

The first line is the header, then comes a line an event in the order of the journal, a line a blob (the
prompts and data series the session was made from), and a last line with the sha256 of all before it::

    {"schema":"desk.record/1","session_id":…,"session_digest":…,"desk_version":…,"journal":{"seq":…,"hash":…}}
    {"event":{"seq":…,"event_id":…,"stream_id":…,…,"data":{…},"metadata":{…},"prev_hash":…,"hash":…}}
    {"blob":{"sha256":…,"encoding":"utf-8","body":…}}
    {"end":{"events":…,"blobs":…,"sha256":…}}

``journal`` is the head of the journal it came from. A file proves that it is whole and that its events are
what their hashes say; that they were recorded by somebody's desk, only that desk's journal can prove.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from msgspec import Struct

from desk.domain import ids
from desk.domain.canonical import Json, canonical, timestamp
from desk.errors import UsageError
from desk.journal import session_digest
from desk.journal.document import as_recorded
from desk.ports import Recorded
from desk.replay.record import Record
from desk.replay.source import Source

SCHEMA = "desk.record/1"


class PortableRecord(Struct, frozen=True, kw_only=True):
    """One session's events and what they were made from: a ``Source`` with a single session in it."""

    session_id: str
    session_digest: str
    desk_version: str
    journal_seq: int
    journal_hash: str
    events: tuple[Recorded, ...]
    blobs: Mapping[str, bytes]

    def of_session(self, session_id: str) -> Sequence[Recorded]:
        return self.events if session_id == self.session_id else ()

    def blob(self, sha256: str) -> bytes | None:
        return self.blobs.get(sha256)

    @property
    def record(self) -> Record:
        return Record(self.events, self.session_id, self.blob)


def portable(source: Source, session_id: str, head: tuple[int, str]) -> PortableRecord:
    """The record of a session, taken out of its journal.

    Raises:
        UsageError: the source has no such session, or a data series of it is gone (``BLOB_MISSING``).
    """
    record = Record(source.of_session(session_id), session_id)
    blobs = {}
    for name in sorted(needed(record)):
        body = source.blob(name)
        if body is None:
            raise UsageError(
                f"a data series of {session_id} is gone", fix="Run `desk verify`", code="BLOB_MISSING"
            )
        blobs[name] = body
    return PortableRecord(
        session_id=session_id,
        session_digest=session_digest(record.events),
        desk_version=record.opened.desk_version,
        journal_seq=head[0],
        journal_hash=head[1],
        events=record.events,
        blobs=blobs,
    )


def needed(record: Record) -> set[str]:
    """The sha256 of every blob a record rests on: the prompts, and the brief's data series."""
    opened, received = record.opened, record.brief
    return {str(sha) for sha in (*opened.prompts.values(), *received.slices.values())}


def written(record: PortableRecord) -> Iterator[bytes]:
    """The file, line by line. The same record gives the same bytes."""
    whole = sha256()
    for line in _lines(record):
        whole.update(line)
        yield line
    counts = {"events": len(record.events), "blobs": len(record.blobs), "sha256": whole.hexdigest()}
    yield _line({"end": counts})


def _lines(record: PortableRecord) -> Iterator[bytes]:
    yield _line(
        {
            "schema": SCHEMA,
            "session_id": record.session_id,
            "session_digest": record.session_digest,
            "desk_version": record.desk_version,
            "journal": {"seq": record.journal_seq, "hash": record.journal_hash},
        }
    )
    yield from (_line({"event": _event(one)}) for one in record.events)
    yield from (_line({"blob": _blob(name, body)}) for name, body in sorted(record.blobs.items()))


def _line(document: Mapping[str, object]) -> bytes:
    return canonical(document) + b"\n"


def _event(one: Recorded) -> dict[str, object]:
    return {
        "seq": one.seq,
        "event_id": one.event_id,
        "stream_id": one.stream_id,
        "stream_type": one.stream_type,
        "version": one.version,
        "event_type": one.event_type,
        "schema_version": one.schema_version,
        "data": as_recorded(one.data),
        "metadata": one.metadata,
        "occurred_at": timestamp(one.occurred_at),
        "prev_hash": one.prev_hash,
        "hash": one.hash,
    }


def _blob(name: str, body: bytes) -> dict[str, Json]:
    try:
        return {"sha256": name, "encoding": "utf-8", "body": body.decode()}
    except UnicodeDecodeError:
        return {"sha256": name, "encoding": "base64", "body": base64.b64encode(body).decode()}


def holds(record: PortableRecord, secrets: Iterable[str]) -> bool:
    """Does any of these secrets stand anywhere in what would be written?"""
    text = b"".join(written(record))
    return any(secret.encode() in text for secret in secrets if secret)


def streams_of(session_id: str, stream_id: str) -> bool:
    """May a stream of this name be part of this session's record?"""
    if stream_id == ids.session_stream(session_id):
        return True
    return stream_id.startswith((f"call-{session_id}-", "order-"))
