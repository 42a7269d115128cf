"""``tools`` is a dangerous import name: any other package of that name is refused, unread, in one line."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import functions, sources

ROOT = Path(__file__).resolve().parents[2]
#: What may lie in front of ours: file below a folder on the path, and what stands in it.
FOREIGN = [
    pytest.param("tools/__init__.py", "", id="a_package"),
    pytest.param("tools/__init__.py", 'DISTRIBUTION = "purple-desk"', id="a_package_that_claims_to_be_ours"),
    pytest.param("tools/__init__.py", "raise ImportError('gone')", id="a_package_that_fails"),
    pytest.param("tools/__init__.py", "open('ran', 'w').close()", id="a_package_that_acts_on_import"),
    pytest.param("tools.py", "", id="a_module"),
]


def desk(cwd: Path, *path: Path) -> subprocess.CompletedProcess[str]:
    """``desk run --quiet`` with these folders first on the path."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("DESK_")}
    search = os.pathsep.join(str(folder) for folder in (*path, ROOT))
    return subprocess.run(
        [sys.executable, "-m", "desk", "run", "--quiet"],
        cwd=cwd,
        env={**clean, "PYTHONPATH": search, "DESK_HOME": str(cwd / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("file", "text"), FOREIGN)
def test_a_foreign_tools_in_front_of_ours_is_refused_in_one_line(
    tmp_path: Path, file: str, text: str
) -> None:
    foreign = tmp_path / "foreign" / file
    foreign.parent.mkdir(parents=True)
    foreign.write_text(text)

    refused = desk(tmp_path, tmp_path / "foreign")

    assert (refused.returncode, refused.stdout) == (2, "")
    (line,) = refused.stderr.splitlines()
    assert line.startswith("desk: the package `tools` that Python finds is not the desk's")
    assert not (tmp_path / "ran").exists()


def test_a_folder_of_that_name_that_is_no_package_does_not_hide_ours(tmp_path: Path) -> None:
    (tmp_path / "foreign" / "tools").mkdir(parents=True)

    assert desk(tmp_path, tmp_path / "foreign").returncode == 0


def test_our_place_overwritten_by_another_distribution_is_refused(tmp_path: Path) -> None:
    """Two wheels that both ship ``tools`` share one folder: the last one installed has its ``__init__``."""
    site = tmp_path / "site"
    for package in ("desk", "tools"):
        shutil.copytree(ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    (site / "tools" / "__init__.py").write_text("")

    refused = desk(tmp_path, site)

    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert "`tools`" in refused.stderr


def test_tools_is_imported_behind_its_guard_alone() -> None:
    """``.importlinter`` forbids the statement; this is for imports by string."""
    importing = {
        (one.path, function.name)
        for one in sources()
        for function in functions(one)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and one.dotted(node.func) in ("importlib.import_module", "__import__")
        if "'tools" in ast.unparse(node)
    }

    assert importing == {("desk/bootstrap/guard.py", "tools_module")}
