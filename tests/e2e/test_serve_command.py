"""``desk serve`` as a command: what it refuses, what it prints, and sessions that outlive it."""

from __future__ import annotations

import socket
import tomllib
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Desk
from tests.e2e.test_serve import asked, fields, logged_in, over, people, served, until

__all__ = ["people"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])
def test_it_serves_loopback_only(desk: Desk, host: str) -> None:
    refused = desk("serve", "--host", host, "--port", "0")

    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "loopback only" in refused.err


def test_a_port_that_is_taken_is_one_line(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = desk("serve", "--port", str(taken.getsockname()[1]))

    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "Use another --port" in refused.err


def test_a_home_whose_key_is_gone_is_not_served(desk: Desk, home: Path) -> None:
    desk("run", "--quiet")
    (home / "key").unlink()

    refused = desk("serve", "--port", "0")

    assert (refused.code, refused.err.count("\n")) == (6, 1)


def test_a_new_token_comes_with_the_lines_for_the_settings(desk: Desk, home: Path) -> None:
    said = desk("serve", "--new-token", 'Ann "the" Boss').out
    token, lines = said.partition("shown once: ")[2].split("\n")[0], said.partition("in desk.toml:\n")[2]
    (home / "desk.toml").write_text(lines)

    assert tomllib.loads(lines)["people"][0]["name"] == 'Ann "the" Boss'
    with served(home) as address:
        assert httpx.post(f"{address}/login", data={"token": token}).status_code == 303


def test_a_question_asked_by_one_process_is_answered_in_another_and_sent_by_a_third(
    desk: Desk, home: Path
) -> None:
    with (home / "desk.toml").open("a") as file:
        file.write('[[approval.rules]]\nname = "all"\nhumans = 2\n')
    session_id, approval_id, _ = asked(desk)
    with served(home) as address, logged_in(address) as ann:
        path = f"/approvals/{approval_id}"
        form = {**fields(ann.get(path).text), "sure": "yes", "size": "120"}
        assert ann.post(f"{path}/edit", data=form).status_code == 303
        until(lambda: "the smaller one" in ann.get(path).text)
    assert not over(desk, session_id)
    [child] = desk("approvals", "--json").json["approvals"]
    with served(home) as address, logged_in(address, "bob") as bob:
        path = f"/approvals/{child['approval_id']}"
        assert (
            bob.post(f"{path}/approve", data={**fields(bob.get(path).text), "sure": "yes"}).status_code == 303
        )
        until(lambda: over(desk, session_id))

    done = desk("show", session_id, "--json").json
    assert (done["session"]["outcome"], done["usage"]["calls"], len(done["orders"])) == ("executed", 4, 1)
    assert desk("replay", session_id, "--verify").code == 0
    assert desk("verify").code == 0
