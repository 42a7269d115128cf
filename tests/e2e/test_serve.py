"""``desk serve``: an answer on the page or in Slack is recorded once, and the session goes on by itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import ROOT, Desk
from tests.fakes.slack_server import USER, SlackServer, pressed, signed, submitted

BRIEF = "@year-end-rally"
TOKENS = {"ann": "a token of ann's", "bob": "a token of bob's"}


@pytest.fixture(autouse=True)
def people(home: Path) -> None:
    home.mkdir()
    lines = [
        f'[[people]]\nname = "{name}"\npage_token_sha256 = "{sha256(token.encode()).hexdigest()}"\n'
        for name, token in TOKENS.items()
    ]
    (home / "desk.toml").write_text("".join(lines))


@contextmanager
def served(home: Path, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """A server of its own; its address."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("DESK_", "OPENAI_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "desk", "serve", "--port", "0"],
        cwd=ROOT,
        env={**clean, "DESK_HOME": str(home), **(env or {})},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"http://[0-9.:]+", line)
    assert found is not None, line
    try:
        until(lambda: httpx.get(f"{found[0]}/healthz").status_code == 200)
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stderr.close()


def until(holds: Callable[[], bool], within_s: float = 20) -> None:
    """Wait for it, a bounded time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            if holds():
                return
        except httpx.TransportError:
            """Not up yet."""
        time.sleep(0.05)
    raise AssertionError("it did not come to that in time")


@contextmanager
def logged_in(address: str, name: str = "ann") -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, follow_redirects=False) as client:
        assert client.post("/login", data={"token": TOKENS[name]}).status_code == 303
        yield client


def fields(html: str) -> dict[str, str]:
    """The hidden fields of a question's forms."""
    return dict(re.findall(r'name="(token|card)" value="([0-9a-f]+)"', html))


def asked(desk: Desk) -> tuple[str, str, str]:
    """A session that waits: its id, the approval's, and a button's value for it."""
    session = desk("run", BRIEF, "--approve", "inbox", "--json").json
    [waiting] = desk("approvals", "--json").json["approvals"]
    approval_id = waiting["approval_id"]
    return session["session_id"], approval_id, f"{approval_id}.{waiting['card_hash']}"


def over(desk: Desk, session_id: str) -> bool:
    found = desk("show", session_id, "--json").json["session"]["outcome"]
    return found not in ("awaiting_approval", "interrupted")


def test_a_page_that_nobody_logged_in_to_shows_nothing_of_the_desk(desk: Desk, home: Path):
    _, approval_id, _ = asked(desk)
    with served(home) as address:
        assert "SPX" not in httpx.get(address).text
        assert httpx.get(f"{address}/approvals/{approval_id}").status_code == 303
        assert httpx.get(f"{address}/pulse").status_code == 401
        assert httpx.post(f"{address}/login", data={"token": "wrong"}).status_code == 403
        assert httpx.get(address, headers={"host": "evil.example"}).status_code == 421


def test_an_approval_on_the_page_sends_one_order_without_another_command(desk: Desk, home: Path):
    session_id, approval_id, _ = asked(desk)
    with served(home) as address, logged_in(address) as page:
        shown = page.get(f"/approvals/{approval_id}")
        assert "BUY 226 USDC SPX-PERP?" in shown.text
        form = {**fields(shown.text), "sure": "yes"}
        assert page.post(f"/approvals/{approval_id}/approve", data=form).status_code == 303
        until(lambda: over(desk, session_id))
        again = page.post(f"/approvals/{approval_id}/approve", data=form)
        assert again.status_code == 409
        assert "already granted by ann (page)" in again.text
    found = desk("show", session_id, "--json").json
    assert (found["approval"]["by"], found["approval"]["channel"]) == ("ann", "page")
    assert len(found["orders"]) == 1
    assert desk("replay", session_id, "--verify").code == 0


