"""Each notebook runs from top to bottom, offline, with warnings as errors, and shows what is stored in it."""

from __future__ import annotations

import ast
import json
import re
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from desk import bundled
from tests.notebooks.execute import executed

NOTEBOOKS = sorted(bundled.notebooks().glob("*.ipynb"))
LONGEST_S = 60
#: A fork gets ids of its own in every run.
ID = re.compile(r"\b(ses|cid|ord|tkt|apr|int|trd)_[0-9a-f…]{5,32}")


def cells(path: Path, kind: str = "code") -> list[Any]:
    return [one for one in nbformat.read(path, as_version=4).cells if one.cell_type == kind]


def shown(cell: Any) -> str:
    """A cell's outputs without ids."""
    return ID.sub("ID", json.dumps(cell.outputs, sort_keys=True))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_shows_what_is_stored_in_it(path: Path) -> None:
    """If the outputs differ because the desk changed: ``python -m tests.notebooks.execute``."""
    began = time.monotonic()
    again = [one for one in executed(path).cells if one.cell_type == "code"]

    assert time.monotonic() - began < LONGEST_S
    assert [shown(one) for one in again] == [shown(one) for one in cells(path)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_cells_use_the_public_names_alone(path: Path) -> None:
    trees = [ast.walk(ast.parse(one.source)) for one in cells(path)]
    imports = [node for nodes in trees for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]

    assert {getattr(node, "module", "") for node in imports} == {"desk"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_outputs_hold_no_script_and_lead_nowhere(path: Path) -> None:
    outputs = "".join(str(data) for cell in cells(path) for one in cell.outputs for data in one.values())

    assert not re.search(r"<script|javascript:|<iframe|\son\w+=", outputs)
    assert "http" not in outputs.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_says_what_one_sees(path: Path) -> None:
    assert len(cells(path, "markdown")) * 2 >= len(cells(path))
    assert cells(path, "markdown")[0].source.startswith("# ")
    assert all(one.outputs for one in cells(path) if not one.source.rstrip().endswith("recorded()"))


def test_a_notebook_that_reaches_out_or_warns_would_be_seen(tmp_path: Path) -> None:
    for bad in (
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import warnings; warnings.warn('x')",
    ):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(bad)])
        notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        path = tmp_path / "bad.ipynb"
        nbformat.write(notebook, path)
        with pytest.raises(Exception, match=r"reached for the network|UserWarning"):
            executed(path)
