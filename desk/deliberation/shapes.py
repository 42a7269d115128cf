"""From plain JSON to the domain's frozen types, and those types as a JSON schema: one walk each way.

Field names and types are read from the records themselves, so a schema cannot drift from what is
accepted. Nothing is coerced, and a problem never repeats what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from desk.domain import money
from desk.domain.shape import is_record
from desk.domain.views import Typed
from desk.errors import BadNumber, ModelError

#: A JSON value whose numbers are still the text that was sent.
Sent: TypeAlias = "None | bool | str | NumberText | list[Sent] | dict[str, Sent]"
Schema: TypeAlias = dict[str, object]

#: Reads one JSON value; raises ``_Faults``.
Reader: TypeAlias = Callable[["Sent"], object]

MISSING = "is required"
UNKNOWN = ": has a key the schema does not name"


class NumberText(str):
    """The exact text of a JSON number. Not a ``str`` to any field that wants text."""

    __slots__ = ()


class ReplyInvalid(ModelError):
    """A reply that is not a valid statement. Each problem is ``field path: reason`` in our own words."""

    default_code = "REPLY_INVALID"

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("the reply is not a valid statement", why="; ".join(problems[:3]))


def decoded(wanted: Any, sent: Sent) -> object:
    """``sent`` as a value of type ``wanted``.

    Raises:
        ReplyInvalid: with every problem found at the depth at which there are any.
    """
    try:
        return _reader(wanted)(sent)
    except _Faults as found:
        raise ReplyInvalid(tuple(map(_from_the_top, found.problems))) from None


class _Faults(Exception):
    """What is wrong with a value, each ``place: reason``, the place as seen from it (empty: itself)."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems


def _inside(name: str, problem: str) -> str:
    """A problem as it is seen from what holds the field ``name``."""
    return f"{name}{problem}" if problem[0] in ":[" else f"{name}.{problem}"


def _from_the_top(problem: str) -> str:
    whole = "the object" if problem == UNKNOWN else "the reply"
    return f"{whole}{problem}" if problem[0] == ":" else problem


@cache
def _reader(wanted: Any) -> Reader:
    """What reads values of one type; made once a type."""
    if isinstance(wanted, type):
        if issubclass(wanted, StrEnum):
            return _choice(wanted)
        return _record(wanted) if is_record(wanted) else _SCALARS[wanted]
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return _union(arguments)
    return _literal(arguments) if origin is Literal else _items(_reader(arguments[0]))


def _union(choices: tuple[Any, ...]) -> Reader:
    """The member that the JSON type points to: a record for an object, null for null, else the other."""
    kept = [choice for choice in choices if choice is not NoneType]
    records: list[Any] = [choice for choice in kept if is_record(choice)]
    others = [choice for choice in kept if choice not in records] or kept
    of_objects, of_others = _reader((records or kept)[0]), _reader(others[0])
    nullable = NoneType in choices

    def read(sent: Sent) -> object:
        if sent is None and nullable:
            return None
        return of_objects(sent) if isinstance(sent, dict) else of_others(sent)

    return read


def _record(wanted: type[Struct]) -> Reader:
    hints = get_type_hints(wanted)
    readers = {name: _reader(hints[name]) for name in wanted.__struct_fields__}

    def read(sent: Sent) -> object:
        if not isinstance(sent, dict):
            raise _Faults(": must be an object")
        problems: list[str] = []
        values: dict[str, object] = {}
        for name, read_field in readers.items():
            if name not in sent:
                problems.append(f"{name}: {MISSING}")
                continue
            try:
                values[name] = read_field(sent[name])
            except _Faults as found:
                problems += [_inside(name, problem) for problem in found.problems]
        if not sent.keys() <= readers.keys():
            problems.append(UNKNOWN)
        if problems:
            raise _Faults(*problems)
        return _built(wanted, values)

    return read


def _built(wanted: type, values: dict[str, object]) -> object:
    try:
        return wanted(**values)
    except ValueError as refused:  # raised by our own bounds only: its text is ours
        raise _Faults(str(refused)) from None