@pytest.mark.parametrize(
    "change",
    [{"token": "0" * 64}, {"card": "0" * 64}, {"sure": "no"}, {"token": ""}],
    ids=["forged form", "another card", "no tick", "no token"],
)
def test_a_form_that_is_not_the_one_that_was_shown_decides_nothing(
    desk: Desk, home: Path, change: dict[str, str]
):
    _, approval_id, _ = asked(desk)
    with served(home) as address, logged_in(address) as page:
        form = {**fields(page.get(f"/approvals/{approval_id}").text), "sure": "yes", **change}
        assert page.post(f"/approvals/{approval_id}/approve", data=form).status_code == 409
        crossed = page.post(
            f"/approvals/{approval_id}/approve", data=form, headers={"origin": "https://evil.example"}
        )
        assert crossed.status_code == 403
    assert len(desk("approvals", "--json").json["approvals"]) == 1


def test_a_denial_on_the_page_needs_a_reason_and_ends_the_session(desk: Desk, home: Path):
    session_id, approval_id, _ = asked(desk)
    with served(home) as address, logged_in(address) as page:
        form = fields(page.get(f"/approvals/{approval_id}").text)
        assert page.post(f"/approvals/{approval_id}/deny", data=form).status_code == 409
        denied = page.post(f"/approvals/{approval_id}/deny", data={**form, "reason": "too <b>big</b>"})
        assert denied.status_code == 303
        until(lambda: over(desk, session_id))
        assert "<b>big" not in page.get(f"/approvals/{approval_id}").text
    assert desk("show", session_id, "--json").json["session"]["outcome"] == "refused_by_human"


def test_an_edit_on_the_page_sends_the_smaller_order(desk: Desk, home: Path):
    session_id, approval_id, _ = asked(desk)
    with served(home) as address, logged_in(address) as page:
        form = {**fields(page.get(f"/approvals/{approval_id}").text), "sure": "yes", "size": "120"}
        assert page.post(f"/approvals/{approval_id}/edit", data=form).status_code == 303
        until(lambda: over(desk, session_id))
    [order] = desk("show", session_id, "--json").json["orders"]
    assert order["amount_usdc"] == "120"


def test_two_people_are_two_people_whatever_they_click(desk: Desk, home: Path):
    with (home / "desk.toml").open("a") as file:
        file.write('[[approval.rules]]\nname = "all"\nhumans = 2\n')
    session_id, approval_id, _ = asked(desk)
    with served(home) as address:
        with logged_in(address) as ann:
            form = {**fields(ann.get(f"/approvals/{approval_id}").text), "sure": "yes"}
            ann.post(f"/approvals/{approval_id}/approve", data=form)
            assert (
                "has approved this already" in ann.post(f"/approvals/{approval_id}/approve", data=form).text
            )
        assert not over(desk, session_id)
        with logged_in(address, "bob") as bob:
            form = {**fields(bob.get(f"/approvals/{approval_id}").text), "sure": "yes"}
            bob.post(f"/approvals/{approval_id}/approve", data=form)
        until(lambda: over(desk, session_id))
    assert desk("show", session_id, "--json").json["approval"]["by"] == "ann + bob"


# ---- Slack ---------------------------------------------------------------------------------------


def click(address: str, body: bytes) -> httpx.Response:
    return httpx.post(f"{address}/slack/interactions", content=body, headers=signed(body))


def test_a_card_goes_to_slack_a_click_decides_and_the_card_says_so(desk: Desk, home: Path):
    with SlackServer() as slack:
        env = slack.environment()
        ran = desk("run", BRIEF, "--approve", "slack", "--json", env=env)
        assert (ran.code, ran.json["outcome"]) == (5, "awaiting_approval")
        [card] = slack.of("/api/chat.postMessage")
        [value] = {one["value"] for one in card["blocks"][-1]["elements"] if "value" in one}
        with served(home, env) as address:
            assert click(address, pressed("desk_approve", value)).status_code == 200
            until(lambda: over(desk, ran.json["session_id"]))
            until(lambda: bool(slack.of("/api/chat.update")))
        assert f"approved by slack:{USER} (slack)" in str(slack.of("/api/chat.update")[-1])
    assert desk("show", ran.json["session_id"], "--json").json["session"]["outcome"] == "executed"


