"""The rest of the command line: resume, replay, watch, halt, verify, and bad input."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Desk


def test_a_large_trade_waits_is_approved_elsewhere_and_goes_on_in_another_process(desk: Desk) -> None:
    waiting = desk("run", "@year-end-rally", "--approve", "inbox", "--json", "--quiet")
    (question,) = desk("approvals", "--json").json["approvals"]
    approved = desk("approve", question["approval_id"], "--card", question["card_hash"][:8])
    done = desk("resume", waiting.json["session_id"], "--json", "--quiet")

    assert (waiting.code, waiting.json["outcome"]) == (5, "awaiting_approval")
    assert approved.code == 0
    assert (done.code, done.json["outcome"], done.json["usage"]["calls"]) == (0, "executed", 4)
    assert len(done.json["orders"]) == 1


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_session_goes_on_when_nobody_reads_of_it_any_more(
    desk: Desk, home: Path, flags: tuple[str, ...]
) -> None:
    """``desk run | head -1`` must not leave a ticket burned and nothing sent."""
    reader, writer = os.pipe()
    os.close(reader)
    streams = {"stderr" if flags else "stdout": writer}
    done = subprocess.run(
        [sys.executable, "-m", "desk", "run", *flags],
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
        env={**os.environ, "DESK_HOME": str(home)},
        **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **streams},  # type: ignore[call-overload]
    )
    os.close(writer)

    (session,) = desk("sessions", "--json").json["sessions"]
    assert (done.returncode, session["outcome"]) == (0, "executed")


@pytest.mark.parametrize(("card", "code"), [("deadbeef", "CARD_DIFFERS"), ("ab", "CARD_DIFFERS")])
def test_another_card_approves_nothing(desk: Desk, card: str, code: str) -> None:
    desk("run", "@year-end-rally", "--approve", "inbox", "--quiet")
    (question,) = desk("approvals", "--json").json["approvals"]

    refused = desk("approve", question["approval_id"], "--card", card, "--json")

    assert (refused.code, refused.json["code"]) == (1, code)
    assert len(desk("approvals", "--json").json["approvals"]) == 1


def test_off_a_terminal_a_script_must_name_the_card(desk: Desk) -> None:
    desk("run", "@year-end-rally", "--approve", "inbox", "--quiet")
    (question,) = desk("approvals", "--json").json["approvals"]

    assert desk("approve", question["approval_id"], stdin="y\n").code == 2


def test_the_first_answer_counts_and_a_denial_ends_the_session(desk: Desk) -> None:
    session = desk("run", "@year-end-rally", "--approve", "inbox", "--json", "--quiet").json["session_id"]
    (question,) = desk("approvals", "--json").json["approvals"]
    approval = question["approval_id"]

    assert desk("deny", approval, "--reason", "too crowded").code == 0
    assert desk("approve", approval, "--card", question["card_hash"][:8]).code == 1
    assert desk("resume", session, "--json", "--quiet").json["outcome"] == "refused_by_human"


def test_off_a_terminal_the_console_denies(desk: Desk) -> None:
    session = desk("run", "@year-end-rally", "--approve", "console", "--json", "--quiet", stdin="\n\n").json

    assert (session["outcome"], session["reasons"]) == ("refused_by_human", ["NOT_A_TERMINAL"])


def test_every_session_replays_to_the_byte_without_a_network(desk: Desk) -> None:
    for name in ("@brexit-eve", "@year-end-rally", "@euro-pause"):
        desk("run", name, "--approve", "deny", "--quiet")

    replayed = desk("replay", "--all", "--verify", "--json")

    assert replayed.code == 0
    assert [one["ok"] for one in replayed.json["sessions"]] == [True, True, True]


def test_watch_carries_the_trade_along_the_tape_until_its_stop(desk: Desk) -> None:
    desk("run", "--quiet")

    (trade,) = desk("watch", "--fast", "--json").json["trades"]

    assert (trade["state"], trade["exit_reason"], trade["exit_price"]) == ("CLOSED", "stop", "2085.47")
    assert trade["r"].startswith("-1.0")
    assert desk("positions", "--json").json["trades"] == []


def test_halted_means_no_model_call_and_reopening_needs_a_reason(desk: Desk, home: Path) -> None:
    assert desk("halt").code == 0
    halted = desk("run", "--json", "--quiet")

    assert (halted.code, halted.json["outcome"], halted.json["usage"]["calls"]) == (3, "halted", 0)
    assert desk("reopen").code == 2
    assert (home / "HALT").exists()
    assert desk("reopen", "--reason", "looked at it").code == 0
    assert desk("run", "--json", "--quiet").json["outcome"] == "executed"


def test_flatten_leaves_every_position(desk: Desk) -> None:
    desk("run", "--quiet")

    (left,) = desk("flatten", "--json").json["trades"]

    assert (left["state"], left["exit_reason"]) == ("CLOSED", "flatten")
    assert desk("verify").code == 0


def test_an_edited_event_fails_verification_with_exit_6(desk: Desk, home: Path) -> None:
    desk("run", "--quiet")
    with sqlite3.connect(home / "journal.db") as db:
        db.execute("DROP TRIGGER events_fixed")
        db.execute("UPDATE events SET data = replace(data, '69', '70') WHERE event_type = 'IntentMinted'")

    verified = desk("verify", "--json")

    assert (verified.code, verified.json["ok"]) == (6, False)
    assert desk("run", "--quiet").code == 6


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("run", "@nowhere"), "BRIEF"),
        (("run", "missing.md"), "BRIEF"),
        (("show", "ses_1"), "JOURNAL_UNAVAILABLE"),
        (("run", "--model", "gpt-4o"), "USAGE"),
        (("run", "--venue", "purpleflea"), "NO_KEY"),
        (("run", "--venue", "purpleflea", "--seed", "x"), "USAGE"),
        (("run", "--max-calls", "0"), "USAGE"),
        (("frobnicate",), "USAGE"),
    ],
)
def test_bad_input_is_one_line_and_no_traceback(desk: Desk, args: tuple[str, ...], code: str) -> None:
    refused = desk(*args, "--json")

    assert refused.json["code"] == code
    assert "Traceback" not in refused.err
    assert len(refused.err.strip().splitlines()) == 1


def test_an_unknown_variable_and_a_looser_limit_are_refused_at_start(desk: Desk, home: Path) -> None:
    assert desk("run", "--json", env={"DESK_APROVE": "deny"}).json["code"] == "UNKNOWN_VARIABLE"
    home.mkdir()
    (home / "desk.toml").write_text("[limits]\ntrade_size = 0.04\n")
    assert desk("run", "--json").json["code"] == "LIMIT_LOOSER"


def test_a_tighter_limit_denies_what_would_have_passed(desk: Desk, home: Path) -> None:
    home.mkdir()
    (home / "desk.toml").write_text("[limits]\nposition_size = 50\n")

    session = desk("run", "--json", "--quiet").json

    assert (session["outcome"], session["reasons"]) == ("denied", ["POSITION_SIZE"])
    assert session["gate"]["max_admissible_usdc"] == "50"


def test_help_and_show_do_not_import_autogen(desk: Desk) -> None:
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from desk.cli.main import cli\n"
        "import desk.cli.look, desk.cli.verify, desk.cli.replay, desk.cli.approvals\n"
        "print([name for name in sys.modules if name.startswith(('autogen', 'openai'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_halt_whose_file_was_removed_still_asks_no_model(desk: Desk, home: Path) -> None:
    desk("halt")
    (home / "HALT").unlink()
    ran = desk("run", "--json")
    assert (ran.code, ran.json["outcome"], ran.json["usage"]["calls"]) == (3, "halted", 0)
    desk("reopen", "--reason", "looked at it")
    assert desk("run", "--quiet").code == 0
