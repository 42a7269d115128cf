"""From plain JSON to the domain's frozen types, and those types as a JSON schema: one walk each way.

Field names and types are read from the dataclasses themselves, so a schema cannot drift from what is
accepted. Nothing is coerced, and a problem never repeats what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from desk.domain import money
from desk.domain.views import Typed
from desk.errors import BadNumber, ModelError

#: A JSON value whose numbers are still the text that was sent.
Sent: TypeAlias = "None | bool | str | NumberText | list[Sent] | dict[str, Sent]"
Schema: TypeAlias = dict[str, object]

MISSING = "is required"
UNKNOWN = "has a key the schema does not name"


class NumberText(str):
    """The exact text of a JSON number. Not a ``str`` to any field that wants text."""

    __slots__ = ()


class ReplyInvalid(ModelError):
    """A reply that is not a valid statement. Each problem is ``field path: reason`` in our own words."""

    default_code = "REPLY_INVALID"

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("the reply is not a valid statement", why="; ".join(problems[:3]))


def decoded(wanted: object, sent: Sent, path: str = "") -> object:
    """``sent`` as a value of type ``wanted``.

    Raises:
        ReplyInvalid: with every problem found at this depth.
    """
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return _choice(wanted, sent, path)
    if is_dataclass(wanted) and isinstance(wanted, type):
        return _record(wanted, sent, path)
    if isinstance(wanted, type) and wanted in _SCALARS:
        return _SCALARS[wanted](sent, path)
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return decoded(_branch(arguments, sent), sent, path)
    if origin is Literal:
        return _literal(arguments, sent, path)
    if origin is tuple:
        return _items(arguments[0], sent, path)
    raise TypeError("a field type that has no shape")


def _branch(choices: tuple[object, ...], sent: Sent) -> object:
    """The member of a union that the JSON type points to; the first that is not null otherwise."""
    if sent is None and NoneType in choices:
        return NoneType
    kept = [choice for choice in choices if choice is not NoneType]
    records = [choice for choice in kept if is_dataclass(choice)]
    if len(kept) > 1 and records:
        return records[0] if isinstance(sent, dict) else next(c for c in kept if c not in records)
    return kept[0]


def _record(wanted: type, sent: Sent, path: str) -> object:
    if not isinstance(sent, dict):
        raise _problem(path, "must be an object")
    hints = _hints(wanted)
    problems: list[str] = []
    values: dict[str, object] = {}
    for name, hint in hints.items():
        place = _join(path, name)
        if name not in sent:
            problems.append(f"{place}: {MISSING}")
            continue
        try:
            values[name] = decoded(hint, sent[name], place)
        except ReplyInvalid as invalid:
            problems.extend(invalid.problems)
    if sent.keys() - hints.keys():
        problems.append(f"{path or 'the object'}: {UNKNOWN}")
    if problems:
        raise ReplyInvalid(tuple(problems))
    return _built(wanted, values, path)


@cache
def _hints(wanted: type) -> Mapping[str, object]:
    """The fields of a record with their types, in order."""
    hints = get_type_hints(wanted)
    return {field.name: hints[field.name] for field in fields(wanted)}


def _built(wanted: type, values: dict[str, object], path: str) -> object:
    try:
        return wanted(**values)
    except ValueError as refused:  # raised by our own bounds only: its text is ours
        raise ReplyInvalid((_join(path, str(refused)),)) from None


def _items(wanted: object, sent: Sent, path: str) -> tuple[object, ...]:
    if not isinstance(sent, list):
        raise _problem(path, "must be a list")
    problems: list[str] = []
    values: list[object] = []
    for position, item in enumerate(sent):
        try:
            values.append(decoded(wanted, item, f"{path}[{position}]"))
        except ReplyInvalid as invalid:
            problems.extend(invalid.problems)
    if problems:
        raise ReplyInvalid(tuple(problems))
    return tuple(values)


def _choice(wanted: type[StrEnum], sent: Sent, path: str) -> StrEnum:
    if not isinstance(sent, str) or sent not in {member.value for member in wanted}:
        raise _problem(path, "must be one of " + ", ".join(member.value for member in wanted))
    return wanted(sent)


def _literal(choices: tuple[object, ...], sent: Sent, path: str) -> object:
    for choice in choices:
        if isinstance(sent, NumberText) and sent == str(choice):
            return choice
    raise _problem(path, "must be one of " + ", ".join(map(str, choices)))


def _null(sent: Sent, path: str) -> None:
    if sent is not None:
        raise _problem(path, "must be null")


def _text(sent: Sent, path: str) -> str:
    if not isinstance(sent, str) or isinstance(sent, NumberText):
        raise _problem(path, "must be text")
    return sent


def _flag(sent: Sent, path: str) -> bool:
    if not isinstance(sent, bool):
        raise _problem(path, "must be true or false")
    return sent


def _whole(sent: Sent, path: str) -> int:
    number = _number(sent, path) if isinstance(sent, NumberText) and "." not in sent else None
    if number is None:
        raise _problem(path, "must be a whole number")
    return int(number)


def _number(sent: Sent, path: str) -> Decimal:
    """A JSON number, or the same text in quotes: models write Decimals both ways."""
    try:
        return money.signed(sent)
    except BadNumber:
        raise _problem(path, "must be a plain number such as -1.5, without an exponent") from None


def _time(sent: Sent, path: str) -> datetime:
    wrong = _problem(path, "must be a time such as 2016-06-23T21:00:00Z")
    if not isinstance(sent, str) or not sent.isascii():
        raise wrong
    try:
        return datetime.fromisoformat(sent)
    except ValueError:
        raise wrong from None


_SCALARS: Mapping[type, Callable[[Sent, str], object]] = MappingProxyType(
    {str: _text, bool: _flag, int: _whole, Decimal: _number, datetime: _time, NoneType: _null}
)


def _problem(path: str, reason: str) -> ReplyInvalid:
    return ReplyInvalid((f"{path or 'the reply'}: {reason}",))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


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


def _object(record: type, shared: Schema) -> Schema:
    hints = get_type_hints(record)
    names = [field.name for field in fields(record)]
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
    if isinstance(wanted, type) and is_dataclass(wanted):
        if wanted.__name__ not in shared:
            shared[wanted.__name__] = _object(wanted, shared)
        return {"$ref": f"#/$defs/{wanted.__name__}"}
    if get_origin(wanted) is Literal:
        return {"type": "integer", "enum": list(get_args(wanted))}
    if get_origin(wanted) is tuple:
        return {"type": "array", "items": _schema(get_args(wanted)[0], shared)}
    return {"anyOf": [_schema(choice, shared) for choice in get_args(wanted)]}
