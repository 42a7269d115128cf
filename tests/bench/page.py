"""``python -m tests.bench.page``: one ``desk serve`` with many waiting sessions, its memory and its clicks.

Sessions that wait are rows of the journal. A click is timed from the request to the moment at which another
program can see ``OrderSubmitted`` in the file, on loopback, server and journal in their own process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx

from tests.page_samples import TOKENS, settings_in, wait_in

FIELD = re.compile(r'name="(token|card)" value="([0-9a-f]{64})"')
#: Longest wait for anything, in seconds.
PATIENCE_S = 30.0


@contextmanager
def serving(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``desk serve`` as its own process, and its address."""
    command = [sys.executable, "-m", "desk", "serve", "--port", "0"]
    env = {**os.environ, "DESK_HOME": str(home)}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "http://" in line, line
        try:
            yield process, line.split("http://")[1].split("/")[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)


def memory_mb(process: subprocess.Popen[str]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


class Visitor:
    """Somebody at a browser, logged in, and an eye on the journal's file."""

    def __init__(self, address: str, home: Path) -> None:
        self._http = httpx.Client(base_url=f"http://{address}", timeout=PATIENCE_S)
        self._http.post("/login", data={"token": TOKENS["ann"]})
        self._db = sqlite3.connect(f"file:{home / 'journal.db'}?mode=ro", uri=True, isolation_level=None)

    def look(self, path: str) -> float:
        began = time.perf_counter()
        self._http.get(path).raise_for_status()
        return time.perf_counter() - began

    def approve(self, approval_id: str) -> tuple[float, float]:
        """Seconds to the answer of the page, and to the submitted order."""
        path = f"/approvals/{approval_id}"
        fields = dict(FIELD.findall(self._http.get(path).text))
        before = self._submitted()
        began = time.perf_counter()
        answer = self._http.post(f"{path}/approve", data={**fields, "sure": "yes"})
        answered = time.perf_counter() - began
        assert answer.status_code == 303, answer.text
        while self._submitted() == before:
            assert time.perf_counter() - began < PATIENCE_S, "no order was submitted"
            time.sleep(0.001)
        return answered, time.perf_counter() - began

    def _submitted(self) -> int:
        sql = "SELECT count(*) FROM events WHERE event_type = 'OrderSubmitted'"
        return int(self._db.execute(sql).fetchone()[0])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--clicks", type=int, default=21)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        approvals = asyncio.run(wait_in(settings_in(home), sessions=wanted.sessions))
        with serving(home) as (process, address):
            visitor = Visitor(address, home)
            time.sleep(3)
            print(f"{wanted.sessions} waiting sessions: {memory_mb(process):.0f} MB (wanted: < 200)")
            print(f"the list of them: {median(visitor.look('/') for _ in range(5)) * 1e3:.0f} ms")
            one = f"/approvals/{approvals[-1]}"
            print(f"one of them: {median(visitor.look(one) for _ in range(5)) * 1e3:.0f} ms")
            clicks = []
            for approval_id in approvals[-wanted.clicks :]:
                clicks.append(visitor.approve(approval_id))
                time.sleep(0.3)
            submitted = [one[1] for one in clicks]
            print(f"click to the page's answer: {median(one[0] for one in clicks) * 1e3:.0f} ms")
            print(
                f"click to submitted order: {median(submitted) * 1e3:.0f} ms "
                f"[{min(submitted) * 1e3:.0f}..{max(submitted) * 1e3:.0f}] (wanted: ≤ 250 at the median)"
            )
            print(f"after {wanted.clicks} of them: {memory_mb(process):.0f} MB")
            cpu = Path(f"/proc/{process.pid}/stat").read_text().split()
            time.sleep(5)
            cpu2 = Path(f"/proc/{process.pid}/stat").read_text().split()
            print(f"cpu when idle: {(int(cpu2[13]) + int(cpu2[14]) - int(cpu[13]) - int(cpu[14])) / 5:.0f} %")


if __name__ == "__main__":
    main()