def _items(read_item: Reader) -> Reader:
    def read(sent: Sent) -> object:
        if not isinstance(sent, list):
            raise _Faults(": must be a list")
        problems: list[str] = []
        values: list[object] = []
        for position, item in enumerate(sent):
            try:
                values.append(read_item(item))
            except _Faults as found:
                problems += [_inside(f"[{position}]", problem) for problem in found.problems]
        if problems:
            raise _Faults(*problems)
        return tuple(values)

    return read


def _choice(wanted: type[StrEnum]) -> Reader:
    members = {member.value: member for member in wanted}

    def read(sent: Sent) -> StrEnum:
        if not isinstance(sent, str) or sent not in members:
            raise _Faults(": must be one of " + ", ".join(members))
        return members[sent]

    return read


def _literal(choices: tuple[object, ...]) -> Reader:
    members = {str(choice): choice for choice in choices}

    def read(sent: Sent) -> object:
        if not isinstance(sent, NumberText) or sent not in members:
            raise _Faults(": must be one of " + ", ".join(members))
        return members[sent]

    return read


def _null(sent: Sent) -> None:
    if sent is not None:
        raise _Faults(": must be null")


def _text(sent: Sent) -> str:
    if type(sent) is not str:
        raise _Faults(": must be text")
    return sent


def _flag(sent: Sent) -> bool:
    if not isinstance(sent, bool):
        raise _Faults(": must be true or false")
    return sent


def _whole(sent: Sent) -> int:
    number = _number(sent) if isinstance(sent, NumberText) and "." not in sent else None
    if number is None:
        raise _Faults(": must be a whole number")
    return int(number)


def _number(sent: Sent) -> Decimal:
    """A JSON number, or the same text in quotes: models write Decimals both ways."""
    try:
        return money.signed(sent)
    except BadNumber:
        raise _Faults(": must be a plain number such as -1.5, without an exponent") from None


def _time(sent: Sent) -> datetime:
    wrong = ": must be a time such as 2016-06-23T21:00:00Z"
    if not isinstance(sent, str) or not sent.isascii():
        raise _Faults(wrong)
    try:
        return datetime.fromisoformat(sent)
    except ValueError:
        raise _Faults(wrong) from None


_SCALARS: Mapping[type, Reader] = MappingProxyType(
    {str: _text, bool: _flag, int: _whole, Decimal: _number, datetime: _time, NoneType: _null}
)


# ---- the same types as a schema ------------------------------------------------------------------

_JSON_TYPES: Mapping[object, str] = MappingProxyType(
    {str: "string", bool: "boolean", int: "integer", Decimal: "number", datetime: "string", NoneType: "null"}
)


def schema_of(root: type[Typed]) -> Schema:
    """JSON schema in the subset that strict structured output accepts.

    Every property is required, no other is allowed, and only ``type``, ``enum``, ``anyOf``, ``items``,
    ``properties`` and ``$ref`` occur; bounds are stated in the prompts and checked by the types.
    """
    shared: Schema = {}
    return {**_object(root, shared), "$defs": shared}


def _object(record: type[Struct], shared: Schema) -> Schema:
    hints = get_type_hints(record)
    names = list(record.__struct_fields__)
    return {
        "type": "object",
        "properties": {name: _schema(hints[name], shared) for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _schema(wanted: object, shared: Schema) -> Schema:
    if wanted in _JSON_TYPES:
        return {"type": _JSON_TYPES[wanted]}
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return {"type": "string", "enum": [member.value for member in wanted]}
    if is_record(wanted):
        if wanted.__name__ not in shared:
            shared[wanted.__name__] = _object(wanted, shared)
        return {"$ref": f"#/$defs/{wanted.__name__}"}
    if get_origin(wanted) is Literal:
        return {"type": "integer", "enum": list(get_args(wanted))}
    if get_origin(wanted) is tuple:
        return {"type": "array", "items": _schema(get_args(wanted)[0], shared)}
    return {"anyOf": [_schema(choice, shared) for choice in get_args(wanted)]}
