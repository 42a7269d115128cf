"""A secret shows itself to whoever asks for it by name, and to nothing else."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from desk.config import Settings, load
from desk.domain.canonical import document
from desk.domain.secret import Secret
from desk.errors import BadNumber
from desk.home.paths import Home

TEXT = "sk-do-not-show-me"
SECRET = Secret(TEXT)


@pytest.mark.parametrize(
    "written",
    [
        repr,
        str,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:>40}",
        lambda secret: str([secret, {"key": secret}]),
        lambda secret: logging.LogRecord("x", 10, "p", 1, "%s", (secret,), None).getMessage(),
    ],
)
def test_no_way_of_writing_it_shows_it(written: Callable[[Secret], str]) -> None:
    assert TEXT not in written(SECRET)
    assert "Secret(…)" in written(SECRET)


@pytest.mark.parametrize("keep", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_it_cannot_be_pickled_copied_or_written_as_json(keep: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as caught:
        keep(SECRET)

    assert TEXT not in str(caught.value)


def test_it_has_no_canonical_form() -> None:
    with pytest.raises((BadNumber, TypeError)) as caught:
        document({"key": SECRET})

    assert TEXT not in str(caught.value)


def test_it_has_no_attributes_that_a_dump_would_list() -> None:
    assert not hasattr(SECRET, "__dict__")
    assert TEXT not in str(dir(SECRET))


def test_only_reveal_gives_it_away() -> None:
    assert SECRET.reveal() == TEXT


def test_equal_texts_are_equal_secrets_and_a_secret_is_no_text() -> None:
    assert Secret(TEXT) == SECRET
    assert hash(Secret(TEXT)) == hash(SECRET)
    assert Secret("other") != SECRET
    assert SECRET != TEXT


def test_settings_that_hold_secrets_can_be_shown() -> None:
    settings = load({"DESK_HOME": "/nowhere", "OPENAI_API_KEY": TEXT, "PURPLE_FLEA_API_KEY": TEXT})

    assert settings.openai_key == SECRET
    assert TEXT not in repr(settings)


def test_settings_that_hold_a_secret_cannot_be_pickled() -> None:
    settings = Settings(home=Home(Path("/nowhere")), openai_key=SECRET)

    with pytest.raises(TypeError, match="not written anywhere"):
        pickle.dumps(settings)
