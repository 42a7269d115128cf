"""Events to canonical JSON text and back, from their annotations alone.

Each dataclass of ``desk.domain.events`` gets its converters once, when the codec is made. Text is
strict in both directions: what cannot be read back equal is refused before it is written, and a
field too many or too few is never guessed at. An old shape is lifted to today's by *upcasters*, one
step a version, so the rest of the desk knows only the newest.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

from desk.domain import canonical, events
from desk.domain.money import plain
from desk.errors import BadNumber, JournalCorrupt, JournalError
from desk.journal.text import written

if TYPE_CHECKING:
    from desk.domain.canonical import Json
    from desk.domain.events import Event
    from desk.ports import Recorded

#: Lifts the data of one version of an event to the next.
Upcaster = Callable[[dict[str, "Json"]], dict[str, "Json"]]

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class _Converter(NamedTuple):
    """Both directions of one annotation. Each raises TypeError or ValueError for a foreign value.

    A value of exactly the type ``as_is`` is its own plain form.
    """

    write: Callable[[Any], Json]
    read: Callable[[Any], Any]
    as_is: type | None = None


def _exactly(kind: type) -> Callable[[Any], Any]:
    def same(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError
        return value

    return same


def _write_text(value: object) -> Json:
    if not isinstance(value, str):
        raise TypeError
    return canonical.document(value)


def _write_number(value: object) -> Json:
    if not isinstance(value, Decimal):
        raise TypeError
    return plain(value)


def _read_number(value: object) -> Decimal:
    if not isinstance(value, str) or _NUMBER.fullmatch(value) is None:
        raise TypeError
    return Decimal(value)


def _write_moment(value: object) -> Json:
    if not isinstance(value, datetime):
        raise TypeError
    return canonical.timestamp(value)


def read_moment(value: object) -> datetime:
    """The time in a stored stamp; TypeError or ValueError if it is not one of the canonical form."""
    if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
        raise TypeError
    return canonical.moment(value)


def _write_document(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise TypeError
    return canonical.document(value)


_SIMPLE: Mapping[object, _Converter] = {
    str: _Converter(_write_text, _exactly(str), str),
    int: _Converter(_exactly(int), _exactly(int), int),
    bool: _Converter(_exactly(bool), _exactly(bool), bool),
    Decimal: _Converter(_write_number, _read_number),
    datetime: _Converter(_write_moment, read_moment),
    events.Document: _Converter(_write_document, _exactly(dict), canonical.Plain),
}


def _converter(annotation: object) -> _Converter:
    """The converter of one annotation: a simple one, or ``X | None`` or ``tuple[X, ...]`` of one."""
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType) and len(inner) == 2 and inner[1] is type(None):
        return _optional(_converter(inner[0]))
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        return _sequence(_converter(inner[0]))
    raise TypeError(f"an event cannot hold {annotation}")


def _optional(item: _Converter) -> _Converter:
    return _Converter(
        lambda value: None if value is None else item.write(value),
        lambda value: None if value is None else item.read(value),
        item.as_is,
    )


def _sequence(item: _Converter) -> _Converter:
    def write(value: Any) -> Any:
        if not isinstance(value, tuple):
            raise TypeError
        return [part if type(part) is item.as_is else item.write(part) for part in value]

    def read(value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise TypeError
        return tuple(item.read(part) for part in value)

    return _Converter(write, read)


class Codec:
    """Writes and reads a set of event types.

    Args:
        kinds: the event classes by name.
        upcasters: ``(event_type, version)`` to the step that lifts that version to the next. A type's
            current version is one more than its steps; they must start at 1 and leave no gap.
    """

    def __init__(
        self, kinds: Mapping[str, type[Event]], upcasters: Mapping[tuple[str, int], Upcaster] | None = None
    ) -> None:
        self._kinds = dict(kinds)
        self._upcasters = dict(upcasters or {})
        self._fields = {name: _fields_of(kind) for name, kind in self._kinds.items()}
        self._versions = {name: self._steps_of(name) + 1 for name in self._kinds}

    def _steps_of(self, name: str) -> int:
        steps = sorted(version for kind, version in self._upcasters if kind == name)
        if steps != list(range(1, len(steps) + 1)):
            raise ValueError(f"the upcasters of {name} leave a gap")
        return len(steps)

    def encode(self, event: Event) -> tuple[str, int, str]:
        """``(event_type, schema_version, data)`` with ``data`` as canonical JSON text.

        Raises:
            JournalError: a field holds what its annotation does not allow (``EVENT_UNWRITABLE``).
        """
        name = type(event).__name__
        if self._kinds.get(name) is not type(event):
            raise _unwritable(name, "it is not an event of the desk")
        data: dict[str, Any] = {}
        field = ""
        try:
            for field, to in self._fields[name].items():
                value: Any = getattr(event, field)
                data[field] = value if type(value) is to.as_is else to.write(value)
        except (TypeError, ValueError, RecursionError, BadNumber):
            raise _unwritable(f"{name}.{field}", "its value has no canonical form") from None
        return name, self._versions[name], _text_of(name, data)

    def decode(self, event_type: str, schema_version: int, data: Mapping[str, Json]) -> Event:
        """The event, lifted to its current version.

        Raises:
            JournalError: a type or version newer than this program (``EVENT_UNKNOWN``).
            JournalCorrupt: the data is not that of its type (``EVENT_UNREADABLE``).
        """
        kind = self._kinds.get(event_type)
        if kind is None or type(schema_version) is not int or schema_version > self._versions[event_type]:
            raise JournalError(
                f"the journal holds an event this program does not know ({ascii(event_type)[:60]})",
                why="a newer Purple Desk wrote it",
                fix="Update Purple Desk",
                code="EVENT_UNKNOWN",
            )
        try:
            lifted = self._lifted(event_type, schema_version, data)
            converters = self._fields[event_type]
            if lifted.keys() != converters.keys():
                raise ValueError("fields")
            return kind(**{name: converters[name].read(value) for name, value in lifted.items()})
        except (TypeError, ValueError, LookupError, ArithmeticError):
            raise JournalCorrupt(
                f"an event of type {event_type} cannot be read",
                why="its data does not fit its type",
                fix="Run `desk verify`",
                code="EVENT_UNREADABLE",
            ) from None

    def _lifted(self, event_type: str, version: int, data: Mapping[str, Json]) -> dict[str, Json]:
        lifted = dict(data)
        for step in range(version, self._versions[event_type]):
            lifted = self._upcasters[event_type, step](lifted)
        return lifted


def _fields_of(kind: type[Event]) -> dict[str, _Converter]:
    hints = get_type_hints(kind)
    return {field.name: _converter(hints[field.name]) for field in dataclasses.fields(kind)}


def _text_of(name: str, data: dict[str, Json]) -> str:
    """Canonical text. Half of a surrogate pair, which models do produce, is not text."""
    try:
        text = written(data)
        text.encode()
    except (UnicodeEncodeError, RecursionError):
        raise _unwritable(name, "it holds text that is not Unicode, or is nested too deeply") from None
    return text


def _unwritable(what: str, why: str) -> JournalError:
    return JournalError(f"{what} cannot be recorded", why=why, code="EVENT_UNWRITABLE")


#: Steps from an old shape of an event to the next. Empty until a shape changes after a release.
UPCASTERS: Mapping[tuple[str, int], Upcaster] = types.MappingProxyType({})
#: The codec of every event the desk has a topic for.
CODEC = Codec({name: cast("type[Event]", getattr(events, name)) for name in events.TOPICS}, UPCASTERS)


def encode(event: Event) -> tuple[str, int, str]:
    """``(event_type, schema_version, data)``; see ``Codec.encode``."""
    return CODEC.encode(event)


def decode(event_type: str, schema_version: int, data: Mapping[str, Json]) -> Event:
    """The event; see ``Codec.decode``."""
    return CODEC.decode(event_type, schema_version, data)


def event_of(recorded: Recorded) -> Event:
    """What ``Recorded.event`` returns."""
    return CODEC.decode(recorded.event_type, recorded.schema_version, recorded.data)
