"""Where a re-driven event is not the recorded one: the step, the field, and both values.

What follows from something else comes last: a hash differs whenever what it covers does.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final

from msgspec import Struct

from desk.domain.canonical import Json, timestamp, written
from desk.domain.shape import shaped
from desk.errors import Divergence
from desk.journal.codec import encode
from desk.journal.document import text_of
from desk.ports import NewEvent, Recorded

#: By which key an entry of a list is known, where all of them have it.
NAMES: Final = ("id", "code", "name", "who", "port")
EVENT_TYPE: Final = "event_type"
#: Longer texts are shown by what differs in them.
SHORT, AROUND, MOST_LINES = 160, 60, 40
#: Endings of the fields that cover others, and differ whenever one of those does.
_COVERING: Final = ("hash", "sha256")


class Difference(Struct, frozen=True, kw_only=True):
    """One field. Values are canonical text, long ones cut to what differs.

    ``diff`` is the unified diff of a text of several lines (a prompt, a request); empty elsewhere.
    """

    step: int
    field: str
    recorded: str
    replayed: str
    diff: str = ""

    @property
    def drawn(self) -> bool:
        """An event's own id or stamp: it is drawn, and says nothing of what happened."""
        return self.field in ("event_id", "occurred_at")


class Parted(Divergence):
    """The law has parted from the record, and where is known: causes first."""

    def __init__(self, found: Iterable[Difference]) -> None:
        self.found = ranked(found)
        first = self.found[0]
        super().__init__(
            f"step {first.step} differs in {first.field}",
            why=f"recorded {first.recorded[:SHORT]}, replayed {first.replayed[:SHORT]}",
        )


def ranked(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Causes before consequences: ids and stamps shift when the law goes another way, hashes cover all."""
    return tuple(sorted(found, key=lambda one: 1 if one.drawn else 2 * one.field.endswith(_COVERING)))


def differences(recorded: Recorded, new: NewEvent, stream_id: str) -> list[Difference]:
    """Every field of the event's canonical form that is not the same; of another type, that it is one."""
    if _same(recorded, new, stream_id):
        return []
    after: dict[str, Json] = {
        "stream_id": stream_id,
        "event_type": type(new.event).__name__,
        "event_id": new.event_id,
        "occurred_at": timestamp(new.occurred_at),
        "data": shaped(new.event),
    }
    return compared(recorded.seq, _fields(recorded, tuple(after)), after)


def _same(recorded: Recorded, new: NewEvent, stream_id: str) -> bool:
    """The same text at the same place, as nearly always: then no field has to be looked at."""
    kind, version, text = encode(new.event)
    placed = (recorded.stream_id, recorded.event_type, recorded.schema_version, recorded.event_id)
    return (
        placed == (stream_id, kind, version, new.event_id)
        and recorded.occurred_at == new.occurred_at
        and text_of(recorded.data) == text
    )


def of_records(recorded: Recorded, replayed: Recorded) -> list[Difference]:
    """The same for two events on record: everything that a session's digest covers."""
    names = ("stream_id", "event_type", "event_id", "occurred_at", "data", "metadata", "schema_version")
    return compared(recorded.seq, _fields(recorded, names), _fields(replayed, names))


def _fields(recorded: Recorded, names: tuple[str, ...]) -> dict[str, Json]:
    known: dict[str, Json] = {
        "stream_id": recorded.stream_id,
        "event_type": recorded.event_type,
        "event_id": recorded.event_id,
        "occurred_at": timestamp(recorded.occurred_at),
        "data": dict(recorded.data),
        "metadata": dict(recorded.metadata),
        "schema_version": recorded.schema_version,
    }
    return {name: known[name] for name in names}


def compared(step: int, before: dict[str, Json], after: dict[str, Json]) -> list[Difference]:
    """The fields that differ between two documents; of two kinds of event, only that."""
    if before.get(EVENT_TYPE) != after.get(EVENT_TYPE):
        before, after = ({EVENT_TYPE: one[EVENT_TYPE]} for one in (before, after))
    return [_difference(step, *one) for one in unequal("", before, after)]


# ---- which fields --------------------------------------------------------------------------------


def unequal(path: str, one: Json, other: Json) -> Iterator[tuple[str, Json, Json]]:
    """Each field in which two documents differ: its path and both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys((*one, *other)):
            yield from unequal(f"{path}.{key}" if path else key, one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list):
        for label, left, right in _paired(one, other):
            yield from unequal(f"{path}[{label}]", left, right)
    elif one != other:
        yield path, one, other


def _paired(one: list[Json], other: list[Json]) -> Iterator[tuple[object, Json, Json]]:
    """Entries that belong together: by place, or by name where one of them has some that the other lacks."""
    ours, theirs = _names(one), _names(other)
    if len(one) == len(other):
        labels = ours if ours == theirs and ours else range(len(one))
        yield from zip(labels, one, other, strict=True)
    elif ours and theirs:
        left, right = dict(zip(ours, one, strict=True)), dict(zip(theirs, other, strict=True))
        yield from ((name, left.get(name), right.get(name)) for name in dict.fromkeys((*ours, *theirs)))
    else:
        yield from ((place, *pair) for place, pair in enumerate(zip_longest(one, other)))


def _names(entries: list[Json]) -> list[str]:
    """What each entry is called; empty where they have no names of their own."""
    rows = [entry for entry in entries if isinstance(entry, dict)]
    key = next((key for key in NAMES if all(isinstance(row.get(key), str) for row in rows)), "")
    names = [str(row[key]) for row in rows] if key else []
    return names if len({*names}) == len(entries) else []


# ---- how they are shown --------------------------------------------------------------------------


def _difference(step: int, field: str, one: Json, other: Json) -> Difference:
    if not isinstance(one, str) or not isinstance(other, str) or max(len(one), len(other)) <= SHORT:
        return Difference(step=step, field=field, recorded=written(one), replayed=written(other))
    left, right = changed_lines(one, other)
    start = max(0, _first_apart(left, right) - AROUND)
    return Difference(
        step=step,
        field=field,
        recorded=_cut(left, start),
        replayed=_cut(right, start),
        diff=unified(one, other) if "\n" in one + other else "",
    )


def changed_lines(one: str, other: str) -> tuple[str, str]:
    """The lines of each that the other does not have in their place."""
    left, right = one.split("\n"), other.split("\n")
    blocks = difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    apart = [block for block in blocks if block[0] != "equal"]
    ours = [line for _, start, end, _, _ in apart for line in left[start:end]]
    theirs = [line for _, _, _, start, end in apart for line in right[start:end]]
    return "\n".join(ours), "\n".join(theirs)


def unified(one: str, other: str) -> str:
    """Both texts as a unified diff with a line around each change, so many lines of it at most."""
    lines = list(
        difflib.unified_diff(one.split("\n"), other.split("\n"), "recorded", "replayed", lineterm="", n=1)
    )
    return "\n".join(lines[:MOST_LINES] + ["…"] * (len(lines) > MOST_LINES))


def _first_apart(one: str, other: str) -> int:
    """Where two texts part."""
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if len({*pair}) > 1), 0)


def _cut(text: str, start: int) -> str:
    end = start + 2 * AROUND
    return written(("…" if start else "") + text[start:end] + ("…" if end < len(text) else ""))
