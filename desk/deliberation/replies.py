"""From a model's text to a typed statement, or to reasons that are safe to send back.

Numbers are kept as the text that was sent until they have passed ``desk.domain.money``; duplicate keys,
NaN, exponents, prose around the object and anything oversized are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from itertools import accumulate, repeat
from types import MappingProxyType
from typing import NoReturn

from desk.deliberation.shapes import NumberText, ReplyInvalid, Schema, Sent, decoded, schema_of
from desk.domain.views import SCHEMAS, MacroView, Rebuttal, Statement, TechnicalView, Verdict, View

__all__ = ["ReplyInvalid", "is_whole", "json_schema", "parse"]

MAX_CHARS = 20_000
MAX_DEPTH = 12

_BY_NAME: Mapping[str, type[Statement]] = MappingProxyType({kind.__name__: kind for kind in SCHEMAS})
_FENCE = re.compile(r"```(?:json)?[ \t]*\r?\n(.*)\r?\n```", re.DOTALL)
_SPACE = " \t\r\n"
_NOT_ONE_OBJECT = "the reply: must be one JSON object and nothing else"


def parse(schema_name: str, text: str, *, allow_conviction: bool = False) -> Statement:
    """The statement that ``text`` is.

    Args:
        schema_name: ``MacroView``, ``TechnicalView``, ``Rebuttal`` or ``Verdict``.
        text: one JSON object, in a single code fence or bare.
        allow_conviction: true for the rules model only.

    Raises:
        ReplyInvalid: with ``problems``, each ``field path: reason``, none of it the model's words.
    """
    statement = decoded(_BY_NAME[schema_name], _json(text))
    assert isinstance(statement, MacroView | TechnicalView | Rebuttal | Verdict)
    if isinstance(statement, View) and statement.conviction is not None and not allow_conviction:
        raise ReplyInvalid(("conviction: must be null",))
    return statement


@cache
def json_schema(schema_name: str) -> Schema:
    """The schema for strict structured output. Made once and shared: read it, do not change it."""
    return schema_of(_BY_NAME[schema_name])


def is_whole(text: str) -> bool:
    """Is it one complete JSON value? What a stream that broke off has left is not."""
    try:
        _json(text)
    except ReplyInvalid:
        return False
    return True


def _json(text: str) -> Sent:
    if len(text) > MAX_CHARS:
        raise ReplyInvalid((f"the reply: must be shorter than {MAX_CHARS} characters",))
    body = text.strip(_SPACE)
    fenced = _FENCE.fullmatch(body)
    body = (fenced.group(1) if fenced else body).strip(_SPACE)
    if _depth(body) > MAX_DEPTH:
        raise ReplyInvalid(("the reply: is nested too deeply",))
    try:
        sent: Sent = _DECODER.decode(body)
    except json.JSONDecodeError:
        raise ReplyInvalid((_NOT_ONE_OBJECT,)) from None
    return sent


def _depth(body: str) -> int:
    """How deep the brackets nest, counted before anything recurses over them. Strings do not count."""
    steps = map(_STEP.get, _TO_BRACKET.findall(body), repeat(0))
    return max(accumulate(steps, initial=0))


def _unique(pairs: list[tuple[str, Sent]]) -> dict[str, Sent]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ReplyInvalid(("the reply: has a key twice",))
    return found


def _constant(_: str) -> NoReturn:
    raise ReplyInvalid(("the reply: NaN and Infinity are not numbers",))


#: The next bracket, past whole strings and what is between them; nothing once the text is at its end.
_TO_BRACKET = re.compile(r'[^"\[{\]}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?[^"\[{\]}]*+)*+([\[{\]}]?)', re.DOTALL)
_STEP: Mapping[str, int] = MappingProxyType({"[": 1, "{": 1, "]": -1, "}": -1})
_DECODER = json.JSONDecoder(
    parse_float=NumberText, parse_int=NumberText, parse_constant=_constant, object_pairs_hook=_unique
)
