"""Where a re-driven event is not the recorded one, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from desk.domain.canonical import Json, timestamp, written
from desk.domain.shape import shaped
from desk.ports import NewEvent, Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field. Values are canonical text."""

    step: int
    field: str
    recorded: str
    replayed: str


def differences(recorded: Recorded, new: NewEvent) -> list[Difference]:
    """Every field of the event's canonical form that is not the same."""
    before: dict[str, Json] = {
        "event_type": recorded.event_type,
        "event_id": recorded.event_id,
        "occurred_at": timestamp(recorded.occurred_at),
        "data": dict(recorded.data),
    }
    after: dict[str, Json] = {
        "event_type": type(new.event).__name__,
        "event_id": new.event_id,
        "occurred_at": timestamp(new.occurred_at),
        "data": shaped(new.event),
    }
    return [
        Difference(step=recorded.seq, field=field, recorded=one, replayed=other)
        for field, one, other in unequal("", before, after)
    ]


def unequal(path: str, one: Json, other: Json) -> Iterator[tuple[str, str, str]]:
    """Each field that differs: its path and both values as canonical text."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from unequal(f"{path}.{key}" if path else key, one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from unequal(f"{path}[{place}]", left, right)
    elif one != other:
        yield path, written(one), written(other)
