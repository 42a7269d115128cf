"""``python -m tests.bench.serving``: click to order, Slack's acknowledgement, memory with many waiting."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from hashlib import sha256
from pathlib import Path
from statistics import median

import httpx

from tests.fakes.slack_server import SlackServer, pressed, signed

ROUNDS, WAITING = 15, 500


def desk(home: Path, env: dict[str, str], *args: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "desk", *args],
        env={**os.environ, **env, "DESK_HOME": str(home)},
        capture_output=True,
    )
    return done.stdout.decode()


def events(home: Path, kind: str) -> list[tuple[str, str]]:
    with sqlite3.connect(f"file:{home}/journal.db?mode=ro", uri=True) as db:
        return db.execute(
            "SELECT stream_id, occurred_at FROM events WHERE event_type = ?", (kind,)
        ).fetchall()


def main(waiting: int = WAITING) -> None:
    with tempfile.TemporaryDirectory() as folder, SlackServer() as slack:
        home = Path(folder)
        token = "a token for the bench"
        hashed = sha256(token.encode()).hexdigest()
        (home / "desk.toml").write_text(f'[[people]]\nname = "ann"\npage_token_sha256 = "{hashed}"\n')
        env = slack.environment()
        for _ in range(ROUNDS // 15 + 1):
            desk(home, env, "run", *["@year-end-rally"] * ROUNDS, "--approve", "inbox", "--quiet")
        process = subprocess.Popen(
            [sys.executable, "-m", "desk", "serve", "--port", "0"],
            env={**os.environ, **env, "DESK_HOME": str(home)},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        found = re.search(r"http://[0-9.:]+", process.stderr.readline())
        assert found is not None
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            time.sleep(4)
            acknowledgements(home, found[0])
            memory(home, env, process.pid, waiting)
            idle(process.pid)
            clicks(home, found[0], token)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def clicks(home: Path, address: str, token: str) -> None:
    """From the click on the page to the order's submission in the journal, while all the others wait."""
    taken = []
    with httpx.Client(base_url=address) as page:
        page.post("/login", data={"token": token})
        for approval_id in re.findall(r"/approvals/(apr_[0-9a-f]+)", page.get("/").text)[:ROUNDS]:
            html = page.get(f"/approvals/{approval_id}").text
            form = dict(re.findall(r'name="(token|card)" value="([0-9a-f]+)"', html)) | {"sure": "yes"}
            before, began = len(events(home, "OrderSubmitted")), time.perf_counter()
            page.post(f"/approvals/{approval_id}/approve", data=form)
            while len(events(home, "OrderSubmitted")) == before and time.perf_counter() - began < 10:
                time.sleep(0.002)
            taken.append(time.perf_counter() - began)
    print(f"click to order submitted: median {median(taken) * 1e3:.0f} ms of {len(taken)} (wanted ≤ 250)")


def acknowledgements(home: Path, address: str) -> None:
    """Slack's answer while another program holds the journal."""
    taken = []
    with sqlite3.connect(home / "journal.db", isolation_level=None) as db, httpx.Client() as slack:
        db.execute("BEGIN IMMEDIATE")
        for n in range(ROUNDS):
            body = pressed("desk_approve", f"apr_{n:032x}.{'a' * 64}")
            began = time.perf_counter()
            assert (
                slack.post(f"{address}/slack/interactions", content=body, headers=signed(body)).status_code
                == 200
            )
            taken.append(time.perf_counter() - began)
        db.execute("ROLLBACK")
    middle, worst = median(taken) * 1e3, max(taken) * 1e3
    print(f"Slack answered, journal locked: median {middle:.1f} ms, max {worst:.1f} (wanted ≤ 100)")


def memory(home: Path, env: dict[str, str], pid: int, waiting: int) -> None:
    """The server's resident memory with many sessions waiting."""
    for _ in range(waiting // 50):
        desk(home, env, "run", *["@year-end-rally"] * 50, "--approve", "inbox", "--quiet")
    time.sleep(5)
    status = Path(f"/proc/{pid}/status").read_text()
    rss = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]
    print(f"memory with {waiting} sessions waiting: {rss:.0f} MB (wanted < 200)")


def idle(pid: int) -> None:
    """What the server costs while nothing happens and all of them wait."""

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    time.sleep(5)
    print(f"CPU while they wait: {(ticks() - before) / os.sysconf('SC_CLK_TCK') / 5:.1%} of one core")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else WAITING)
