"""The canonical form: one byte string for one value, on every machine and Python.

UTF-8 JSON, keys sorted, ``,`` and ``:`` without spaces, no floats; a Decimal is a plain string
without exponent or trailing zeros; a time is UTC ``YYYY-MM-DDTHH:MM:SS.ffffffZ``. Hashes, digests,
MACs and the journal's chain are all taken over this form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from desk.domain.money import plain
from desk.errors import BadNumber

#: What a canonical document is made of once it has been read back.
Json: TypeAlias = "None | bool | int | str | list[Json] | dict[str, Json]"


def document(value: object) -> Json:
    """``value`` as plain JSON types: Decimals and times become strings, tuples become lists.

    Raises:
        BadNumber: on a float, a value that is not finite, or a type the form does not have.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.value if isinstance(value, StrEnum) else value
    if isinstance(value, int):
        return value
    if isinstance(value, Mapping):
        return {_key(key): document(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [document(item) for item in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return timestamp(value)
    raise BadNumber(f"a {type(value).__name__} has no canonical form")


def _key(key: object) -> str:
    if isinstance(key, StrEnum):
        return key.value
    if not isinstance(key, str):
        raise BadNumber("a key that is not text has no canonical form")
    return key


def canonical(value: object) -> bytes:
    """The canonical bytes of ``value``."""
    return written(document(value)).encode()


def written(plain_document: Json) -> str:
    """Canonical text of a document that ``document`` has already made plain."""
    return json.dumps(
        plain_document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256(value: object) -> str:
    """Hex sha256 of the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def timestamp(moment: datetime) -> str:
    """UTC with microseconds and ``Z``. A naive time is refused: it could mean anything."""
    if moment.tzinfo is None:
        raise BadNumber("a time without an offset has no canonical form")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """The time that ``timestamp`` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)
