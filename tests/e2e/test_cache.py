"""``desk run --cache``: an analyst's first view is served again for a while; nobody else's word is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.e2e.conftest import Desk, Ran
from tests.fakes.openai_server import GOOD, OpenAIServer, role_of

EVERYBODY = sorted(GOOD)


def run(desk: Desk, server: OpenAIServer, *flags: str, model: str = "loopback") -> Ran:
    flags = ("--model", f"openai:{model}", "--json", *flags)
    return desk("run", *flags, env={"OPENAI_BASE_URL": server.url})


def asked(server: OpenAIServer) -> list[str]:
    """The roles that the endpoint was asked for since the last look."""
    roles = sorted(role_of(body) for body in server.requests)
    server.requests.clear()
    return roles


def test_the_second_run_asks_only_the_officer_and_the_executor(desk: Desk) -> None:
    with OpenAIServer() as server:
        first = run(desk, server, "--cache", "600")
        assert asked(server) == EVERYBODY
        second = run(desk, server, "--cache", "600")
        assert asked(server) == ["executor", "risk_officer"]

    assert (first.json["outcome"], second.json["outcome"]) == ("executed", "executed")
    assert "macro analyst: (from the cache, " in second.err
    usage = second.json["usage"]
    assert (usage["calls"], usage["prompt_tokens"], usage["usd"]) == (4, 1000, "0")


def test_a_served_view_is_on_record_as_such_and_replays_without_the_cache(desk: Desk, home: Path) -> None:
    with OpenAIServer() as server:
        run(desk, server, "--cache", "600")
        run(desk, server, "--cache", "600")
    (home / "cache.db").unlink()

    db = sqlite3.connect(home / "journal.db")
    query = "SELECT json_extract(data, '$.from_cache') FROM events WHERE event_type = 'ModelReplied'"
    served = [row[0] for row in db.execute(query)]
    db.close()
    assert sorted(served) == [0, 0, 0, 0, 0, 0, 1, 1]
    assert all(one["ok"] for one in desk("replay", "--all", "--json").json["sessions"])
    assert not (home / "cache.db").exists()


def test_off_by_default(desk: Desk, home: Path) -> None:
    with OpenAIServer() as server:
        run(desk, server)
        run(desk, server)
    assert len(server.requests) == 8
    assert not (home / "cache.db").exists()


@pytest.mark.parametrize("flags", [("--seed", "2"), ("--clock", "brief")])
def test_a_session_that_must_come_out_the_same_has_no_cache(desk: Desk, flags: tuple[str, str]) -> None:
    with OpenAIServer() as server:
        run(desk, server, "--cache", "600")
        asked(server)
        second = run(desk, server, "--cache", "600", *flags)
        assert asked(server) == EVERYBODY
    assert "the decision cache is not used with --seed or --clock brief" in second.err.splitlines()


def test_the_settings_switch_it_on_and_the_flag_off(desk: Desk, home: Path) -> None:
    home.mkdir()
    (home / "desk.toml").write_text("[models]\ncache_s = 600\n")
    with OpenAIServer() as server:
        run(desk, server)
        run(desk, server)
        assert len(asked(server)) == 6
        run(desk, server, "--cache", "0")
        assert asked(server) == EVERYBODY


def test_another_model_endpoint_or_brief_is_another_question(desk: Desk) -> None:
    analysts = {"macro_analyst", "technical_analyst"}
    with OpenAIServer() as server, OpenAIServer() as elsewhere:
        run(desk, server, "--cache", "600")
        asked(server)
        run(desk, server, "--cache", "600", model="other")
        assert analysts < set(asked(server))
        run(desk, elsewhere, "--cache", "600")
        assert analysts < set(asked(elsewhere))
        run(desk, server, "@boxing-day", "--cache", "600")
        assert analysts <= set(asked(server))


def test_a_reply_that_had_to_be_repaired_is_not_kept(desk: Desk) -> None:
    def careless(body: dict[str, object], n: int) -> object:
        return '{"stance": "bullish"}' if n % 2 == 0 else GOOD["macro_analyst"](body, n)

    with OpenAIServer({"macro_analyst": careless}) as server:
        run(desk, server, "--cache", "600")
        asked(server)
        run(desk, server, "--cache", "600")
        assert asked(server) == ["executor", "macro_analyst", "macro_analyst", "risk_officer"]


def test_a_damaged_cache_is_one_line_and_no_more(desk: Desk, home: Path) -> None:
    home.mkdir()
    (home / "cache.db").write_bytes(b"no database " * 500)
    with OpenAIServer() as server:
        ran = run(desk, server, "--cache", "600")
    assert (ran.code, ran.json["outcome"], len(server.requests)) == (0, "executed", 4)
    assert ran.err.count("cache.db") == 1
    assert "Traceback" not in ran.err


def test_the_rules_need_no_cache(desk: Desk, home: Path) -> None:
    desk("run", "--json", "--cache", "600")
    assert not (home / "cache.db").exists()
