"""The shape of one event type: what each of its fields is as JSON, and back, by its annotation."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from msgspec.structs import asdict

from desk.domain import canonical, events
from desk.domain.money import plain
from desk.errors import BadNumber

if TYPE_CHECKING:
    from desk.domain.canonical import Json
    from desk.domain.events import Event

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class Unwritable(Exception):
    """A field's value has no canonical form."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Shape:
    """Both directions of one event type, its annotations read once."""

    def __init__(self, kind: type[Event]) -> None:
        hints = get_type_hints(kind)
        names = kind.__struct_fields__
        self._kind = kind
        self._fields = tuple(_Field(name, *_converter(hints[name])) for name in names)

    def data(self, event: Event) -> dict[str, Json]:
        """The event as plain JSON.

        Raises:
            Unwritable: a field holds what its annotation does not allow.
        """
        data: dict[str, Json] = asdict(event)
        name = ""
        try:
            for name, same, write, _ in self._fields:
                value = data[name]
                if type(value) not in same:
                    data[name] = write(value)
        except (TypeError, ValueError, RecursionError, BadNumber):
            raise Unwritable(name) from None
        return data

    def event(self, data: dict[str, Json]) -> Event:
        """The event in plain JSON.

        Raises:
            TypeError, ValueError, LookupError, ArithmeticError: it is not of this shape.
        """
        if len(data) != len(self._fields):
            raise ValueError("fields")
        return self._kind(
            **{
                name: value if type(value := data[name]) in same else read(value)
                for name, same, _, read in self._fields
            }
        )


class _Converter(NamedTuple):
    """One annotation. Values of the types in ``same`` are their own JSON.

    ``write`` and ``read`` take all others, and raise TypeError or ValueError for a foreign one.
    """

    same: frozenset[type]
    write: Callable[[Any], Json]
    read: Callable[[Any], Any]


class _Field(NamedTuple):
    """A field: its name and its converter."""

    name: str
    same: frozenset[type]
    write: Callable[[Any], Json]
    read: Callable[[Any], Any]


def _foreign(value: object) -> Any:
    raise TypeError


def _write_text(value: object) -> Json:
    """Text of a subclass: a member of an enumeration."""
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
    return datetime.fromisoformat(value)  # Its Z is UTC already.


def _write_document(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise TypeError
    return canonical.document(value)


def _read_document(value: object) -> object:
    if type(value) is not dict:
        raise TypeError
    return value


_NONE: frozenset[type] = frozenset()
_SIMPLE: Mapping[object, _Converter] = {
    str: _Converter(frozenset({str}), _write_text, _foreign),
    int: _Converter(frozenset({int}), _foreign, _foreign),
    bool: _Converter(frozenset({bool}), _foreign, _foreign),
    Decimal: _Converter(_NONE, _write_number, _read_number),
    datetime: _Converter(_NONE, _write_moment, read_moment),
    events.Document: _Converter(frozenset({canonical.Plain}), _write_document, _read_document),
}


def _converter(annotation: object) -> _Converter:
    """The converter of one annotation: a simple one, or ``X | None`` or ``tuple[X, ...]`` of one."""
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType) and len(inner) == 2 and inner[1] is type(None):
        item = _converter(inner[0])
        return item._replace(same=item.same | {type(None)})
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        return _sequence(_converter(inner[0]))
    raise TypeError(f"an event cannot hold {annotation}")


def _sequence(item: _Converter) -> _Converter:
    def write(value: object) -> Json:
        if not isinstance(value, tuple):
            raise TypeError
        return [part if type(part) in item.same else item.write(part) for part in value]

    def read(value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise TypeError
        return tuple([part if type(part) in item.same else item.read(part) for part in value])

    return _Converter(_NONE, write, read)
