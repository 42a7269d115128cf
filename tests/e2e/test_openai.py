"""A session over the real OpenAI client against a loopback endpoint, well-behaved and otherwise."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Desk
from tests.fakes.openai_server import OpenAIServer, Raw, Script, macro, technical

QUIET = ("--model", "openai:loopback", "--json", "--quiet")


def test_a_session_over_the_endpoint_trades_on_paper(desk: Desk) -> None:
    with OpenAIServer() as server:
        ran = desk("run", *QUIET, env={"OPENAI_BASE_URL": server.url})

    session = ran.json
    assert (ran.code, session["outcome"], session["usage"]["calls"]) == (0, "executed", 4)
    assert session["usage"]["prompt_tokens"] == 2000
    assert session["intent"]["stop"] == "2085.47"
    assert desk("replay", "--json").json["ok"] is True


def test_only_the_executor_is_given_a_tool_and_only_a_ticket(desk: Desk) -> None:
    with OpenAIServer() as server:
        desk("run", *QUIET, env={"OPENAI_BASE_URL": server.url})

    tooled = [body for body in server.requests if body.get("tools")]
    assert len(tooled) == 1
    assert tooled[0]["messages"][-1]["content"].startswith("Execute ticket tkt_")
    assert all("response_format" in body for body in server.requests if body not in tooled)


def _broken(reply: Raw | str) -> Script:
    return lambda body, n: reply


def _broken_once(reply: str, then: Script) -> Script:
    return lambda body, n: reply if n == 0 else then(body, n)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Raw(400, '{"error": {"message": "no"}}'), "ABSTAINED"),
        (Raw(401, '{"error": {"message": "no"}}'), "ABSTAINED"),
        (Raw(200, "<html>oops</html>", "text/html"), "ABSTAINED"),
        (Raw(200, '{"id": 1, "choices": ['), "ABSTAINED"),
        ("not JSON at all", "ABSTAINED"),
        ('{"stance": "bullish"}', "ABSTAINED"),
    ],
)
def test_an_analyst_without_a_valid_answer_abstains_and_nothing_is_traded(
    desk: Desk, reply: Raw | str, reason: str
) -> None:
    with OpenAIServer({"technical_analyst": _broken(reply)}) as server:
        session = desk("run", *QUIET, env={"OPENAI_BASE_URL": server.url}).json

    assert (session["outcome"], session["reasons"], session["orders"]) == ("no_trade", [reason], [])


@pytest.mark.parametrize("status", [429, 500])
def test_a_busy_endpoint_is_asked_again_and_then_abstains(desk: Desk, status: int) -> None:
    with OpenAIServer(
        {"technical_analyst": _broken(Raw(status, '{"error": {"message": "busy"}}'))}
    ) as server:
        session = desk("run", *QUIET, env={"OPENAI_BASE_URL": server.url}).json

    assert (session["outcome"], session["reasons"]) == ("no_trade", ["ABSTAINED"])


def test_one_repair_round_is_enough_for_a_model_that_mends_its_answer(desk: Desk) -> None:
    with OpenAIServer({"macro_analyst": _broken_once('{"stance": "bullish"}', macro)}) as server:
        session = desk("run", *QUIET, env={"OPENAI_BASE_URL": server.url}).json

    assert (session["outcome"], session["usage"]["calls"]) == ("executed", 5)


def test_a_reply_cut_short_is_no_reply(desk: Desk) -> None:
    with OpenAIServer(finish="length") as server:
        session = desk("run", *QUIET, env={"OPENAI_BASE_URL": server.url}).json

    assert (session["outcome"], session["reasons"]) == ("no_trade", ["ABSTAINED"])


def test_a_figure_that_no_cited_fact_shows_makes_no_intent(desk: Desk) -> None:
    def inventing(body: dict[str, object], n: int) -> object:
        view = technical(body, n)
        view["claims"][0]["text"] = "RSI14 at 99.9 leaves room."
        return view

    with OpenAIServer({"technical_analyst": inventing}) as server:
        session = desk("run", *QUIET, env={"OPENAI_BASE_URL": server.url}).json

    assert (session["outcome"], session["reasons"]) == ("no_trade", ["UNGROUNDED"])


def test_an_analyst_who_calls_the_tool_has_no_effect(desk: Desk) -> None:
    def ghost(body: dict[str, object], n: int) -> object:
        return [{"name": "execute_ticket", "arguments": json.dumps({"ticket_id": "tkt_" + "0" * 32})}]

    with OpenAIServer({"macro_analyst": ghost}) as server:
        session = desk("run", *QUIET, env={"OPENAI_BASE_URL": server.url}).json

    assert session["orders"] == []


@pytest.mark.parametrize(
    "calls",
    [
        [],
        [{"name": "execute_ticket", "arguments": '{"ticket_id": "tkt_' + "0" * 32 + '"}'}],
        [{"name": "purpleflea_trade", "arguments": '{"symbol": "BTC", "amount": 9}'}],
        [{"name": "execute_ticket", "arguments": '{"ticket_id": "x", "amount": 9}'}],
        [{"name": "execute_ticket", "arguments": "{"}],
    ],
)
def test_an_executor_that_does_not_execute_its_ticket_fails_and_nothing_is_sent(
    desk: Desk, calls: list[dict[str, str]]
) -> None:
    with OpenAIServer({"executor": lambda body, n: calls or "EXECUTED"}) as server:
        session = desk("run", *QUIET, env={"OPENAI_BASE_URL": server.url}).json

    assert (session["outcome"], session["reasons"]) == ("failed", ["EXECUTOR_DID_NOT_ACT"])
    assert session["orders"] == []


def test_the_same_ticket_five_times_in_one_reply_is_one_order(desk: Desk) -> None:
    from tests.fakes.openai_server import executor

    with OpenAIServer({"executor": lambda body, n: executor(body, n) * 5}) as server:
        session = desk("run", *QUIET, env={"OPENAI_BASE_URL": server.url}).json

    assert (session["outcome"], len(session["orders"])) == ("executed", 1)


def test_the_budget_ends_the_debate_before_the_call_that_would_break_it(desk: Desk) -> None:
    with OpenAIServer() as server:
        ran = desk("run", *QUIET, "--max-calls", "2", env={"OPENAI_BASE_URL": server.url})

    assert (ran.json["outcome"], ran.json["reasons"]) == ("no_trade", ["BUDGET", "MAX_CALLS"])
    assert len(server.requests) == 2
