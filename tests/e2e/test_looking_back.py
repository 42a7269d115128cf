"""Looking back from the command line: export, import, step, compare and fork."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Desk


def ran(desk: Desk, *args: str) -> str:
    return str(desk("run", *args, "--json", "--quiet").json["session_id"])


def test_a_record_travels_to_another_home_and_replays_there(desk: Desk, tmp_path: Path) -> None:
    session = ran(desk, "@brexit-eve")
    file, other = tmp_path / "case.jsonl", tmp_path / "other"
    exported = desk("export", session, "-o", str(file), "--json").json
    imported = desk("import", str(file), "--json", at=other).json
    again = desk("replay", session, "--verify", "--json", at=other)

    assert (exported["session_id"], imported["imported"]) == (session, True)
    assert (again.code, again.json["session_digest"]) == (0, exported["session_digest"])
    assert desk("import", str(file), "--json", at=other).json["imported"] is False
    assert desk("sessions", "--json", at=other).json["kept"][0]["session_id"] == session


def test_an_imported_session_is_nothing_the_home_did(desk: Desk, tmp_path: Path) -> None:
    session, other = ran(desk, "@brexit-eve"), tmp_path / "other"
    (file := tmp_path / "case.jsonl").write_text(desk("export", session).out)
    desk("import", str(file), at=other)

    assert desk("orders", "--json", at=other).json["orders"] == []
    assert desk("positions", "--json", at=other).json["trades"] == []
    assert desk("sessions", "--json", at=other).json["sessions"] == []
    assert desk("verify", "--json", at=other).json["events"] == 0
    assert desk("resume", session, "--json", at=other).code == 2


def test_a_changed_file_is_refused_and_leaves_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    text = desk("export", ran(desk, "@brexit-eve")).out
    (file := tmp_path / "case.jsonl").write_text(text.replace("2113.53", "2113.52"))
    refused = desk("import", str(file), "--json", at=tmp_path / "other")

    assert (refused.code, refused.json["code"]) == (2, "RECORD_REFUSED")
    assert "Traceback" not in refused.err
    assert not (tmp_path / "other" / "records").exists()


def test_another_session_with_the_same_id_is_refused(desk: Desk, tmp_path: Path) -> None:
    seeded = ("@brexit-eve", "--seed", "7", "--clock", "brief")
    session, other = ran(desk, *seeded), tmp_path / "other"
    desk("run", *seeded, "--max-calls", "1", "--quiet", at=other)
    (file := tmp_path / "case.jsonl").write_text(desk("export", session).out)

    assert desk("import", str(file), "--json", at=other).json["code"] == "RECORD_DIFFERS"


def test_no_secret_leaves_with_a_record(desk: Desk, tmp_path: Path) -> None:
    brief = desk("run", "@brexit-eve", "--json", "--quiet", env={"PURPLE_FLEA_API_KEY": "paper:"})
    exported = desk("export", brief.json["session_id"], env={"PURPLE_FLEA_API_KEY": "paper:"})

    assert (exported.code, exported.out) == (2, "")
    assert "secret" in exported.err


def test_a_walk_takes_commands_from_a_pipe(desk: Desk) -> None:
    session = ran(desk, "@brexit-eve")
    walked = desk("replay", session, "--step", stdin="d\ng\n14\ng\nq\n")

    assert walked.code == 0
    assert "the gate had not been asked yet" in walked.out
    assert "ok   TRADE_SIZE" in walked.out


def test_every_session_of_a_home_is_replayed_forks_included(desk: Desk) -> None:
    ran(desk, "@brexit-eve")
    ran(desk, "@euro-pause")
    desk("fork", "--json")
    found = desk("replay", "--all", "--verify", "--json")

    assert found.code == 0
    assert [one["ok"] for one in found.json["sessions"]] == [True, True, True]


def test_a_fork_is_told_as_one_and_counts_nowhere(desk: Desk) -> None:
    session = ran(desk, "@year-end-rally", "--approve", "deny")
    head = desk("verify", "--json").json["head"]
    made = desk("fork", session, "--answer", "grant", "--json")

    assert (made.code, made.json["outcome"], made.json["parent"]) == (0, "executed", session)
    assert desk("orders", "--json").json["orders"] == []
    assert desk("positions", "--json").json["trades"] == []
    assert desk("verify", "--json").json["head"] == head
    assert desk("why", made.json["orders"][0]["client_order_id"]).code == 2
    listed = desk("sessions", "--json").json
    assert [one["session_id"] for one in listed["sessions"]] == [session]
    assert [one["parent"] for one in listed["kept"]] == [session]


def test_two_sessions_side_by_side(desk: Desk) -> None:
    session = ran(desk, "@brexit-eve")
    made = desk("fork", session, "--limit", "trade_size=0.001", "--json").json["session_id"]
    found = desk("diff", session, made, "--json")

    assert (found.code, found.json["same"]) == (1, False)
    assert found.json["parting"]["kinds"] == ["DossierBuilt", "DossierBuilt"]
    assert desk("diff", session, session).code == 0


@pytest.mark.parametrize(
    "flags",
    [
        ("--at", "999"),
        ("--limit", "trade_size"),
        ("--limit", "luck=1"),
        ("--limit", "human=NaN"),
        ("--model", "risk_officer=gpt"),
        ("--model", "boss=rules"),
        ("--prompt", "risk_officer=/nonexistent"),
        ("--prompt", "boss=README.md"),
        ("--answer", "maybe"),
        ("--venue-reply", "{"),
        ("--venue-reply", "[]"),
        ("--at", "2", "--venue-reply", "{}"),
    ],
)
def test_a_change_that_cannot_be_made_is_one_line_and_exit_2(desk: Desk, flags: tuple[str, ...]) -> None:
    ran(desk, "@brexit-eve")
    refused = desk("fork", *flags, "--json")

    assert (refused.code, json.loads(refused.out)["schema"]) == (2, "desk.error/1")
    assert refused.err.count("\n") == 1
    assert desk("sessions", "--json").json["kept"] == []


def test_a_session_as_it_stood(desk: Desk) -> None:
    session = ran(desk, "@brexit-eve")
    early = desk("show", session, "--at", "5", "--json").json
    late = desk("show", session, "--at", "2999-01-01T00:00:00Z", "--json").json

    assert (early["orders"], early["session"]["outcome"]) == ([], "underway")
    assert late["session"]["outcome"] == "executed"
    assert desk("show", session, "--at", "1999-01-01T00:00:00Z").code == 2
