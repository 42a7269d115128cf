"""Records that somebody changed: one character of one value, past chain and key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path as Folder
from typing import Any

from desk.journal import SqliteJournal, memory_journal, open_journal
from desk.ports import NewEvent, Recorded
from desk.reopening import without_world
from desk.replay.nowhere import NoScreen
from desk.replay.record import Record
from desk.replay.resume import Replayed, replay

Way = tuple[str | int, ...]
#: What stands beside an event's data, and is covered by a digest too.
BESIDE = ("event_id", "occurred_at")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A value of a record: the event's place in it, and the way to the value."""

    at: int
    step: int
    event_type: str
    path: Way

    @property
    def field(self) -> str:
        """As a divergence names it, but for entries that it calls by name."""
        name = ".".join(f"[{part}]" if isinstance(part, int) else part for part in self.path)
        return name.replace(".[", "[")


def places(record: Record) -> Iterator[Place]:
    """Every value of every event."""
    for at, event in enumerate(record.events):
        paths: list[Way] = [(name,) for name in BESIDE]
        paths += [("data", *path) for path in _leaves(_plain(event))]
        for path in paths:
            yield Place(at=at, step=event.seq, event_type=event.event_type, path=path)


def altered(record: Record, place: Place, value: object = None) -> Record:
    """The record with one character of this value changed, or with another value there."""
    events = list(record.events)
    events[place.at] = _altered(events[place.at], place.path, value)
    return Record(events, record.session_id, record.text_source)


def place(record: Record, event_type: str, *path: str | int, nth: int = 0) -> Place:
    """A value of the n-th event of this type."""
    found = [at for at, event in enumerate(record.events) if event.event_type == event_type]
    at = found[nth]
    return Place(at=at, step=record.events[at].seq, event_type=event_type, path=path)


async def replayed(record: Record, journal: SqliteJournal) -> Replayed:
    shadow = memory_journal()
    try:
        return await replay(record, without_world(record, journal, shadow, NoScreen()), shadow)
    finally:
        shadow.close()


def _altered(event: Recorded, path: Way, value: object) -> Recorded:
    match path:
        case ("event_id",):
            return event._replace(event_id=other(event.event_id))
        case ("occurred_at",):
            return event._replace(occurred_at=event.occurred_at + timedelta(microseconds=1))
    data = _plain(event)
    inner: Any = {"data": data}
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = other(inner[path[-1]]) if value is None else value
    return event._replace(data=data)


def _plain(event: Recorded) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(event.data)))
    return plain


def _leaves(value: Any, path: Way = ()) -> Iterator[Way]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _leaves(item, (*path, place))
    elif value not in (None, ""):
        yield path


def other(value: Any) -> Any:
    """The value with its last letter or digit changed; a truth value turned round."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    at = max((at for at, char in enumerate(value) if char.isalnum()), default=0)
    turned = {"9": "1", "z": "y", "Z": "Y", "f": "e"}
    char = turned.get(value[at]) or chr(ord(value[at]) + 1)
    return value[:at] + char + value[at + 1 :]


def resigned(source: SqliteJournal, home: Folder, changed: Record) -> None:
    """A home under a key of its own whose journal holds the same events, but for those of ``changed``."""
    others = {event.seq: event for event in changed.events}
    with closing(open_journal(home)) as journal, journal.transaction() as tx:
        for event in source.events():
            one = others.get(event.seq, event)
            tx.append(one.stream_id, tx.version(one.stream_id), [_anew(one)])
            for ticket in source.tickets_of_intent(str(one.data.get("intent_id"))):
                if one.event_type == "IntentMinted":
                    tx.insert_ticket(ticket)
        for digest in (*changed.opened.prompts.values(), *changed.brief.slices.values()):
            body = source.blob(str(digest))
            assert body is not None
            tx.put_blob(body)


def _anew(event: Recorded) -> NewEvent:
    account, session = event.metadata.get("account"), event.metadata.get("session")
    return NewEvent(
        event=event.event,
        event_id=event.event_id,
        occurred_at=event.occurred_at,
        account=None if account is None else str(account),
        session_id=None if session is None else str(session),
    )
