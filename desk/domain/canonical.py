"""The canonical form: one byte string for one value, on every machine and Python.

UTF-8 JSON, keys sorted, ``,`` and ``:`` without spaces, no floats; a Decimal is a plain string
without exponent or trailing zeros; a time is UTC ``YYYY-MM-DDTHH:MM:SS.ffffffZ``. Hashes, digests,
MACs and the journal's chain are all taken over this form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType, NoneType
from typing import Any, TypeAlias

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
    return writer(kind)(value)


def writer(kind: type) -> Callable[[Any], Json]:
    """What makes values of this type plain. It raises what ``document`` raises."""
    return _WRITE.get(kind, _by_nature)


def _mapping(value: Mapping[object, object]) -> Json:
    return {
        key if type(key) is str else _key(key): item if type(item) in SIMPLE else document(item)  # type: ignore[misc]
        for key, item in value.items()
    }


def _sequence(value: Iterable[object]) -> Json:
    return [item if type(item) in SIMPLE else document(item) for item in value]  # type: ignore[misc]


def _by_nature(value: object) -> Json:
    """Subclasses, and mappings that are no dict; the usual types never come here."""
    if isinstance(value, StrEnum):
        return str.__str__(value)
    if isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, list | tuple):
        return _sequence(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return timestamp(value)
    raise BadNumber(f"a {type(value).__name__} has no canonical form")


def _key(key: object) -> str:
    if isinstance(key, StrEnum):
        return str.__str__(key)
    if not isinstance(key, str):
        raise BadNumber("a key that is not text has no canonical form")
    return key


def canonical(value: object) -> bytes:
    """The canonical bytes of ``value``."""
    return written(document(value)).encode()


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def written(plain_document: Json) -> str:
    """Canonical text of a document that ``document`` has already made plain."""
    return _ENCODER.encode(plain_document)


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


_WRITE: Mapping[type, Callable[[Any], Json]] = MappingProxyType(
    {
        dict: _mapping,
        list: _sequence,
        tuple: _sequence,
        Decimal: plain,
        datetime: timestamp,
    }
)
