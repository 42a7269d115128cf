"""Records as plain documents and back, by their annotations.

One rule for every recorded value: a field is text, a whole number, a truth value, a Decimal, a time, a
date, an enum, a document, another such record, a tuple of these, or None. Converters are made once a
class; a document with a key too many or too few is refused.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeGuard, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import asdict

from desk.domain.canonical import SIMPLE, WRITERS, Json, Plain, moment
from desk.domain.money import parsed
from desk.errors import BadNumber

T = TypeVar("T")
Read = Callable[[Any], Any]
Write = Callable[[Any], Any]


def is_record(kind: object) -> TypeGuard[type[Struct]]:
    """Is this the type of a record?"""
    return isinstance(kind, type) and issubclass(kind, Struct)


def shaped(value: object) -> Plain:
    """The plain document of a record."""
    document: Plain = _WRITERS[type(value)](value)
    return document


#: Annotations of what is its own plain form, and nothing else: nobody has to look at it.
_TEXT: Final = (str, str | None)


class _Writers(dict[type, Write]):
    """How values of each type are written: found out once a type."""

    def __missing__(self, kind: type) -> Write:
        if kind is tuple or kind is list:
            self[kind] = _write_items
        elif kind is date:
            self[kind] = date.isoformat
        else:
            self[kind] = _record_writer(kind) if is_record(kind) else WRITERS[kind]
        return self[kind]


_WRITERS = _Writers()


def _record_writer(kind: type[Struct]) -> Write:
    hints = get_type_hints(kind)
    others = tuple(name for name in kind.__struct_fields__ if hints[name] not in _TEXT)

    def write(value: Struct) -> Plain:
        document = Plain(asdict(value))
        for name in others:
            item = document[name]
            if type(item) not in SIMPLE:
                document[name] = _WRITERS[type(item)](item)
        return document

    return write


def _write_items(items: Sequence[Any]) -> Json:
    return [item if type(item) in SIMPLE else _WRITERS[type(item)](item) for item in items] if items else []


def unshaped(kind: type[T], plain: object) -> T:
    """The record that ``shaped`` wrote.

    Raises:
        BadNumber: the document has other keys or a value of another type.
    """
    readers = _readers(cast(Any, kind))
    if not isinstance(plain, Mapping) or set(plain) != set(readers):
        raise BadNumber(f"a recorded {kind.__name__} has other fields than this version knows")
    return kind(**{name: read(plain[name]) for name, read in readers.items()})


@cache
def _readers(kind: type[Struct]) -> dict[str, Read]:
    hints = get_type_hints(kind)
    return {name: _reader(hints[name]) for name in kind.__struct_fields__}


def _reader(hint: Any) -> Read:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _optional([arg for arg in args if arg is not type(None)])
    if origin is tuple:
        return _tuple(_reader(args[0]))
    if hint in _LEAVES:
        return _LEAVES[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    if is_record(hint):
        return lambda plain: unshaped(hint, plain)
    return _document


def _optional(kinds: list[Any]) -> Read:
    inner = _reader(kinds[0])
    return lambda plain: None if plain is None else inner(plain)


def _tuple(inner: Read) -> Read:
    def read(plain: Any) -> Any:
        if not isinstance(plain, list):
            raise BadNumber("a recorded list is not one")
        return tuple(inner(item) for item in plain)

    return read


def _exactly(kind: type) -> Read:
    def read(plain: Any) -> Any:
        if type(plain) is not kind:
            raise BadNumber(f"a recorded {kind.__name__} is a {type(plain).__name__}")
        return plain

    return read


def _document(plain: Any) -> Any:
    if not isinstance(plain, dict):
        raise BadNumber("a recorded document is not one")
    return plain


_LEAVES: dict[Any, Read] = {
    str: _exactly(str),
    int: _exactly(int),
    bool: _exactly(bool),
    Decimal: parsed,
    datetime: moment,
    date: date.fromisoformat,
}
