"""A journal that somebody with the key wrote anew, one character changed: `desk verify` cannot see it."""

from __future__ import annotations

from pathlib import Path
from random import Random

from desk.replay.record import load
from tests.corpus.recorder import Recorder
from tests.e2e.conftest import Desk
from tests.kernel.altered import altered, place, resigned


def forged(home: Path, *where: str | int) -> Path:
    """A home beside this one, the same but for one character of one value."""
    one = Recorder(home=home, chance=Random(1))
    one.run("@brexit-eve")
    other = home.parent / "forged"
    with one.opened() as desk:
        record = load(desk.journal, one.session_id)
        changed = altered(record, place(record, str(where[0]), *where[1:]))
        resigned(desk.journal, other, changed)
    return other


def test_replay_names_what_the_chain_no_longer_shows(desk: Desk, home: Path) -> None:
    other = forged(home, "SessionOpened", "data", "settings", "limits", "position_size")
    verified, replayed = desk("verify", "--json", at=other), desk("replay", "--json", at=other)

    assert (verified.code, verified.json["ok"]) == (0, True)
    assert (replayed.code, replayed.json["ok"]) == (1, False)
    first = replayed.json["divergences"][0]
    assert (first["field"], first["recorded"]) == ("data.checks[POSITION_SIZE].limit", '"1000"')
    assert first["replayed"] == '"1001"'


def test_a_changed_question_is_shown_as_a_diff_on_the_terminal(desk: Desk, home: Path) -> None:
    other = forged(home, "ModelReplied", "data", "request", "messages", 0, "content")
    shown = desk("replay", at=other)

    assert shown.code == 1
    assert "NOT the same" in shown.out
    assert "data.request.messages[0].content" in shown.out
    assert "      --- recorded" in shown.out.split("\n")
    assert any(line.startswith("      +") for line in shown.out.split("\n"))
