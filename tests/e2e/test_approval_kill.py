"""SIGKILL at each boundary of an approval: asked, answered, acted on. One decision, one order, no lie."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Desk
from tests.e2e.test_kill import killed, orders_at_the_venue

ASK = ("run", "@year-end-rally", "--approve", "inbox", "--quiet")
#: Commits of each part of the life; the last test of this file holds these numbers. Acting begins by
#: writing what was recorded before into a shadow.
ASKING, ANSWERING, SHADOWED, ACTING = 4, 1, 6, 5
#: The commit that burns the ticket: the next thing is the first byte of the request.
BURNED = SHADOWED + 3


def waiting(desk: Desk) -> tuple[str, str, str]:
    """The session, its approval, and the eight characters of its card."""
    [one] = desk("approvals", "--json").json["approvals"]
    return one["session_id"], one["approval_id"], one["card_hash"][:8]


def ends_well(desk: Desk, home: Path, session_id: str) -> None:
    """One order, approved by a human, and a record that says so."""
    found = desk("show", session_id, "--json").json
    assert (found["session"]["outcome"], orders_at_the_venue(home)) == ("executed", 1)
    is_true(desk, found)


def is_true(desk: Desk, found: dict[str, Any]) -> None:
    """A human granted the one order, and the record can be trusted."""
    assert found["approval"]["decision"] == "granted"
    assert len(found["orders"]) == 1
    assert desk("verify").code == 0
    assert desk("replay", "--all", "--verify").code == 0


@pytest.mark.parametrize("at", range(1, ASKING + 1))
def test_killed_while_asking_it_asks_once_and_waits(desk: Desk, home: Path, at: int) -> None:
    assert killed(home, at, "after", *ASK) == -signal.SIGKILL
    [session] = desk("sessions", "--json").json["sessions"]
    assert desk("resume", session["session_id"], "--quiet").code == 5
    session_id, approval_id, card = waiting(desk)
    assert orders_at_the_venue(home) == 0
    assert desk("approve", approval_id, "--card", card).code == 0
    assert desk("resume", session_id, "--quiet").code == 0
    ends_well(desk, home, session_id)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_answering_the_answer_counts_or_was_never_given(
    desk: Desk, home: Path, when: str
) -> None:
    desk(*ASK)
    session_id, approval_id, card = waiting(desk)
    assert killed(home, ANSWERING, when, "approve", approval_id, "--card", card) == -signal.SIGKILL
    again = desk("approve", approval_id, "--card", card)
    assert again.code == (0 if when == "before" else 1)
    assert desk("resume", session_id, "--quiet").code == 0
    ends_well(desk, home, session_id)


@pytest.mark.parametrize("at", range(SHADOWED + 1, SHADOWED + ACTING + 1))
def test_killed_while_acting_it_acts_once(desk: Desk, home: Path, at: int) -> None:
    desk(*ASK)
    session_id, approval_id, card = waiting(desk)
    desk("approve", approval_id, "--card", card)
    assert killed(home, at, "after", "resume", session_id, "--quiet") == -signal.SIGKILL
    desk("resume", session_id, "--quiet")
    if at == BURNED:
        # Nothing had left yet. The desk cannot know that: it looks, finds nothing, and sends nothing again.
        found = desk("show", session_id, "--json").json
        assert (found["session"]["outcome"], orders_at_the_venue(home)) == ("failed", 0)
        assert found["orders"][0]["state"] == "ABSENT"
        is_true(desk, found)
    else:
        ends_well(desk, home, session_id)


def test_these_are_all_the_boundaries(desk: Desk, home: Path) -> None:
    assert killed(home, ASKING + 1, "before", *ASK) == 5
    session_id, approval_id, card = waiting(desk)
    assert killed(home, ANSWERING + 1, "before", "approve", approval_id, "--card", card) == 0
    assert killed(home, SHADOWED + ACTING + 1, "before", "resume", session_id, "--quiet") == 0
