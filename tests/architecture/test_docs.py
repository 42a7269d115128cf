"""What the documents say exists: tests, files, commands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from desk.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")]
HELD = re.compile(r"^Held by: `([^`:]+)::(\w+)`$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
COMMAND = re.compile(r"(?:^|[`|;(] ?)desk ([a-z]+)(?= |`|$)", re.MULTILINE)


def functions(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(
    "record", sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")), ids=lambda path: path.stem
)
def test_a_decision_names_the_test_that_holds_it(record: Path) -> None:
    held = HELD.findall(record.read_text(encoding="utf-8"))
    assert held, "no test is named"
    for path, name in held:
        assert name in functions(ROOT / path)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_link_leads_to_a_file(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_command_that_is_named_exists(document: Path) -> None:
    named = set(COMMAND.findall(document.read_text(encoding="utf-8")))
    assert named <= set(COMMANDS)


def test_the_index_lists_every_decision() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    records = [path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")]
    assert [name for name in records if name not in index] == []
