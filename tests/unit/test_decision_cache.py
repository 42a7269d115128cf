"""The decision cache keeps replies for a while, and whatever is wrong with its file, it is merely empty."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk.config import Settings, load
from desk.errors import ConfigError
from desk.home.cache import DecisionCache, Kept

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TTL_S = 60


def kept(content: str = "{}", at: datetime = NOW) -> Kept:
    return Kept(content=content, prompt_tokens=500, completion_tokens=100, kept_at=at)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class Shelf:
    """A cache on a file, and how often it said that it is unusable."""

    def __init__(self, path: Path, ttl_s: int = TTL_S) -> None:
        self.path, self.said = path, 0
        self.cache = DecisionCache(path, ttl_s, self.say)

    def say(self) -> None:
        self.said += 1

    def rows(self) -> int:
        db = sqlite3.connect(self.path)
        try:
            return int(db.execute("SELECT count(*) FROM replies").fetchone()[0])
        finally:
            db.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "cache.db")


def test_a_reply_is_served_as_it_was_kept_to_another_process_too(shelf: Shelf) -> None:
    shelf.cache.put("k", kept("Größe"))
    assert Shelf(shelf.path).cache.get("k", later(59.9)) == kept("Größe")
    assert shelf.cache.get("other", NOW) is None


@pytest.mark.parametrize("seconds", [60, 61, 10**6, -1])
def test_a_reply_past_its_time_or_from_the_future_is_not_served(shelf: Shelf, seconds: int) -> None:
    shelf.cache.put("k", kept())
    assert shelf.cache.get("k", later(seconds)) is None


def test_the_shorter_of_two_runs_times_holds(shelf: Shelf) -> None:
    shelf.cache.put("k", kept())
    assert Shelf(shelf.path, ttl_s=10).cache.get("k", later(10)) is None
    assert Shelf(shelf.path, ttl_s=10**6).cache.get("k", later(60)) is None


def test_expired_rows_are_removed_with_the_next_that_is_kept(shelf: Shelf) -> None:
    shelf.cache.put("old", kept())
    shelf.cache.put("young", kept(at=later(59)))
    shelf.cache.put("new", kept(at=later(60)))
    assert shelf.rows() == 2


def test_a_newer_reply_takes_the_place_of_an_older_one(shelf: Shelf) -> None:
    shelf.cache.put("k", kept("1"))
    shelf.cache.put("k", kept("2", later(5)))
    assert shelf.cache.get("k", later(6)) == kept("2", later(5))


def test_the_file_is_its_owners_alone(shelf: Shelf) -> None:
    shelf.cache.put("k", kept())
    assert stat.S_IMODE(shelf.path.stat().st_mode) == 0o600


def not_a_database(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to be looked at as one " * 100)


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096] + bytes(4096))


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def another_table(path: Path) -> None:
    db = sqlite3.connect(path)
    db.executescript("DROP TABLE replies; CREATE TABLE replies (key TEXT);")
    db.close()


def another_kind_of_row(path: Path) -> None:
    db = sqlite3.connect(path)
    db.executescript(
        "DROP TABLE replies; CREATE TABLE replies (key, content, prompt_tokens, completion_tokens, kept_at,"
        f" expires_at); INSERT INTO replies VALUES ('k', x'00', 1, 1, {int(NOW.timestamp())}, 9e9);"
    )
    db.close()


@pytest.mark.parametrize("damage", [not_a_database, torn, a_directory, another_table, another_kind_of_row])
def test_a_damaged_file_is_said_once_and_counts_as_empty(shelf: Shelf, damage) -> None:
    shelf.cache.put("k", kept())
    damage(shelf.path)
    assert shelf.cache.get("k", NOW) is None
    shelf.cache.put("k", kept())
    assert shelf.cache.get("k", NOW) is None
    assert shelf.said == 1


def test_a_file_that_somebody_else_holds_counts_as_empty(shelf: Shelf) -> None:
    shelf.cache.put("k", kept())
    other = sqlite3.connect(shelf.path)
    other.execute("BEGIN EXCLUSIVE")
    assert shelf.cache.get("k", NOW) is None
    other.close()
    assert shelf.said == 1


def test_text_that_is_not_unicode_is_not_kept_and_hurts_nobody(shelf: Shelf) -> None:
    shelf.cache.put("k", kept("half a pair: \ud800"))
    assert shelf.cache.get("k", NOW) is None


def settings_with(home: Path, line: str) -> Settings:
    (home / "desk.toml").write_text(f"[models]\n{line}\n")
    return load({"DESK_HOME": str(home)})


def test_it_is_off_unless_the_settings_say_for_how_long(tmp_path: Path) -> None:
    assert settings_with(tmp_path, 'default = "rules"').cache_s == 0
    assert settings_with(tmp_path, "cache_s = 600").cache_s == 600


@pytest.mark.parametrize("value", ["-1", "604801", "1.5", "true", '"600"'])
def test_a_time_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError):
        settings_with(tmp_path, f"cache_s = {value}")
