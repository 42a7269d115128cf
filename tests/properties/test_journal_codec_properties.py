"""Whatever an event holds, it is read back equal."""

from __future__ import annotations

import json
import types
from dataclasses import fields
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
    return st.builds(kind, **{field.name: values(hints[field.name]) for field in fields(kind)})


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
