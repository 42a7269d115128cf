"""The home's key: private, opaque, never made twice."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from desk.errors import ConfigError, JournalCorrupt, JournalUnavailable
from desk.journal.key import Key, load, load_or_create


def test_a_new_home_gets_a_key_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    key = load_or_create(home)
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "key").stat().st_mode & 0o777 == 0o600
    assert len((home / "key").read_bytes()) == 32
    assert [path.name for path in home.iterdir()] == ["key"]
    assert load_or_create(home).mac("ticket", "x") == key.mac("ticket", "x")


def test_two_homes_have_two_keys(tmp_path: Path) -> None:
    one, other = load_or_create(tmp_path / "one"), load_or_create(tmp_path / "other")
    assert one.mac("ticket", "x") != other.mac("ticket", "x")


def test_a_signature_is_for_one_purpose_and_one_message() -> None:
    key = Key(bytes(32))
    mac = key.mac("ticket", "x")
    assert key.verifies("ticket", "x", mac)
    assert not key.verifies("anchor", "x", mac)
    assert not key.verifies("ticket", "y", mac)
    assert not any(key.verifies("ticket", "x", other) for other in (None, 5, "", "é", mac.upper(), mac[:-1]))


def test_a_key_shows_itself_nowhere(tmp_path: Path) -> None:
    secret = b"0123456789abcdef0123456789abcdef"
    key = Key(secret)
    assert "0123" not in repr(key) + str(key) + f"{key}"
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(key)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    load_or_create(tmp_path)
    (tmp_path / "key").chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_or_create(tmp_path)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_file_of_another_size_is_no_key(tmp_path: Path, length: int) -> None:
    load_or_create(tmp_path)
    (tmp_path / "key").write_bytes(b"x" * length)
    with pytest.raises(ConfigError, match="32 bytes"):
        load(tmp_path)


def test_a_key_that_is_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()
    with pytest.raises(ConfigError):
        load_or_create(tmp_path)


def test_given_a_journal_when_its_key_is_gone_then_no_new_one_is_made(tmp_path: Path) -> None:
    (tmp_path / "journal.anchor").touch()
    with pytest.raises(JournalCorrupt) as refused:
        load_or_create(tmp_path)
    assert refused.value.code == "KEY_MISSING"
    assert not (tmp_path / "key").exists()


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(JournalUnavailable):
        load_or_create(tmp_path / "home")
