"""From a reference to a brief: a file (Markdown or JSON), ``-`` for standard input, ``@name`` bundled."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from desk.briefs.catalog import bundled, data_folder
from desk.briefs.json_tree import json_tree
from desk.briefs.yaml_tree import yaml_tree
from desk.domain.brief import Brief, brief_from_tree
from desk.domain.csv_table import MAX_BYTES, Table, decoded, read_table
from desk.domain.tree import Fields, Node, Scalar
from desk.errors import BriefError

STDIN = "-"
MAX_BRIEF_BYTES = 250_000
FENCE = "---"
_NAME = re.compile(r"[^A-Za-z0-9_.-]")


def read(reference: str) -> Brief:
    """The brief behind a command-line argument: a path, ``-`` or ``@name``.

    CSV files are named relative to the brief; for standard input relative to the working directory.

    Raises:
        BriefError: with file, line and reason, whatever is wrong.
    """
    if reference.startswith("@"):
        path = bundled(reference[1:])
        body = _bytes(path, limit=MAX_BRIEF_BYTES, file=reference)
        return parse_brief(body, name=path.stem, file=reference, folder=data_folder())
    if reference == STDIN:
        return parse_brief(_stdin(), name="stdin", file="stdin", folder=Path())
    path = Path(reference)
    body = _bytes(path, limit=MAX_BRIEF_BYTES, file=label(reference))
    return parse_brief(body, name=path.stem, file=label(reference), folder=path.parent)


def parse_brief(body: bytes, *, name: str, file: str, folder: Path) -> Brief:
    """The brief in these bytes, its CSV names relative to ``folder``.

    Raises:
        BriefError: with file, line and reason.
    """
    text = decoded(body, file=file, limit=MAX_BRIEF_BYTES)
    node = json_tree(text, file=file) if text.lstrip().startswith("{") else _markdown(text, file)
    _require_text(node, file)
    shown_name = _NAME.sub("-", name)[:64] or "brief"
    return brief_from_tree(node, name=shown_name, file=file, load=_loader(folder))


def read_series(folder: Path, reference: str, *, file: str) -> Table:
    """The CSV of this name in ``folder``, as a table.

    Raises:
        BriefError: with file, line and reason.
    """
    return read_table(_bytes(folder / reference, limit=MAX_BYTES, file=file), file=file)


def label(reference: str) -> str:
    """A path as messages show it: on one line, whatever it is called."""
    return reference if reference.isprintable() else ascii(reference)[1:-1]


def _stdin() -> bytes:
    try:
        return sys.stdin.buffer.read(MAX_BRIEF_BYTES + 1)
    except (OSError, ValueError):
        raise BriefError("standard input cannot be read", fix="Name a file", file="stdin") from None


def _loader(folder: Path) -> Callable[[str], tuple[bytes, str]]:
    def load(reference: str) -> tuple[bytes, str]:
        return _bytes(folder / reference, limit=MAX_BYTES, file=None), label(reference)

    return load


def _bytes(path: Path, *, limit: int, file: str | None) -> bytes:
    """A regular file's bytes, one more than ``limit`` at most: nothing here waits or fills the memory."""
    try:
        if not path.is_file():
            problem = "this is not a regular file" if path.exists() else "there is no such file"
            raise BriefError(problem, fix="Check the path", file=file)
        with path.open("rb") as source:
            return source.read(limit + 1)
    except (OSError, ValueError):
        raise BriefError("the file cannot be read", fix="Check its path and permissions", file=file) from None


def _markdown(text: str, file: str) -> Node:
    """Front matter between two ``---`` lines; what follows is the brief's ``text``."""
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise BriefError(
            "this is neither a Markdown brief nor JSON",
            fix="Start with a line --- and front matter, or with {",
            file=file,
            line=1,
        )
    closing = next((at for at, line in enumerate(lines[1:], start=1) if line.rstrip() == FENCE), None)
    if closing is None:
        raise BriefError("the front matter does not end", fix="Close it with a line ---", file=file, line=1)
    node = yaml_tree("\n".join(lines[1:closing]), file=file, first_line=2)
    body = "\n".join(lines[closing + 1 :]).strip("\n")
    if not isinstance(node, Fields):
        return node
    if "text" in node.fields:
        raise BriefError(
            "text stands in the front matter",
            fix="Write it under the closing ---",
            file=file,
            line=node.lines["text"],
        )
    fields: Mapping[str, Node] = {**node.fields, "text": Scalar(body, closing + 2)}
    return Fields(fields, {**node.lines, "text": closing + 2}, node.line)


def _require_text(node: Node, file: str) -> None:
    """Refuse what no encoding can write: half of a surrogate pair, which an escape can smuggle in."""
    match node:
        case Scalar(text, line):
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise BriefError("half of a surrogate pair", fix="Remove the escape", file=file, line=line)
        case Fields(fields, lines, _):
            for key, value in fields.items():
                _require_text(Scalar(key, lines[key]), file)
                _require_text(value, file)
        case _:
            for item in node.items:
                _require_text(item, file)
