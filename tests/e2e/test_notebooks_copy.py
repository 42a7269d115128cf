"""``desk notebooks copy``: everything that is bundled, to a directory of one's own."""

from __future__ import annotations

from pathlib import Path

from desk import bundled, load_sessions
from tests.e2e.conftest import Desk


def test_notebooks_and_records_are_copied(desk: Desk, tmp_path: Path) -> None:
    done = desk("notebooks", "copy", str(tmp_path / "new" / "mine"), "--json")
    mine = tmp_path / "new" / "mine"

    assert (done.code, len(done.json["files"])) == (0, 34)
    for path in (*bundled.notebooks().glob("*.ipynb"), *bundled.records().glob("*.jsonl")):
        assert (mine / path.relative_to(bundled.notebooks())).read_bytes() == path.read_bytes()
    assert len(load_sessions(mine / "records")) == 30


def test_nothing_is_overwritten_and_nothing_is_copied_then(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "4_book.ipynb").write_text("mine")
    done = desk("notebooks", "copy", str(tmp_path))

    assert done.code == 2
    assert "is there already" in done.err
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["4_book.ipynb"]
    assert (tmp_path / "4_book.ipynb").read_text() == "mine"


def test_a_directory_that_cannot_be_made_is_said_in_a_line(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = desk("notebooks", "copy", str(tmp_path / "file" / "x"), "--json")

    assert (done.code, done.json["schema"]) == (2, "desk.error/1")
    assert done.err.count("\n") == 1


def test_an_imported_bundled_record_can_be_shown_and_replayed(desk: Desk) -> None:
    record = bundled.records() / "brexit-eve.jsonl"
    imported = desk("import", str(record), "--json").json["session_id"]

    assert desk("replay", imported, "--verify").code == 0
    assert desk("show", imported, "--json").json["session"]["outcome"] == "executed"
