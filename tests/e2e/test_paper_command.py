"""``desk paper``: the embedded venue as a server, and a session on it through the real client."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Desk

THERE = ("@brexit-eve", "--venue", "purpleflea", "--account", "me")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "desk",
            "paper",
            "--port",
            str(port),
            "--brief",
            "@brexit-eve",
            "--account",
            "me",
        ],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DESK_HOME": str(tmp_path / "venue")},
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        server.terminate()
        server.wait(20)


def test_a_session_trades_on_the_served_venue_through_the_purple_flea_client(desk: Desk, url: str) -> None:
    reach = {"PURPLE_FLEA_BASE_URL": url, "PURPLE_FLEA_API_KEY": "paper"}
    ran = desk(
        "run", "@brexit-eve", "--venue", "purpleflea", "--account", "me", "--json", "--quiet", env=reach
    )

    assert (ran.code, ran.json["outcome"]) == (0, "executed")
    assert [one["state"] for one in ran.json["orders"]] == ["FILLED"]


def test_a_fork_of_it_asks_the_served_venue_nothing(desk: Desk, url: str) -> None:
    reach = {"PURPLE_FLEA_BASE_URL": url, "PURPLE_FLEA_API_KEY": "paper"}
    desk("run", *THERE, "--quiet", env=reach)
    gone = {"PURPLE_FLEA_BASE_URL": "http://127.0.0.1:1/api/v1", "PURPLE_FLEA_API_KEY": "paper"}
    made = desk("fork", "--limit", "human=10", "--answer", "30", "--json", env=gone)

    assert (made.code, made.json["outcome"]) == (0, "executed")
    assert made.json["orders"][0]["amount_usdc"] == "30"
