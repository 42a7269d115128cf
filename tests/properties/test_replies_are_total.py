"""Reading a reply gives a statement or the typed refusal, never anything else, whatever is sent."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from desk.deliberation.replies import parse
from desk.deliberation.rules import macro_view, officer, technical_view
from desk.deliberation.shapes import ReplyInvalid
from desk.domain.debate import Debate
from desk.domain.validity import problems
from desk.domain.views import SCHEMAS, Verdict, View
from tests.dossier_samples import dossier

SEEN = dossier()


def verdict() -> Verdict:
    debate = Debate(SEEN)
    debate.hear("macro_analyst", macro_view(SEEN))
    debate.hear("technical_analyst", technical_view(SEEN))
    return officer(SEEN, debate)


VALID = {
    "MacroView": {**macro_view(SEEN).document(), "conviction": None},
    "TechnicalView": {**technical_view(SEEN).document(), "conviction": None},
    "Verdict": verdict().document(),
    "Rebuttal": {
        "answers": "conflict",
        "stance": "bullish",
        "changed": False,
        "new_facts": [],
        "concedes": [],
        "forecast": None,
    },
}
NAMES = st.sampled_from([kind.__name__ for kind in SCHEMAS])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["F1", "bullish", "-1.5", "1e9", "9" * 40, "２", "close", "2016-06-23T21:00:00Z", "0001-01-01"]
    )
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


def read(schema: str, reply: str) -> object:
    """The statement, or None; a refusal is one line and names its problems."""
    try:
        return parse(schema, reply)
    except ReplyInvalid as refused:
        found, line = refused.problems, str(refused)
    assert found
    assert len(line.splitlines()) == 1
    return None


def places(tree: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    keys = tree.keys() if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    return [path, *(place for key in keys for place in places(tree[key], (*path, key)))]  # type: ignore[index]


def with_changed(tree: Any, place: tuple[Any, ...], value: object) -> Any:
    if not place:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[place[0]] = with_changed(tree[place[0]], place[1:], value)
    return copy


@given(NAMES, st.text(max_size=200))
def test_any_text(schema: str, reply: str) -> None:
    read(schema, reply)


@given(NAMES, TREES)
def test_any_json(schema: str, tree: object) -> None:
    read(schema, json.dumps(tree))


def alike(value: object) -> st.SearchStrategy[object]:
    """Values of the same kind that a bound may forbid."""
    if isinstance(value, list):
        return st.sampled_from([[], value * 2, value * 9, [*value, "F999"]])
    if isinstance(value, str):
        return st.text(max_size=4) | st.sampled_from(["", " ", "x" * 301, "F0", "-99", "7.001", "\ud800"])
    return st.integers(-5, 2000) | st.booleans() | st.none()


def at(tree: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        tree = tree[key]
    return tree


@given(NAMES, st.data())
def test_a_valid_reply_with_anything_in_one_place(schema: str, data: st.DataObject) -> None:
    """What is still accepted can be judged against the facts without an error, too."""
    place = data.draw(st.sampled_from(places(VALID[schema])))
    value = data.draw(TREES | alike(at(VALID[schema], place)))

    statement = read(schema, json.dumps(with_changed(VALID[schema], place, value)))

    if statement is not None:
        assert all(isinstance(problem, str) for problem in problems(statement, SEEN))  # type: ignore[arg-type]
        assert not isinstance(statement, View) or statement.conviction is None


@given(NAMES, st.integers(0, 19_000), st.sampled_from(["[", '{"a":', '"', "\\", "9", "[]"]))
def test_anything_many_times(schema: str, times: int, piece: str) -> None:
    read(schema, piece * times)


@given(NAMES, st.data())
def test_a_valid_reply_with_any_bytes_in_its_middle(schema: str, data: st.DataObject) -> None:
    whole = json.dumps(VALID[schema])
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))

    read(schema, whole[:start] + data.draw(st.text(max_size=10)) + whole[end:])


def test_the_valid_ones_are_valid() -> None:
    assert all(read(schema, json.dumps(document)) is not None for schema, document in VALID.items())
