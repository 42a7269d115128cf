"""On a terminal the words are streamed; an endpoint that cannot do it costs a call, never a session."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Desk
from tests.fakes.openai_server import OpenAIServer, Streams, role_of


def watched_run(home: Path, server: OpenAIServer) -> str:
    """``desk run`` with a terminal as its stdout; what the terminal showed."""
    ours, theirs = os.openpty()
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("DESK_", "OPENAI_"))}
    shown: list[bytes] = []
    reader = threading.Thread(target=drain, args=(ours, shown))
    reader.start()
    subprocess.run(
        [sys.executable, "-m", "desk", "run", "--model", "openai:loopback"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        timeout=60,
        check=True,
        cwd=ROOT,
        env={**clean, "DESK_HOME": str(home), "OPENAI_BASE_URL": server.url},
    )
    os.close(theirs)
    reader.join(10)
    os.close(ours)
    return b"".join(shown).decode()


def drain(terminal: int, shown: list[bytes]) -> None:
    """Read until the other side is closed, which Linux reports as an error."""
    try:
        while piece := os.read(terminal, 65_536):
            shown.append(piece)
    except OSError:
        return


@pytest.mark.parametrize(
    ("streams", "calls_each"),
    [(Streams.WELL, 1), (Streams.IGNORED, 1), (Streams.UNCOUNTED, 1), (Streams.CUT, 2)],
)
def test_a_session_trades_whatever_becomes_of_its_streams(
    desk: Desk, home: Path, streams: Streams, calls_each: int
) -> None:
    with OpenAIServer(streams=streams) as server:
        shown = watched_run(home, server)

    assert "VIX at 17.25 is calm." in shown
    session = desk("show", "--json").json
    assert (session["session"]["outcome"], session["usage"]["calls"]) == ("executed", 4 * calls_each)
    assert set(Counter(map(role_of, server.requests)).values()) == {calls_each}
    assert desk("replay", "--json").json["ok"] is True


def test_an_analyst_whose_stream_breaks_and_whose_answer_is_invalid_is_asked_twice_in_all(
    desk: Desk, home: Path
) -> None:
    with OpenAIServer({"technical_analyst": lambda body, n: "x" * 400}, streams=Streams.CUT) as server:
        watched_run(home, server)

    assert Counter(map(role_of, server.requests))["technical_analyst"] == 2
    session = desk("show", "--json").json["session"]
    assert (session["outcome"], session["reasons"]) == ("no_trade", ["ABSTAINED"])
