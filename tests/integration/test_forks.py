"""A fork is the record run again with one input changed. It can send nothing, and nobody can mistake it."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from desk import bootstrap, recorded
from desk.bootstrap import venues
from desk.config import Settings
from desk.deliberation.roles import load as prompts
from desk.domain.limits import CEILING, Limits, WhatIf, supposed
from desk.domain.roles import RISK_OFFICER
from desk.domain.secret import Secret
from desk.errors import ConfigError, UsageError
from desk.execution.door import TradeDoor
from desk.forking import forked
from desk.home.paths import Home
from desk.journal.projections import run_document, show_document
from desk.replay.comparing import compared
from desk.replay.fork.change import Change
from desk.replay.fork.door import WhatIfDoor
from desk.replay.nowhere import NoScreen, NoVenue
from desk.replay.portable import PortableRecord
from desk.replaying import replayed
from tests.fakes.openai_server import OpenAIServer
from tests.kernel.bench import Bench
from tests.recordings import recording

D = Decimal
SETTINGS = Settings(home=Home(Path("/nonexistent/home")))


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> PortableRecord:
    """69 USDC of the index, bought without a human."""
    return recording(tmp_path_factory.mktemp("traded"))


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> PortableRecord:
    """226 USDC of the index, which a human refused."""
    return recording(tmp_path_factory.mktemp("refused"), "@year-end-rally", approve="deny")


def fork(parent: PortableRecord, settings: Settings = SETTINGS, **change: Any) -> PortableRecord:
    return asyncio.run(forked(parent, parent.session_id, Change(**change), settings, NoScreen()))


def run(record: PortableRecord) -> Mapping[str, Any]:
    return run_document(record.events, "")


def shown(record: PortableRecord) -> Mapping[str, Any]:
    return show_document(record.events, "")


def step_of(record: PortableRecord, kind: str) -> int:
    return 1 + [one.event_type for one in record.events].index(kind)


# ---- what a change does --------------------------------------------------------------------------


def test_with_nothing_changed_everything_comes_from_the_record(traded: PortableRecord) -> None:
    again = fork(traded)
    assert compared(traded, again).parting is None
    assert run(again)["outcome"] == "executed"


def test_a_tighter_limit_denies_what_had_passed(traded: PortableRecord) -> None:
    made = fork(traded, limits={"trade_size": D("0.001")})
    assert (run(made)["outcome"], run(made)["reasons"]) == ("denied", ["TRADE_SIZE"])
    assert run(made)["gate"]["max_admissible_usdc"] == "10"


def test_a_looser_limit_is_supposed_where_settings_would_refuse_it(traded: PortableRecord) -> None:
    gate = run(fork(traded, limits={"trade_size": D("0.08"), "human": D(5000)}))["gate"]
    assert gate["max_admissible_usdc"] == "800"


def test_from_the_gates_step_on_a_limit_leaves_the_debate_as_it_was(traded: PortableRecord) -> None:
    made = fork(traded, at=step_of(traded, "GateAssessed"), limits={"trade_size": D("0.001")})
    assert run(made)["reasons"] == ["TRADE_SIZE"]
    assert shown(made)["messages"] == shown(traded)["messages"]
    parting = compared(traded, made).parting
    assert parting is not None
    assert parting.kinds == ("GateAssessed", "GateAssessed")


def test_a_supposed_yes_trades_on_the_twin(refused: PortableRecord) -> None:
    made = fork(refused, answer="grant")
    (order,) = run(made)["orders"]
    assert (run(made)["outcome"], order["amount_usdc"], order["state"]) == ("executed", "226", "FILLED")
    assert shown(made)["report"]["protection"] == "attached"


def test_a_supposed_smaller_size_is_gated_and_traded(refused: PortableRecord) -> None:
    assert [one["amount_usdc"] for one in run(fork(refused, answer=D(100)))["orders"]] == ["100"]


def test_a_supposed_no_refuses_what_had_been_traded(traded: PortableRecord) -> None:
    made = fork(traded, answer="deny", limits={"human": D(10)})
    assert (run(made)["outcome"], run(made)["orders"]) == ("refused_by_human", [])


def test_a_question_that_nobody_answered_on_record_waits(traded: PortableRecord) -> None:
    assert run(fork(traded, limits={"human": D(10)}))["outcome"] == "awaiting_approval"


def test_what_a_person_said_of_the_very_same_act_is_reused(refused: PortableRecord) -> None:
    made = fork(refused)
    assert (run(made)["outcome"], run(made)["reasons"]) == ("refused_by_human", ["CHANNEL_DENIES"])


def test_another_venue_answer_changes_what_rests_on_it(refused: PortableRecord) -> None:
    reply: Any = {"balance_usdc": "1000", "available_usdc": "1000"}
    made = fork(refused, at=step_of(refused, "DossierBuilt"), venue_reply=reply)
    balance = next(fact["value"] for fact in shown(made)["facts"] if fact["name"] == "balance")
    assert balance == "1000"
    assert D(run(made)["intent"]["size"]) < 226


def test_an_order_the_venue_had_refused_is_refused_in_the_fork(traded: PortableRecord) -> None:
    reply: Any = {"error": "Refused", "code": "insufficient_funds"}
    made = fork(traded, at=step_of(traded, "OrderFilled"), venue_reply=reply)
    assert run(made)["outcome"] == "rejected"
    assert [one["state"] for one in run(made)["orders"]] == ["REJECTED"]


def test_a_venue_answer_that_leaves_a_balance_out_denies(traded: PortableRecord) -> None:
    made = fork(traded, at=step_of(traded, "GateAssessed"), venue_reply={"balance_usdc": None})
    assert run(made)["reasons"] == ["INPUT_UNKNOWN"]


def test_another_prompt_is_asked_of_the_model_and_the_others_keep_their_words(traded: PortableRecord) -> None:
    text = prompts()[RISK_OFFICER].text + "\nBe strict.\n"
    made = fork(traded, prompts={RISK_OFFICER: text})
    parting = compared(traded, made).parting
    assert made.record.opened.prompts[RISK_OFFICER] == hashlib.sha256(text.encode()).hexdigest()
    assert made.blob(hashlib.sha256(text.encode()).hexdigest()) == text.encode()
    assert parting is not None
    assert parting.kinds == ("ModelReplied", "ModelReplied")
    assert parting.field == "request.system"


async def test_another_model_is_asked_for_its_role_alone(traded: PortableRecord) -> None:
    with OpenAIServer() as server:
        settings = replace(SETTINGS, openai_url=server.url)
        change = Change(models={RISK_OFFICER: "openai:loopback"})
        made = await forked(traded, traded.session_id, change, settings, NoScreen())
        asked = len(server.requests)
    assert asked == 1
    models = {one.role: one.model for one in made.record.calls()}
    assert models[RISK_OFFICER] == "openai:loopback"
    assert set(models.values()) == {"rules", "openai:loopback"}


# ---- what it refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"at": 0}, "NO_STEP"),
        ({"at": 999}, "NO_STEP"),
        ({"at": 1, "venue_reply": {}}, "NO_VENUE_REPLY"),
        ({"at": 12, "models": {RISK_OFFICER: "rules"}}, "SPOKEN"),
        ({"at": 12, "prompts": {RISK_OFFICER: "x"}}, "SPOKEN"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(
    traded: PortableRecord, change: dict[str, Any], code: str
) -> None:
    with pytest.raises(UsageError) as caught:
        fork(traded, **change)
    assert caught.value.code == code


@pytest.mark.parametrize("limits", [{"luck": D(1)}, {"human": D("NaN")}, {"human": D(-1)}])
def test_a_limit_that_is_none_is_refused(traded: PortableRecord, limits: dict[str, Decimal]) -> None:
    with pytest.raises(ConfigError):
        fork(traded, limits=limits)


def test_a_model_that_is_needed_and_has_no_key_is_an_error_of_the_fork(traded: PortableRecord) -> None:
    with pytest.raises(ConfigError) as caught:
        fork(traded, models={RISK_OFFICER: "openai:gpt"})
    assert caught.value.code == "NO_KEY"


# ---- nothing is sent -----------------------------------------------------------------------------


def test_the_door_to_a_venue_refuses_supposed_limits() -> None:
    bench = Bench()
    for limits in (supposed(CEILING, {}), WhatIf()):
        with pytest.raises(TypeError, match="supposed"):
            TradeDoor(replace(bench.parts, limits=limits))
    assert TradeDoor(replace(bench.parts, limits=Limits()))


def test_the_door_of_a_fork_refuses_a_venue_that_could_send_and_real_limits() -> None:
    bench = Bench()
    imaginary = replace(bench.parts, limits=supposed(CEILING, {}))
    with pytest.raises(TypeError, match="cannot send"):
        WhatIfDoor(imaginary)
    with pytest.raises(TypeError, match="cannot send"):
        WhatIfDoor(replace(bench.parts, venue=NoVenue("paper")))
    assert WhatIfDoor(replace(imaginary, venue=NoVenue("paper")))


def test_a_fork_opens_no_connection_and_leaves_the_home_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = recording(tmp_path, "@year-end-rally", approve="deny")
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()}

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a fork tried to connect")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    settings = replace(
        Settings(home=Home(tmp_path)), flea_key=Secret("live-key"), flea_url="https://flea.invalid/api/v1"
    )
    assert run(fork(parent, settings, answer="grant"))["outcome"] == "executed"
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()} == before


def test_a_session_of_the_real_venue_forks_without_ever_making_its_client(
    traded: PortableRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the real venue's client was made")

    monkeypatch.setattr(venues, "flea_venue", refuse)
    monkeypatch.setattr(bootstrap, "venue_for", refuse)
    assert run(fork(traded, answer="grant", limits={"human": D(10)}))["outcome"] == "executed"


# ---- what it is ----------------------------------------------------------------------------------


def test_a_fork_names_its_parent_and_its_change_and_is_no_account_of_anybody(traded: PortableRecord) -> None:
    made = fork(traded, limits={"human": D(10)}, answer="deny")
    opened = made.record.opened
    assert opened.parent == traded.session_id
    assert opened.account == f"fork:{made.session_id}"
    assert opened.settings["fork"]["limits"] == {"human": "10"}  # type: ignore[index,call-overload]
    assert made.session_id != traded.session_id


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"limits": {"trade_size": D("0.001")}},
        {"limits": {"human": D(10)}},
        {"limits": {"human": D(10)}, "answer": "grant"},
        {"limits": {"human": D(10)}, "answer": D(30)},
        {"at": 3, "venue_reply": {"available_usdc": "100"}},
    ],
)
def test_a_fork_is_a_record_that_replays_and_forks_itself(
    traded: PortableRecord, change: dict[str, Any]
) -> None:
    made = fork(traded, **change)
    found = asyncio.run(replayed(made, made.session_id, NoScreen()))
    assert (found.divergences, found.ok) == ((), True)
    assert run(fork(made))["outcome"] == run(made)["outcome"]


def test_the_same_fork_twice_comes_to_the_same(refused: PortableRecord) -> None:
    one, other = fork(refused, answer="grant"), fork(refused, answer="grant")
    assert compared(one, other).parting is None


def test_what_the_record_waited_for_a_human_is_no_waiting_of_a_fork_that_asks_none() -> None:
    """On record six minutes passed before somebody answered; a ticket is good for one."""
    (session, *_) = recorded("year-end-rally")
    made = session.fork(limits={"human": 300, "human_hour": 300})
    assert (session.outcome, made.outcome, made.reasons) == ("executed", "executed", ())
    assert made.replay().ok
