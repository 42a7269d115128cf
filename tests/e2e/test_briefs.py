"""The five bundled briefs end as published, and a seeded run is the same to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Desk

SEEDED = ("--seed", "s", "--clock", "brief", "--approve", "deny", "--json", "--quiet")

PUBLISHED = [
    ("@brexit-eve", "executed", []),
    ("@year-end-rally", "refused_by_human", ["CHANNEL_DENIES"]),
    ("@boxing-day", "rejected", ["EXTENDED"]),
    ("@euro-pause", "no_trade", ["NO_SETUP"]),
    ("@opec-whisper", "rejected", ["STOP_IN_NOISE", "EXTENDED"]),
]


@pytest.mark.parametrize(("name", "outcome", "reasons"), PUBLISHED)
def test_a_bundled_brief_ends_as_published_and_twice_the_same(
    desk: Desk, tmp_path: Path, name: str, outcome: str, reasons: list[str]
) -> None:
    first = desk("run", name, *SEEDED, at=tmp_path / "one")
    second = desk("run", name, *SEEDED, at=tmp_path / "two")

    assert (first.code, first.json["outcome"], first.json["reasons"]) == (0, outcome, reasons)
    assert first.json["session_digest"] == second.json["session_digest"]


def test_the_default_brief_buys_69_usdc_with_its_stop_and_target(desk: Desk) -> None:
    session = desk("run", *SEEDED).json

    intent, (order,) = session["intent"], session["orders"]
    assert (intent["side"], intent["size"], intent["stop"], intent["target"]) == (
        "buy",
        "69",
        "2085.47",
        "2202.44",
    )
    assert (order["state"], order["amount_usdc"]) == ("FILLED", "69")
    assert session["usage"]["calls"] == 4


def test_a_text_that_gives_orders_changes_no_intent(desk: Desk, tmp_path: Path) -> None:
    """The default brief with the hostile text of @opec-whisper has the same intent hash."""
    briefs = Path(__file__).resolve().parents[2] / "desk" / "briefs"
    hostile = (briefs / "opec-whisper.md").read_text().split("---")[-1]
    head = (briefs / "brexit-eve.md").read_text().rsplit("---", 1)[0].replace("data/", f"{briefs}/data/")
    twin = tmp_path / "twin.md"
    twin.write_text(head + "---" + hostile)

    plain, told = desk("run", *SEEDED).json, desk("run", str(twin), *SEEDED, at=tmp_path / "two").json

    assert told["intent"]["intent_hash"] == plain["intent"]["intent_hash"]


def test_the_same_seed_in_the_same_home_is_refused(desk: Desk) -> None:
    desk("run", *SEEDED)

    again = desk("run", *SEEDED)

    assert (again.code, again.json["code"]) == (2, "SESSION_EXISTS")
