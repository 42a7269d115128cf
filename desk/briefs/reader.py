"""Reads briefs: Markdown with front matter, JSON, standard input, or one of the bundled ones.

Every scalar stays the text that was written, whatever YAML or JSON would make of it; aliases, tags and
duplicate keys are refused. Whatever is wrong becomes one ``BriefError`` with file and line.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import yaml

from desk.briefs.catalog import bundled, data_folder
from desk.domain.brief import Brief, Load, brief_from_tree
from desk.domain.csv_table import MAX_BYTES, decoded
from desk.domain.tree import Fields, Items, Node, Scalar
from desk.errors import BriefError

FENCE = "---"
MAX_DEPTH = 8
STDIN = "-"


def read(name: str) -> Brief:
    """The brief with this name: a path, ``-`` for standard input, ``@NAME`` for a bundled one.

    Raises:
        BriefError: with file, line and reason.
    """
    if name.startswith("@"):
        path = bundled(name[1:])
        return _parsed(path.read_bytes(), file=name, name=name, folder=data_folder())
    if name == STDIN:
        body = sys.stdin.buffer.read(MAX_BYTES + 1)
        return _parsed(body, file="stdin", name="stdin", folder=Path.cwd())
    path = Path(name)
    return _parsed(_bytes(path, name), file=name, name=path.stem, folder=path.parent)


def _bytes(path: Path, shown: str) -> bytes:
    """At most one byte more than is allowed, so that a huge file is refused and not read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BriefError(
            "the file cannot be read", why=os.strerror(error.errno or 0), fix="Check the path", file=shown
        ) from None
    except ValueError:
        raise BriefError("the file's name is not one", file=ascii(shown)) from None


def _parsed(body: bytes, *, file: str, name: str, folder: Path) -> Brief:
    text = decoded(body, file=file)
    node = _json(text, file) if text.lstrip().startswith("{") else _markdown(text, file)
    return brief_from_tree(node, name=name, file=file, load=_loader(folder))


def _loader(folder: Path) -> Load:
    """CSV files are named relative to the brief; for standard input relative to the current directory."""

    def load(reference: str) -> tuple[bytes, str]:
        return _bytes(folder / reference, reference), reference

    return load


# ---- Markdown ------------------------------------------------------------------------------------


def _markdown(text: str, file: str) -> Node:
    """YAML between two lines of three dashes, then free text."""
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise BriefError(
            "this is neither JSON nor Markdown with front matter",
            fix="Begin with a line `---`, the keys, and another `---`",
            file=file,
            line=1,
        )
    end = next((at for at, line in enumerate(lines[1:], start=1) if line.rstrip() == FENCE), None)
    if end is None:
        raise BriefError("the front matter does not end", fix="Close it with a line `---`", file=file, line=1)
    head = _yaml("\n".join(lines[1:end]), file)
    body = "\n".join(lines[end + 1 :]).strip()
    if not isinstance(head, Fields):
        raise BriefError("the front matter is not a table of keys and values", file=file, line=2)
    if not body:
        return head
    if "text" in head.fields:
        raise BriefError(
            "the text stands in the front matter and below it", file=file, line=head.lines.get("text")
        )
    fields = {**head.fields, "text": Scalar(body, end + 2)}
    return Fields(fields, {**head.lines, "text": end + 2}, head.line)


def _yaml(text: str, file: str) -> Node:
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        _refuse("the front matter is not valid YAML", file, None if mark is None else mark.line + 2)
    except (yaml.YAMLError, RecursionError, ValueError):
        _refuse("the front matter is not valid YAML", file, None)
    finally:
        loader.dispose()
    if node is None:
        _refuse("the front matter is empty", file, 2)
    return _of_yaml(node, file, set(), 0)


def _of_yaml(node: yaml.Node, file: str, seen: set[int], depth: int) -> Node:
    """A tree of text. A node met twice is an alias: aliases can make a small file huge."""
    line = node.start_mark.line + 2
    if id(node) in seen:
        _refuse("the front matter uses an alias", file, line)
    seen.add(id(node))
    if depth > MAX_DEPTH:
        _refuse("the front matter is nested too deeply", file, line)
    if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.endswith((":binary", ":set", ":omap")):
        _refuse("the front matter uses a tag", file, line)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_of_yaml(item, file, seen, depth + 1) for item in node.value), line)
    if isinstance(node, yaml.MappingNode):
        return _table(node, file, seen, depth, line)
    return Scalar(node.value, line)


def _table(node: yaml.MappingNode, file: str, seen: set[int], depth: int, line: int) -> Fields:
    fields: dict[str, Node] = {}
    lines: dict[str, int | None] = {}
    for key, value in node.value:
        at = key.start_mark.line + 2
        if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
            _refuse("a key is not text", file, at)
        if key.value in fields:
            _refuse(f"{ascii(key.value)[:40]} stands there twice", file, at)
        fields[key.value], lines[key.value] = _of_yaml(value, file, seen, depth + 1), at
    return Fields(fields, lines, line)


def _refuse(problem: str, file: str, line: int | None) -> NoReturn:
    raise BriefError(problem, fix="Write plain keys and values", file=file, line=line)


# ---- JSON ----------------------------------------------------------------------------------------


def _json(text: str, file: str) -> Node:
    """JSON whose numbers stay the text that was written."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        double = next((key for at, key in enumerate(keys) if key in keys[:at]), None)
        if double is not None:
            raise BriefError(
                f"{ascii(double)[:40]} stands there twice", file=file, line=_line_of(text, double)
            )
        return dict(pairs)

    def constant(word: str) -> NoReturn:
        raise BriefError(f"{word} is not a number", file=file, line=_line_of(text, word))

    try:
        value = json.loads(
            text, object_pairs_hook=unique, parse_float=str, parse_int=str, parse_constant=constant
        )
    except json.JSONDecodeError as error:
        raise BriefError("this is not valid JSON", file=file, line=error.lineno) from None
    except RecursionError:
        raise BriefError("the JSON is nested too deeply", file=file, line=1) from None
    return _of_json(value, text, file, 0)


def _of_json(value: object, text: str, file: str, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise BriefError("the JSON is nested too deeply", file=file, line=1)
    match value:
        case str():
            return Scalar(value)
        case list():
            return Items(tuple(_of_json(item, text, file, depth + 1) for item in value))
        case dict():
            present = {key: item for key, item in value.items() if item is not None}
            fields = {key: _of_json(item, text, file, depth + 1) for key, item in present.items()}
            return Fields(fields, {key: _line_of(text, key) for key in fields}, 1)
    raise BriefError("true and false have no meaning in a brief", file=file, line=1)


def _line_of(text: str, word: str) -> int:
    """The line where a word first stands; the first line when its spelling is escaped."""
    at = text.find(word if word in ("NaN", "Infinity", "-Infinity") else json.dumps(word, ensure_ascii=False))
    return 1 if at < 0 else text.count("\n", 0, at) + 1
