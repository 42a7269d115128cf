"""What only looks must be quick: AutoGen and openai (about 1.5 s) are imported by ``desk run`` alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("autogen_core", "autogen_agentchat", "autogen_ext", "openai")
#: Runs a command line and says on the last line of stderr which heavy packages it came to import.
PROBE = f"""
import sys
from desk.cli.main import main
try:
    main()
finally:
    print(*[name for name in {HEAVY!r} if name in sys.modules], sep=",", file=sys.stderr)
"""


def desk(home: Path, *args: str) -> tuple[int, str]:
    """Exit code, and the heavy packages that were imported."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("DESK_", "OPENAI_"))}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *args],
        cwd=ROOT,
        env={**clean, "DESK_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one trade was made and one waits for a human; the probe sees AutoGen at work."""
    home = tmp_path_factory.mktemp("desk") / "home"
    code, heavy = desk(home, "run", "@brexit-eve", "@year-end-rally", "--approve", "inbox", "--quiet")
    assert (code, heavy.split(",")[:2]) == (5, ["autogen_core", "autogen_agentchat"])
    return home


LOOKING = [
    ("--help",),
    ("run", "--help"),
    ("--version",),
    ("sessions",),
    ("show",),
    ("orders",),
    ("positions",),
    ("balance",),
    ("verify",),
    ("replay", "--all", "--verify"),
    ("approvals",),
    ("doctor",),
    ("brief", "list"),
    ("brief", "check", "@brexit-eve"),
    ("breakers",),
]


@pytest.mark.parametrize("args", LOOKING, ids=" ".join)
def test_a_command_that_only_looks_imports_neither_autogen_nor_openai(
    home: Path, args: tuple[str, ...]
) -> None:
    assert desk(home, *args) == (0, "")


def test_the_package_itself_imports_nothing_heavy() -> None:
    code = "import sys, desk; print(sorted(name for name in sys.modules if name.startswith('desk')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['desk']"
