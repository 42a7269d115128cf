"""The canonical form: one byte string for one value, on every machine and Python.

UTF-8 JSON, keys sorted, ``,`` and ``:`` without spaces, no floats; a Decimal is a plain string
without exponent or trailing zeros; a time is UTC ``YYYY-MM-DDTHH:MM:SS.ffffffZ``. Hashes, digests,
MACs and the journal's chain are all taken over this form.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from types import NoneType
from typing import Any, TypeAlias

import orjson

from desk.domain.money import plain
from desk.errors import BadNumber

#: What a canonical document is made of once it has been read back.
Json: TypeAlias = "None | bool | int | str | list[Json] | dict[str, Json]"


class Plain(dict[str, "Json"]):
    """A document of plain JSON types, which its maker vouches for: nobody has to go through it again.

    Only for what has just been made plain, and read-only from then on.
    """

    __slots__ = ()


#: A value of one of these types is its own plain form.
SIMPLE = frozenset({NoneType, bool, int, str, Plain})


def document(value: object) -> Json:
    """``value`` as plain JSON types: Decimals and times become strings, tuples become lists.

    Raises:
        BadNumber: on a float, a value that is not finite, or a type the form does not have.
    """
    kind = type(value)
    if kind in SIMPLE:
        return value  # type: ignore[return-value]  # one of the plain types
    return WRITERS[kind](value)


def _mapping(value: Mapping[object, object]) -> Json:
    return {
        key if type(key) is str else _key(key): item if type(item) in SIMPLE else document(item)  # type: ignore[misc]
        for key, item in value.items()
    }


def _sequence(value: Iterable[object]) -> Json:
    return [item if type(item) in SIMPLE else document(item) for item in value]  # type: ignore[misc]


def _itself(value: Any) -> Json:
    return value  # type: ignore[no-any-return]  # text or a whole number of a subclass


def _foreign(value: object) -> Json:
    raise BadNumber(f"a {type(value).__name__} has no canonical form")


def _key(key: object) -> str:
    if isinstance(key, StrEnum):
        return str.__str__(key)
    if not isinstance(key, str):
        raise BadNumber("a key that is not text has no canonical form")
    return key


def canonical(value: object) -> bytes:
    """The canonical bytes of ``value``; see ``document`` and ``encoded`` for what they raise."""
    return encoded(document(value))


_SLOW = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def encoded(plain_document: Json) -> bytes:
    """Canonical bytes of a document that ``document`` has already made plain.

    Raises:
        UnicodeEncodeError: it holds half a surrogate pair, which models do produce and which is not text.
    """
    try:
        return orjson.dumps(plain_document, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # Half a surrogate pair, a whole number past 64 bits, deep nesting: the slow one knows all of them.
        return _SLOW.encode(plain_document).encode()


def written(plain_document: Json) -> str:
    """``encoded`` as text. Half a surrogate pair stays in it."""
    try:
        return encoded(plain_document).decode()
    except UnicodeEncodeError:
        return _SLOW.encode(plain_document)


def sha256(value: object) -> str:
    """Hex sha256 of the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


@lru_cache(maxsize=256)
def timestamp(moment: datetime) -> str:
    """UTC with microseconds and ``Z``. A naive time is refused: it could mean anything.

    Of the many times in a session few differ: a dossier's facts are of the same hour.
    """
    if moment.tzinfo is None:
        raise BadNumber("a time without an offset has no canonical form")
    there = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return there.isoformat("T", "microseconds").removesuffix("+00:00") + "Z"


def moment(text: str) -> datetime:
    """The time that ``timestamp`` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


class _Writers(dict[type, Callable[[Any], Json]]):
    """What makes values of a type plain: found out once a type."""

    def __missing__(self, kind: type) -> Callable[[Any], Json]:
        found = (write for of, write in _BY_NATURE if issubclass(kind, of))
        write = self[kind] = next(found, _foreign)
        return write


_BY_NATURE: tuple[tuple[type | types.UnionType, Callable[[Any], Json]], ...] = (
    (StrEnum, str.__str__),
    (str | int, _itself),
    (Mapping, _mapping),
    (list | tuple, _sequence),
    (Decimal, plain),
    (datetime, timestamp),
)
#: By type. Each raises what ``document`` raises.
WRITERS = _Writers()
