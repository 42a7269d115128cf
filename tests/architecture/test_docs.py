"""What the documents say exists does: tests, files, commands, flags, and the session the README shows."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from desk.cli.main import COMMANDS, cli

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
DOCUMENTS = [README, ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
HELD = re.compile(r"^Held by: `([^`:]+)::(\w+)`$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
CODE = re.compile(r"^```\w*\n(.*?)^```$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"`((?:desk|tools|tests|prompts|docs)/[\w./*-]*)`")
#: A command line ends with its line, at a semicolon, and where two spaces begin an explanation.
COMMAND = re.compile(r"(?<![\w./-])desk ((?:(?!  |;)[^\n])+)")
FLAG = re.compile(r"(?<!\S)(--[a-z-]+)")
OMITTED = re.compile(r"^  macro analyst: .*?(?=^```$)", re.MULTILINE | re.DOTALL)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# ---- decisions -----------------------------------------------------------------------------------


def run_by_default(path: Path) -> set[str]:
    """The tests of a module that a plain run collects."""
    nodes = ast.walk(ast.parse(text_of(path))) if path.exists() else iter(())
    return {
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any("torture" in ast.unparse(mark) for mark in node.decorator_list)
    }


def not_held(record: str) -> list[str]:
    """What is wrong with a record's ``Held by:`` lines."""
    held = HELD.findall(record)
    missing = [f"{path}::{name}" for path, name in held if name not in run_by_default(ROOT / path)]
    misspelt = [] if record.count("Held by") == len(held) else ["a line that cannot be read"]
    return missing + misspelt + ([] if held else ["no test is named"])


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_names_tests_that_hold_it(record: Path) -> None:
    assert not_held(text_of(record)) == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_says_why_what_and_what_follows(record: Path) -> None:
    parts = re.findall(r"^\*\*(\w+)\.\*\*", text_of(record), re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences"]


def test_the_index_lists_every_decision_under_its_own_title() -> None:
    listed = re.findall(r"^(\d+\. )\[(.+)\]\((.+)\)$", text_of(ROOT / "docs/adr/README.md"), re.MULTILINE)
    titles = [(text_of(path).partition("\n")[0].removeprefix("# "), path.name) for path in RECORDS]
    assert [(number + title, name) for number, title, name in listed] == titles


@pytest.mark.parametrize(
    "record",
    [
        "nothing",
        "Held by: `tests/nowhere.py::test_it`",
        "Held by: `tests/architecture/test_docs.py::test_that_is_not_there`",
        "Held by: `tests/architecture/test_docs.py::text_of`",
        "Held by: `tests/integration/test_crash.py::test_a_death_at_each_instruction_leaves_one_order_and_a_true_journal`",  # noqa: E501 - one line, as in a record
        "Held by: tests/architecture/test_docs.py",
    ],
)
def test_a_decision_that_nothing_holds_would_be_seen(record: str) -> None:
    assert not_held(record)


# ---- files ---------------------------------------------------------------------------------------


def gone(document: str, folder: Path) -> list[str]:
    """Links that lead nowhere from this folder, and paths of the tree that are not there."""
    links = [link for link in LINK.findall(document) if not (folder / link).exists()]
    return links + [path for path in PATH.findall(document) if not list(ROOT.glob(path.rstrip("/")))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_points_to_is_there(document: Path) -> None:
    assert gone(text_of(document), document.parent) == []


@pytest.mark.parametrize("document", ["[x](nowhere.md)", "see `desk/domain/nothing.py`", "`tools/gone/`"])
def test_a_pointer_to_nothing_would_be_seen(document: str) -> None:
    assert gone(document, ROOT)


# ---- commands ------------------------------------------------------------------------------------


def command_lines(document: str) -> Iterator[list[str]]:
    """Words after ``desk`` in code; ``desk show | why ORDER`` are two."""
    for block, span in CODE.findall(document):
        for line in COMMAND.findall(block or span):
            yield from (part.split() for part in line.split(" | ") if part.split())


def unknown(words: list[str]) -> list[str]:
    """Command, subcommand or flags that the command line does not have."""
    command: click.Command = cli
    if words[0] in COMMANDS:
        found = cli.get_command(click.Context(cli), words[0])
        assert found is not None
        command = found
    elif not words[0].startswith("-"):
        return [words[0]]
    if isinstance(command, click.Group) and command is not cli and len(words) > 1:
        inner = command.commands.get(words[1])
        if inner is None:
            return [words[1]]
        command = inner
    known = {flag for option in command.params for flag in option.opts} | {"--help", "--version"}
    return [flag for flag in FLAG.findall(" ".join(words)) if flag not in known]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_command_that_is_named_exists_with_its_flags(document: Path) -> None:
    assert [bad for words in command_lines(text_of(document)) for bad in unknown(words)] == []


def test_the_readme_names_most_commands() -> None:
    """The reading of command lines is not blind."""
    named = {words[0] for words in command_lines(text_of(README))}
    assert named >= {"run", "brief", "show", "why", "positions", "deny", "replay", "halt", "slack", "policy"}


@pytest.mark.parametrize(
    "document",
    [
        "`desk fly`",
        "```\ndesk run ; desk fly ID\n```",
        "`desk show | fly`",
        "`desk brief fly`",
        "`desk run --fly`",
        "```\nexport A=b      desk run --fly x   (words)\n```",
    ],
)
def test_a_command_that_is_none_would_be_seen(document: str) -> None:
    assert [bad for words in command_lines(document) for bad in unknown(words)] in (["fly"], ["--fly"])


# ---- the session ---------------------------------------------------------------------------------


def not_shown(wanted: list[str], shown: list[str]) -> list[str]:
    """Lines that do not come in this order."""
    rest = iter(shown)
    return [line for line in wanted if line not in rest]


def test_the_readme_shows_a_session_as_it_runs(tmp_path: Path) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("DESK_", "OPENAI_"))}
    run = [sys.executable, "-m", "desk", "run"]
    env = {**clean, "DESK_HOME": str(tmp_path / "home")}
    done = subprocess.run(run, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True)
    (transcript,) = OMITTED.findall(text_of(README))

    assert not_shown(transcript.splitlines(), done.stdout.splitlines()) == []


def test_a_line_that_was_not_shown_would_be_seen() -> None:
    assert not_shown(["a", "c"], ["a", "b", "c"]) == []
    assert not_shown(["a", "x"], ["a", "b"]) == ["x"]
    assert not_shown(["b", "a"], ["a", "b"]) == ["a"]
