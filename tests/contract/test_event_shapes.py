"""The fields of every event, version by version: changed without a new one, old rows could not be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from desk.domain import events
from desk.domain.events import TOPICS, Event
from desk.journal.codec import CODEC, UPCASTERS, Codec

TABLE = Path(__file__).resolve().parents[1] / "fixtures" / "event_shapes.json"
#: Event to version to field to type.
Shapes = Mapping[str, Mapping[str, Mapping[str, str]]]

SHAPES: Shapes = json.loads(TABLE.read_text())


def fields(kind: type[Event]) -> dict[str, str]:
    """Annotations as they are written."""
    annotations = {
        name: text for base in kind.__mro__ for name, text in vars(base).get("__annotations__", {}).items()
    }
    return {name: str(annotations[name]) for name in kind.__struct_fields__}


def wrong(codec: Codec, kinds: Mapping[str, type[Event]], shapes: Shapes) -> list[str]:
    """What does not fit the table: add a version to it and an upcaster; never change one that is there."""
    found = [f"{name} is gone" for name in shapes if name not in kinds]
    for name, kind in kinds.items():
        known = shapes.get(name, {})
        version = str(codec.version(name))
        if sorted(known, key=int) != [str(n) for n in range(1, int(version) + 1)]:
            found.append(f"{name} has {version} version(s), the table has {sorted(known)}")
        elif known[version] != fields(kind):
            found.append(f"{name} has other fields than version {version} of it")
    return found


KINDS = {name: getattr(events, name) for name in TOPICS}


def test_no_event_has_changed_without_a_new_version() -> None:
    assert wrong(CODEC, KINDS, SHAPES) == []


def test_every_version_of_the_table_can_be_lifted_to_the_next() -> None:
    steps = {(name, int(version)) for name, shape in SHAPES.items() for version in [*shape][:-1]}
    assert steps == set(UPCASTERS)


# ---- each kind of change would be seen -----------------------------------------------------------

FEE = SHAPES["FeeCharged"]["1"]


@pytest.mark.parametrize(
    "shape",
    [
        {**FEE, "asset": "str"},
        {name: kind for name, kind in FEE.items() if name != "what"},
        {**FEE, "what": "str | None"},
        {("why" if name == "what" else name): kind for name, kind in FEE.items()},
    ],
    ids=["added", "removed", "of another type", "renamed"],
)
def test_a_field_that_was_changed_would_be_seen(shape: dict[str, str]) -> None:
    before = {**SHAPES, "FeeCharged": {"1": shape}}
    assert wrong(CODEC, KINDS, before) == ["FeeCharged has other fields than version 1 of it"]


def test_an_event_that_is_new_gone_or_newer_than_the_table_would_be_seen() -> None:
    without = {name: shape for name, shape in SHAPES.items() if name != "FeeCharged"}
    assert wrong(CODEC, KINDS, without) == ["FeeCharged has 1 version(s), the table has []"]
    assert wrong(CODEC, KINDS, {**SHAPES, "FeeForgiven": {"1": FEE}}) == ["FeeForgiven is gone"]
    newer = Codec(KINDS, {**UPCASTERS, ("FeeCharged", 1): lambda data: data})
    assert wrong(newer, KINDS, SHAPES) == ["FeeCharged has 2 version(s), the table has ['1']"]
