"""``from desk import …``: typed, loaded when asked for, and its examples run."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest

import desk
import desk.api


@pytest.mark.parametrize("module", [desk, desk.api])
def test_the_examples_in_it_run(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]  # a module


def test_there_are_examples() -> None:
    assert doctest.testmod(desk).attempted >= 4


def test_every_public_name_is_there_and_no_other() -> None:
    assert all(getattr(desk, name).__doc__ for name in desk.__all__)
    assert set(desk.__all__) <= set(dir(desk))
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = desk.nothing_like_it


def test_looking_at_a_record_loads_neither_autogen_nor_openai() -> None:
    code = (
        "import sys, desk; loaded = set(sys.modules); session = desk.recorded()[0]; session.document;"
        "session.steps; session._repr_html_(); session.replay();"
        "assert 'desk.api' not in loaded; "
        "sys.exit(any(name.startswith(('autogen', 'openai')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
