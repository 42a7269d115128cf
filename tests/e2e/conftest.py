"""End to end: the command line as a person or a program meets it, each test in a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Desk = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def desk(home: Path) -> Desk:
    """Runs ``desk ARGS`` in ``home`` as its own process, without a terminal."""

    def run(*args: str, stdin: str = "", env: Mapping[str, str] | None = None, at: Path | None = None) -> Ran:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("DESK_", "OPENAI_"))}
        done = subprocess.run(
            [sys.executable, "-m", "desk", *args],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=ROOT,
            env={**clean, "DESK_HOME": str(at or home), **(env or {})},
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