def test_a_denial_in_slack_asks_why_in_a_dialog(desk: Desk, home: Path):
    with SlackServer() as slack:
        session_id, _, value = asked(desk)
        with served(home, slack.environment()) as address:
            assert click(address, pressed("desk_deny", value)).status_code == 200
            until(lambda: bool(slack.of("/api/views.open")))
            assert not over(desk, session_id)
            assert click(address, submitted(value, "not today")).status_code == 200
            until(lambda: over(desk, session_id))
    found = desk("show", session_id, "--json").json["approval"]
    assert (found["decision"], found["reason"]) == ("denied", "not today")


def test_a_webhook_card_takes_its_reason_from_the_message(desk: Desk, home: Path):
    with SlackServer() as slack:
        env = slack.environment(bot=False)
        ran = desk("run", BRIEF, "--approve", "slack", "--json", env=env).json
        [card] = slack.of("/hook")
        [value] = {one["value"] for one in card["blocks"][-1]["elements"] if "value" in one}
        state = {"values": {"desk_reason": {"desk_reason": {"value": "too late"}}}}
        url = f"{slack.url}/response"
        with served(home, env) as address:
            body = pressed("desk_deny", value, state=state, response_url=url)
            assert click(address, body).status_code == 200
            until(lambda: over(desk, ran["session_id"]))
            until(lambda: bool(slack.of("/response")))
        assert slack.of("/response")[0]["replace_original"] is True
    assert desk("show", ran["session_id"], "--json").json["approval"]["reason"] == "too late"


def test_somebody_who_is_not_listed_is_told_so_and_decides_nothing(desk: Desk, home: Path):
    with SlackServer() as slack:
        _, _, value = asked(desk)
        with served(home, slack.environment()) as address:
            body = pressed("desk_approve", value, user={"id": "U0EVE"}, response_url=f"{slack.url}/r")
            assert click(address, body).status_code == 200
            until(lambda: bool(slack.of("/r")))
        assert "may not decide" in slack.of("/r")[0]["text"]
    assert len(desk("approvals", "--json").json["approvals"]) == 1


def test_slack_being_down_stops_nobody_and_approves_nothing(desk: Desk, home: Path):
    with SlackServer() as slack:
        slack.status = 500
        ran = desk("run", BRIEF, "--approve", "slack", "--json", env=slack.environment())
    assert ran.code == 5
    assert "the question waits in the inbox" in ran.err
    [waiting] = desk("approvals", "--json").json["approvals"]
    answered = desk("approve", waiting["approval_id"], "--card", waiting["card_hash"][:8])
    assert answered.code == 0
    assert desk("resume", ran.json["session_id"], "--quiet", env=slack.environment()).code == 0


def test_what_is_missing_of_slack_is_said_before_anything_begins(desk: Desk):
    refused = desk("run", "--approve", "slack")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    checked = desk("slack", "test", "--json")
    assert checked.code == 1
    assert checked.json["checks"][0]["fix"]


def test_a_card_that_was_decided_elsewhere_loses_its_buttons(desk: Desk, home: Path):
    with SlackServer() as slack:
        env = slack.environment()
        ran = desk("run", BRIEF, "--approve", "slack", "--json", env=env).json
        with served(home, env):
            [waiting] = desk("approvals", "--json").json["approvals"]
            desk("approve", waiting["approval_id"], "--card", waiting["card_hash"][:8])
            until(lambda: over(desk, ran["session_id"]))
            until(lambda: bool(slack.of("/api/chat.update")))
        changed = slack.of("/api/chat.update")[-1]
    assert "(inbox)" in changed["text"]
    assert not [block for block in changed["blocks"] if block["type"] == "actions"]


def test_a_question_that_waits_in_the_inbox_is_posted_by_the_server_too(desk: Desk, home: Path):
    with SlackServer() as slack:
        asked(desk)
        with served(home, slack.environment()):
            until(lambda: bool(slack.of("/api/chat.postMessage")))
            time.sleep(3)
        assert len(slack.of("/api/chat.postMessage")) == 1
