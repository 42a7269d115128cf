"""JSON as money needs it: read without floats and without duplicate keys, written without rounding.

Every number becomes a Decimal. Small fractions in exponent form (``1e-06``, as every float-based JSON
writer prints a millionth) are read; positive exponents, NaN and infinities are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from json.encoder import encode_basestring_ascii as quoted
from typing import NoReturn, TypeAlias

from desk.domain.canonical import timestamp
from desk.domain.money import plain
from desk.errors import BadJson, BadNumber

#: What a JSON text is made of once it has been read.
Tree: TypeAlias = "None | bool | Decimal | str | list[Tree] | dict[str, Tree]"

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,24})?([eE]-(0?[0-9]|1[0-9]))?")


def read(body: bytes) -> Tree:
    """The document in ``body``.

    Raises:
        BadJson: not UTF-8, not JSON, nested too deep, a duplicate key, NaN, an infinity, or a number
            that is too long, too large or written with a positive exponent.
    """
    try:
        tree: Tree = json.loads(
            body.decode("utf-8"),
            parse_float=_number,
            parse_int=_number,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise BadJson("a text is not JSON in UTF-8") from None
    return tree


def _number(text: str) -> Decimal:
    if len(text) > 48 or _NUMBER.fullmatch(text) is None:
        raise BadJson("a JSON number is too long, too large or has a positive exponent")
    return Decimal(text)


def _constant(text: str) -> NoReturn:
    raise BadJson("NaN and infinities are not JSON")


def _object(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise BadJson("a JSON object has a duplicate key")
    return tree


def write(value: object) -> str:
    """ASCII JSON of ``value``; Decimals are plain digits, times are UTC with microseconds.

    Raises:
        BadNumber: on a float, a value that is not finite, or a type that has no JSON form here.
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return quoted(value.value if isinstance(value, StrEnum) else value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{quoted(key)}:{write(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write, value)) + "]"
    if isinstance(value, datetime):
        return quoted(timestamp(value))
    raise BadNumber(f"a {type(value).__name__} has no exact JSON form")
