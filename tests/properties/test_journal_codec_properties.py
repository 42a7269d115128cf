"""Whatever an event holds, it is read back equal."""

from __future__ import annotations

import json
import types
from datetime import UTC, datetime
from decimal import Decimal
from typing import Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.domain import events
from desk.domain.canonical import written
from desk.domain.events import TOPICS, Document, Event
from desk.errors import JournalCorrupt
from desk.journal.codec import decode, encode
from desk.journal.document import parse

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
SIMPLE = {
    str: TEXTS,
    int: st.integers(),
    bool: st.booleans(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9),
    datetime: st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - a bound
    Document: st.dictionaries(TEXTS, JSON, max_size=4),
}


def values(annotation: object) -> st.SearchStrategy[object]:
    if annotation in SIMPLE:
        return SIMPLE[annotation]
    inner = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        return st.none() | values(inner)
    return st.lists(values(inner), max_size=3).map(tuple)


def facts(name: str) -> st.SearchStrategy[Event]:
    kind = getattr(events, name)
    hints = get_type_hints(kind)
    return st.builds(kind, **{name: values(hints[name]) for name in kind.__struct_fields__})


@pytest.mark.parametrize("name", TOPICS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_event_is_read_back_equal_from_canonical_text(name: str, data: st.DataObject) -> None:
    event = data.draw(facts(name))
    event_type, version, text = encode(event)
    assert decode(event_type, version, parse(text)) == event
    assert written(parse(text)) == text


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=40) | JSON.map(written))
def test_what_can_be_read_is_what_python_reads_too(text: str) -> None:
    try:
        found = parse(text)
    except JournalCorrupt:
        return
    assert found == json.loads(text)


def _refused(_found: object) -> object:
    raise ValueError


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    return _refused(pairs) if len(dict(pairs)) < len(pairs) else dict(pairs)  # type: ignore[return-value]


STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_float=_refused, parse_constant=_refused)


class _Pairs:
    """An object that may hold a key twice."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        self.pairs = pairs

    def text(self, comma: str, colon: str, ascii_only: bool) -> str:
        def written(value: object) -> str:
            if isinstance(value, _Pairs):
                return value.text(comma, colon, ascii_only)
            if isinstance(value, list):
                return f"[{comma.join(map(written, value))}]"
            return json.dumps(value, ensure_ascii=ascii_only)

        inner = comma.join(f"{written(key)}{colon}{written(value)}" for key, value in self.pairs)
        return f"{{{inner}}}"


#: Text as no desk writes it: floats, NaN, a key twice, spaces, escapes, numbers past 64 bits.
LOOSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(2**70),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.tuples(st.sampled_from(["a", "b", "é"]), inner), max_size=3).map(_Pairs)
    ),
    max_leaves=6,
)


@settings(max_examples=600, deadline=None)
@given(value=LOOSE, tight=st.booleans(), ascii_only=st.booleans())
def test_the_fast_reader_takes_and_refuses_what_the_strict_one_does(
    value: object, tight: bool, ascii_only: bool
) -> None:
    comma, colon = (",", ":") if tight else (", ", ": ")
    text = _Pairs([("z", value)]).text(comma, colon, ascii_only)
    try:
        wanted = STRICT.decode(text)
    except ValueError:
        with pytest.raises(JournalCorrupt):
            parse(text)
    else:
        assert parse(text) == wanted
