"""From a model's text to a typed statement: strict, total, and in the desk's own words when it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from desk.deliberation.replies import MAX_CHARS, MAX_DEPTH, json_schema, parse
from desk.deliberation.rules import macro_view, technical_view
from desk.deliberation.shapes import ReplyInvalid
from desk.domain.views import SCHEMAS, TechnicalView
from tests.dossier_samples import dossier

Document = dict[str, Any]


def view() -> Document:
    """A valid technical view of a model: conviction null."""
    return json.loads(json.dumps({**technical_view(dossier()).document(), "conviction": None}))


def text(change: Callable[[Document], object] | None = None) -> str:
    document = view()
    if change is not None:
        change(document)
    return json.dumps(document)


def problems(reply: str, schema: str = "TechnicalView") -> tuple[str, ...]:
    with pytest.raises(ReplyInvalid) as caught:
        parse(schema, reply)
    assert "\n" not in str(caught.value)
    return caught.value.problems


def test_a_valid_reply_is_the_statement_it_spells() -> None:
    found = parse("TechnicalView", text())

    assert isinstance(found, TechnicalView)
    assert {**found.document(), "conviction": None} == view()


@pytest.mark.parametrize("form", ["{}", "  \n{}\n", "```json\n{}\n```", "```\n{}\n```"])
def test_spaces_and_one_fence_around_the_object_are_fine(form: str) -> None:
    assert parse("TechnicalView", form.replace("{}", text()))


def test_numbers_may_be_written_as_numbers_or_as_text() -> None:
    bare = text().replace('"atr": "-1.5"', '"atr": -1.5')

    assert bare != text()
    assert parse("TechnicalView", bare) == parse("TechnicalView", text())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda v: v.update(note="x"), "the object: has a key the schema does not name"),
        (lambda v: v["entry"].update(usdc=1), "entry: has a key the schema does not name"),
        (lambda v: v.pop("stance"), "stance: is required"),
        (lambda v: v["claims"][0].pop("facts"), "claims[0].facts: is required"),
        (lambda v: v.update(stance="BULLISH"), "stance: must be one of bullish, bearish, neutral, abstain"),
        (lambda v: v.update(stance=None), "stance: must be one of bullish, bearish, neutral, abstain"),
        (lambda v: v.update(claims={}), "claims: must be a list"),
        (lambda v: v.update(symbol=7), "symbol: must be text"),
        (lambda v: v.update(horizon_bars="40.0"), "horizon_bars: must be a whole number"),
        (lambda v: v.update(horizon_bars=True), "horizon_bars: must be a whole number"),
        (lambda v: v["entry"].update(atr=True), "entry.atr: must be a plain number"),
        (lambda v: v["entry"].update(atr="1e1"), "entry.atr: must be a plain number"),
        (lambda v: v["entry"].update(atr="+1"), "entry.atr: must be a plain number"),
        (lambda v: v["entry"].update(atr="١"), "entry.atr: must be a plain number"),
        (lambda v: v["entry"].update(atr=[1]), "entry.atr: must be a plain number"),
        (lambda v: v["entry"].update(fact="7"), "entry.fact: must be a fact id such as F7"),
        (lambda v: v["entry"].update(pct=1), "entry.atr: exactly one of atr and pct"),
        (lambda v: v["entry"].update(atr="6.01"), "entry.atr: must lie from -6 to 6"),
        (lambda v: v["entry"].update(atr="1.005"), "entry.atr: must be in steps of 0.01"),
        (lambda v: v["forecast"].update(p=1), "forecast.p: must lie from 0.01 to 0.99"),
        (lambda v: v["claims"][0].update(text="x" * 241), "claims[0].text: must have 1 to 240 characters"),
        (lambda v: v["claims"][0].update(text=" "), "claims[0].text: must have 1 to 240 characters"),
        (lambda v: v["claims"][0].update(text="\ud800"), "claims[0].text: must be valid Unicode"),
        (lambda v: v["claims"][0].update(facts=[]), "claims[0].facts: must have 1 to 4 entries"),
        (lambda v: v["claims"][0].update(facts=["F1", "F1"]), "claims[0].facts: must not name a fact twice"),
        (lambda v: v.update(claims=v["claims"] * 3), "claims: must have 0 to 5 entries"),
        (lambda v: v.update(against=[]), "against: must have 1 to 5 entries"),
        (lambda v: v.update(change_my_mind=[]), "change_my_mind: must have 1 to 3 entries"),
        (lambda v: v.update(stop=None), "stop: must be null exactly when setup is none"),
        (lambda v: v.update(conviction="0.9"), "conviction: must be null"),
        (
            lambda v: v["change_my_mind"][0].update(by="2016-06-23"),
            "change_my_mind[0].by: must carry an offset from UTC",
        ),
        (
            lambda v: v["change_my_mind"][0].update(by="0001-01-01T00:00:00+14:00"),
            "change_my_mind[0].by: must lie in the years 2 to 9998",
        ),
        (
            lambda v: v["change_my_mind"][0].update(by="9999-12-31T23:59:59-14:00"),
            "change_my_mind[0].by: must lie in the years 2 to 9998",
        ),
        (
            lambda v: v["change_my_mind"][0].update(by="soon"),
            "change_my_mind[0].by: must be a time such as 2016-06-23T21:00:00Z",
        ),
    ],
)
def test_a_reply_is_refused_at_its_place(change: Callable[[Document], object], problem: str) -> None:
    (found,) = problems(text(change))

    assert found.startswith(problem)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(word: str) -> None:
    assert problems(text().replace('"atr": "-1.5"', f'"atr": {word}')) == (
        "the reply: NaN and Infinity are not numbers",
    )


def test_a_key_twice_is_refused_wherever_it_stands() -> None:
    assert problems(text().replace('"stance": ', '"stance": "bearish", "stance": ', 1)) == (
        "the reply: has a key twice",
    )
    assert problems(text().replace('"fact": ', '"fact": "F2", "fact": ', 1)) == (
        "the reply: has a key twice",
    )


def test_an_exponent_is_no_number() -> None:
    (problem,) = problems(text().replace('"atr": "-1.5"', '"atr": -15e-1', 1))

    assert ".atr: must be a plain number" in problem


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "TRADE APPROVED",
        "Sure! {}",
        "{} and that is that",
        "```json\n{}\n``` as asked",
        "{}{}",
        "[{}]",
        "null",
        "7",
        '"{}"',
    ],
)
def test_anything_around_or_instead_of_one_object_is_refused(reply: str) -> None:
    assert len(problems(reply.replace("{}", text()))) == 1


@pytest.mark.parametrize("share", [1, 10, 50, 90, 99])
def test_a_reply_cut_short_is_refused(share: int) -> None:
    whole = text()

    assert problems(whole[: len(whole) * share // 100])


def test_too_long_and_too_deep_are_refused_before_they_are_read() -> None:
    assert problems(" " * (MAX_CHARS + 1)) == ("the reply: must be shorter than 20000 characters",)
    assert problems("[" * (MAX_DEPTH + 1)) == ("the reply: is nested too deeply",)
    assert problems('{"a":' * 3000) == ("the reply: is nested too deeply",)


def test_another_roles_answer_is_refused() -> None:
    macro = json.dumps({**macro_view(dossier()).document(), "conviction": None})

    assert "setup: is required" in problems(macro)
    assert "decision: is required" in problems(text(), "Verdict")
    assert "answers: is required" in problems(text(), "Rebuttal")


def test_every_fault_is_named_at_once_and_none_repeats_the_speaker() -> None:
    found = problems(
        text(lambda v: v.update(stance="buy 5000 now", symbol=5, conviction="much", extra="sk-secret"))
    )

    assert len(found) == 4
    assert not any(word in problem for problem in found for word in ("5000", "much", "sk-secret", "extra"))


def test_only_the_rules_model_states_a_conviction() -> None:
    with_conviction = text(lambda v: v.update(conviction="0.6"))

    assert problems(with_conviction) == ("conviction: must be null",)
    assert parse("TechnicalView", with_conviction, allow_conviction=True)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_demands_every_key_and_forbids_every_other(kind: type) -> None:
    schema = json_schema(kind.__name__)
    objects = [schema, *schema["$defs"].values()]  # type: ignore[attr-defined]

    for one in objects:
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])
