"""Runs the demonstration: four channels, four approvals, four orders; pictures go to docs/img."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from tests.demo import pictures
from tests.e2e.test_console import Terminal
from tests.e2e.test_serve import click, fields, served, until
from tests.fakes.slack_server import SlackServer, pressed

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "img"
BRIEF, TOKEN = "@year-end-rally", "the token of the demonstration"


class Demo:
    """One home; ``desk`` runs a command in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        hashed = sha256(TOKEN.encode()).hexdigest()
        (home / "desk.toml").write_text(f'[[people]]\nname = "ann"\npage_token_sha256 = "{hashed}"\n')

    def desk(self, *args: str, **env: str) -> str:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("DESK_")}
        done = subprocess.run(
            [sys.executable, "-m", "desk", *args],
            env={**clean, "DESK_HOME": str(self.home), "NO_COLOR": "1", **env},
            capture_output=True,
            text=True,
        )
        return done.stdout

    def json(self, *args: str, **env: str) -> Any:
        return json.loads(self.desk(*args, "--json", **env))

    def executed(self, channel: str) -> None:
        """The newest session was approved there, and sent one order."""
        [*_, newest] = self.json("sessions")["sessions"]
        until(lambda: self.json("show", newest["session_id"])["session"]["outcome"] == "executed")
        found = self.json("show", newest["session_id"])
        assert found["approval"]["channel"] == channel, found["approval"]
        assert len(found["orders"]) == 1
        order = found["orders"][0]
        print(
            f"{channel:8} approved by {found['approval']['by']}: {order['amount_usdc']} USDC {order['state']}"
        )

    def terminal(self) -> None:
        terminal = Terminal(self.home)
        code = terminal.asked()
        shown = terminal.seen.decode()
        terminal.type(f"{code}\n")
        assert terminal.exit_code() == 0
        pictures.terminal(shown[shown.index("a human decides") :], IMAGES / "terminal.png")
        self.executed("console")

    def inbox(self) -> None:
        session = self.json("run", BRIEF, "--approve", "inbox")
        [waiting] = self.json("approvals")["approvals"]
        listed = self.desk("approvals")
        approve = ("approve", waiting["approval_id"], "--card", waiting["card_hash"][:8])
        said = self.desk(*approve)
        resumed = self.desk("resume", session["session_id"], "--quiet")
        text = f"$ desk approvals\n{listed}\n$ desk {' '.join(approve)}\n{said}\n$ desk resume …\n{resumed}"
        pictures.terminal(text, IMAGES / "inbox.png")
        self.executed("inbox")

    def page(self) -> None:
        self.desk("run", BRIEF, "--approve", "inbox", "--quiet")
        [waiting] = self.json("approvals")["approvals"]
        path = f"/approvals/{waiting['approval_id']}"
        with served(self.home) as address, httpx.Client(base_url=address) as page:
            login = page.post("/login", data={"token": TOKEN})
            cookie = login.headers["set-cookie"].partition(";")[0]
            with pictures.seen_by(address, cookie) as seen:
                pictures.shot(seen + path, IMAGES / "approval.png", 1280, 1150)
                pictures.shot(seen + path, IMAGES / "approval-phone.png", 390, 1400)
            page.post(f"{path}/approve", data={**fields(page.get(path).text), "sure": "yes"})
            self.executed("page")

    def slack(self) -> None:
        with SlackServer() as slack:
            env = slack.environment()
            self.desk("run", BRIEF, "--approve", "slack", "--quiet", **env)
            [card] = slack.of("/api/chat.postMessage")
            [value] = {one["value"] for one in card["blocks"][-1]["elements"] if "value" in one}
            with served(self.home, env) as address:
                click(address, pressed("desk_approve", value))
                until(lambda: bool(slack.of("/api/chat.update")))
                self.executed("slack")
            pictures.slack(card["blocks"], IMAGES / "slack.png")
            pictures.slack(slack.of("/api/chat.update")[-1]["blocks"], IMAGES / "slack-decided.png")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder))
        for channel in (demo.terminal, demo.inbox, demo.page, demo.slack):
            channel()
            time.sleep(0.1)
    for picture in sorted(IMAGES.glob("*.png")):
        assert re.fullmatch(r"[a-z-]+\.png", picture.name)


if __name__ == "__main__":
    main()
