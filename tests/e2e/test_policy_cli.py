"""``desk policy``: the rules in force, and which of them speak of an intent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Desk

RULES = """
[[approval.rules]]
name = "small"
humans = 0
max_notional_usdc = 60

[[approval.rules]]
name = "first-of-its-kind"
humans = 2
first_trade = true
"""


@pytest.fixture(autouse=True)
def rules(home: Path) -> None:
    home.mkdir()
    (home / "desk.toml").write_text(RULES)


def test_the_rules_are_shown_in_words_with_what_the_code_asks_besides(desk: Desk):
    said = desk("policy", "show").out
    assert "small: no human, max_notional_usdc 60" in said
    assert "first-of-its-kind: two different humans, first_trade true" in said
    assert "one human from 100 USDC" in said


def test_a_described_intent_is_explained_rule_by_rule(desk: Desk):
    intent = json.dumps({"kind": "trade", "symbol": "SPX-PERP", "size": "50"})
    found = desk("policy", "test", "-", "--json", stdin=intent).json
    assert (found["humans"], found["reasons"]) == (0, [])
    assert [(one["name"], one["applies"]) for one in found["rules"]] == [
        ("small", True),
        ("first-of-its-kind", False),
    ]


def test_the_strictest_rule_counts_for_a_session_on_record(desk: Desk):
    session = desk("run", "--approve", "inbox", "--json").json
    assert session["outcome"] == "awaiting_approval"
    said = desk("policy", "test", session["session_id"]).out
    assert "two different humans" in said
    assert "because of POLICY:first-of-its-kind" in said


def test_a_policy_that_is_none_is_refused_in_one_line(desk: Desk, home: Path):
    (home / "desk.toml").write_text("[[approval.rules]]\nname = 'x'\nhumans = 3\n")
    refused = desk("policy", "show")
    assert refused.code == 2
    where = home / "desk.toml"
    assert refused.err.strip() == f"desk: {where}: approval.rules[1].humans is not 0, 1 or 2"
