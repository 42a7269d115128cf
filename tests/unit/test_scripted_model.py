"""``desk.testing.ScriptedModel``: a whole session by a script, and a script that is over."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
from msgspec.structs import replace

import desk.testing.scripted
from desk import bootstrap
from desk.bootstrap import Hands, Wishes
from desk.briefs.reader import read
from desk.config import ROLES, Settings
from desk.deliberation.answers import LiveAnswers
from desk.deliberation.rules import RulesModel
from desk.errors import ModelError
from desk.home.paths import Home
from desk.ports import ModelReply, ModelRequest
from desk.replay.nowhere import NoScreen
from desk.session import Session, SessionReport
from desk.testing import ScriptedModel, calls


def request(role: str = "risk_officer", text: str = "") -> ModelRequest:
    return ModelRequest(role=role, system="", messages=({"role": "user", "content": text},), schema=None)


def unheard(text: str) -> None:
    """Nobody listens."""


def test_the_example_in_its_docstring_runs() -> None:
    assert doctest.testmod(desk.testing.scripted).failed == 0


async def test_each_role_has_its_own_replies_in_order() -> None:
    model = ScriptedModel({"a": ["one", {"two": 2}], "b": [lambda asked: f"heard {asked.role}"]})
    replies = [(await model.reply(request(role), unheard)).content for role in ("a", "b", "a")]
    assert replies == ["one", "heard b", '{"two": 2}']
    assert [one.role for one in model.requests] == ["a", "b", "a"]


async def test_a_script_that_is_over_is_an_error_of_the_model() -> None:
    with pytest.raises(ModelError) as over:
        await ScriptedModel({}).reply(request(), unheard)
    assert over.value.code == "SCRIPT_OVER"


async def a_session(home: Path, model_of: object) -> SessionReport:
    with bootstrap.opened(Settings(home=Home(home))) as opened:
        hands = Hands(screen=NoScreen(), prompt=None, person="")
        given = bootstrap.given(opened, Wishes(), read("@brexit-eve"), hands)
        parts = given.parts
        answers = replace(given, answers=lambda debate: LiveAnswers(model_of(debate), parts.clock))  # type: ignore[operator]
        report = await Session(answers).run()
        await parts.venue.aclose()
        return report


async def test_a_whole_session_can_be_scripted(tmp_path: Path) -> None:
    said: dict[str, list[ModelReply]] = {}

    def noted(debate: object) -> dict[str, object]:
        rules = RulesModel(debate)  # type: ignore[arg-type]

        class Noting:
            name = "rules"

            async def reply(self, asked: ModelRequest, on_text: object) -> ModelReply:
                reply = await rules.reply(asked, on_text)  # type: ignore[arg-type]
                said.setdefault(asked.role, []).append(reply)
                return reply

        return dict.fromkeys(ROLES, Noting())

    assert (await a_session(tmp_path / "noted", noted)).outcome == "executed"

    def ticket(asked: ModelRequest) -> ModelReply:
        text = str(asked.messages)
        return calls("execute_ticket", ticket_id=text[text.index("tkt_") :][:36])

    script = {**said, "executor": [ticket]}
    model = ScriptedModel(script)
    report = await a_session(tmp_path / "scripted", lambda _: dict.fromkeys(ROLES, model))
    assert report.outcome == "executed"
    assert len(model.requests) == 4
