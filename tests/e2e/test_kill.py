"""SIGKILL at each journal boundary of a session, then a restart: never two orders, never a false word."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Desk

#: Commits of a session of the rules model that trades without a human.
COMMITS = 8

KILLER = """
import os, signal, sys
from desk.journal.sqlite import SqliteJournal
at, when = int(sys.argv.pop(1)), sys.argv.pop(1)
commits = 0
stock = SqliteJournal._commit
def commit(self, transaction, before):
    global commits
    if transaction.head != before:
        commits += 1
        if commits == at and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
    stock(self, transaction, before)
    if commits == at and when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
SqliteJournal._commit = commit
from desk.cli.main import main
sys.argv[0] = "desk"
main()
"""


def killed(home: Path, at: int, when: str, *args: str) -> int:
    """Run ``desk ARGS`` and kill it at a commit; its exit code."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("DESK_")}
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(at), when, *args],
        cwd=ROOT,
        env={**clean, "DESK_HOME": str(home)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode


def orders_at_the_venue(home: Path) -> int:
    """Entries that the venue executed, by its own ledger."""
    with sqlite3.connect(home / "paper.db") as db:
        return int(db.execute("SELECT count(*) FROM ledger WHERE kind = 'order'").fetchone()[0])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(1, COMMITS + 1))
def test_a_session_killed_at_a_commit_ends_with_one_order_and_a_true_record(
    desk: Desk, home: Path, at: int, when: str
) -> None:
    assert killed(home, at, when, "run", "--quiet") == -signal.SIGKILL
    sessions = desk("sessions", "--json").json["sessions"]

    for session in sessions:
        if session["outcome"] == "interrupted":
            desk("resume", session["session_id"], "--quiet")

    (order,) = desk("orders", "--json").json["orders"] or [None]
    placed = orders_at_the_venue(home)
    assert placed <= 1
    assert (order is not None and order["state"] == "FILLED") == bool(placed)
    assert desk("verify").code == 0
    if sessions:
        assert desk("replay", "--all", "--verify").code == 0


def test_the_number_of_commits_is_at_most_ten(desk: Desk, home: Path) -> None:
    """The session above has exactly ``COMMITS`` of them: a kill at the next one never happens."""
    assert killed(home, COMMITS + 1, "before", "run", "--quiet") == 0
    assert COMMITS <= 10
