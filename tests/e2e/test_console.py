"""The card at a pseudo-terminal: only the typed code grants; Enter, words and what was typed early deny."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Desk

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
BRIEF = "@year-end-rally"
PROMPT = re.compile(rb"type ([0-9a-f]{6}) to approve: ")
Act = Callable[["Terminal", str], None]


class Terminal:
    """``desk run`` on a pseudo-terminal; what it printed, and a keyboard."""

    def __init__(self, home: Path, *args: str) -> None:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("DESK_")}
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            env = {**clean, "DESK_HOME": str(home), "TERM": "xterm", "NO_COLOR": "1"}
            os.execve(sys.executable, [sys.executable, "-m", "desk", "run", BRIEF, *args], env)
        self.seen = b""

    def asked(self) -> str:
        """Wait for the card; its code. Nobody answers within a blink: that would count as typed before it."""
        found = self.until(PROMPT)
        assert found is not None, self.seen
        time.sleep(0.5)
        return found[1].decode()

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def interrupt(self) -> None:
        os.kill(self.pid, signal.SIGINT)

    def until(self, pattern: re.Pattern[bytes] | None, within_s: float = 40) -> re.Match[bytes] | None:
        """Read until ``pattern`` was printed, or to the end."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            found = pattern.search(self.seen) if pattern is not None else None
            if found is not None:
                return found
            ready, _, _ = select.select([self._fd], [], [], 0.2)
            if ready:
                try:
                    chunk = os.read(self._fd, 65_536)
                except OSError:
                    return None
                if not chunk:
                    return None
                self.seen += chunk
        raise AssertionError(f"nothing came for {within_s} s after {self.seen[-300:]!r}")

    def exit_code(self) -> int:
        self.until(None)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def asked(home: Path, act: Act, *args: str) -> tuple[int, str]:
    """Run until the card asks, act, and see it through."""
    terminal = Terminal(home, *args)
    act(terminal, terminal.asked())
    code = terminal.exit_code()
    return code, terminal.seen.decode(errors="replace")


def outcome(desk: Desk) -> tuple[str, str | None]:
    [session] = desk("sessions", "--json").json["sessions"]
    found = desk("show", session["session_id"], "--json").json
    return found["session"]["outcome"], found["approval"]["reason"]


def test_the_code_grants_and_the_money_stands_right_above_the_prompt(desk: Desk, home: Path) -> None:
    code, seen = asked(home, lambda terminal, nonce: terminal.type(f"{nonce}\n"))
    assert (code, outcome(desk)) == (0, ("executed", None))
    card = seen[: seen.index("type ")].splitlines()[-8:]
    assert any("BUY 226 USDC SPX-PERP at leverage 1" in line for line in card)
    assert any("you can lose 2.91 USDC at the stop" in line for line in card)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("\n", "ENTER"), ("yes\n", "NOT_THE_CODE"), ("\x04", "ENTER"), ("000000\n", "NOT_THE_CODE")],
    ids=["Enter", "yes", "end of file", "another code"],
)
def test_anything_else_denies(desk: Desk, home: Path, typed: str, reason: str) -> None:
    code, _ = asked(home, lambda terminal, _: terminal.type(typed))
    assert (code, outcome(desk)) == (0, ("refused_by_human", reason))


def test_the_code_in_capitals_is_not_the_code(desk: Desk, home: Path) -> None:
    asked(home, lambda terminal, nonce: terminal.type(f"{nonce.upper()}x\n"))
    assert outcome(desk) == ("refused_by_human", "NOT_THE_CODE")


def test_what_was_typed_before_the_card_was_there_is_no_answer(desk: Desk, home: Path) -> None:
    terminal = Terminal(home)
    for _ in range(3):
        terminal.type("yes\n")
    terminal.type(terminal.asked() + "\n")
    assert terminal.exit_code() == 0
    assert outcome(desk)[0] == "executed"


def test_another_terminal_may_be_quicker(desk: Desk, home: Path) -> None:
    def elsewhere(terminal: Terminal, _: str) -> None:
        [waiting] = desk("approvals", "--json").json["approvals"]
        answered = desk("approve", waiting["approval_id"], "--card", waiting["card_hash"][:8])
        assert answered.code == 0

    code, seen = asked(home, elsewhere)
    assert (code, outcome(desk)[0]) == (0, "executed")
    assert "(inbox)" in seen


def test_an_interrupted_question_can_be_answered_later(desk: Desk, home: Path) -> None:
    code, seen = asked(home, lambda terminal, _: terminal.interrupt())
    assert code == 130
    assert "desk resume ses_" in seen
    [session] = desk("sessions", "--json").json["sessions"]
    [waiting] = desk("approvals", "--json").json["approvals"]
    desk("approve", waiting["approval_id"], "--card", waiting["card_hash"][:8])
    assert desk("resume", session["session_id"], "--quiet").code == 0
    assert outcome(desk)[0] == "executed"


def test_off_a_terminal_a_console_denies(desk: Desk) -> None:
    ran = desk("run", BRIEF, "--approve", "console", "--json").json
    assert (ran["outcome"], ran["reasons"]) == ("refused_by_human", ["NOT_A_TERMINAL"])
