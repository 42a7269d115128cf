"""YAML front matter as a tree of text. Built from parser events, so nothing is constructed or resolved.

Anchors, aliases, tags, merge keys and a second document have no use in a brief and are refused; depth
and number of nodes are bounded before they can cost anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

import yaml
from msgspec import Struct

from desk.domain.tree import Fields, Items, Node, Scalar, shown
from desk.errors import BriefError

MAX_DEPTH = 6
MAX_NODES = 2_000


def yaml_tree(text: str, *, file: str, first_line: int) -> Node:
    """The tree of one YAML document whose first line is ``first_line`` of the file.

    Raises:
        BriefError: with the line, for anything that is not plain text, lists and tables.
    """
    try:
        return _Builder(yaml.parse(text, Loader=yaml.BaseLoader), file, first_line).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + mark.line if mark else first_line
    except (yaml.YAMLError, ValueError, OverflowError):  # the latter two: an escape past U+10FFFF
        line = first_line
    raise BriefError(
        "the front matter is not YAML the desk reads",
        fix="Write `key: value` lines; put text with `: ` or `#` in quotes",
        file=file,
        line=line,
    )


class _Builder(Struct):
    """Folds the parser's events into a tree, counting nodes on the way."""

    events: Iterator[yaml.Event]
    file: str
    first_line: int
    nodes: int = 0

    def document(self) -> Node:
        """The one document of the stream."""
        next(self.events)
        start = next(self.events)
        if not isinstance(start, yaml.DocumentStartEvent):
            self._refuse(start, "the front matter is empty")
        root = self._node(next(self.events), depth=1)
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(after, "the front matter holds a second document")
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        self._admit(event, depth)
        match event:
            case yaml.ScalarEvent():
                return Scalar(event.value, self._line(event))
            case yaml.SequenceStartEvent():
                return self._items(event, depth)
            case _:
                return self._fields(event, depth)

    def _admit(self, event: yaml.Event, depth: int) -> None:
        self.nodes += 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            self._refuse(event, "anchors and aliases are not read")
        if getattr(event, "tag", None) is not None:
            self._refuse(event, "tags are not read")
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            self._refuse(event, "the front matter is nested too deeply or too long")

    def _items(self, start: yaml.Event, depth: int) -> Items:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Items(tuple(items), self._line(start))

    def _fields(self, start: yaml.Event, depth: int) -> Fields:
        fields: dict[str, Node] = {}
        lines: dict[str, int | None] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                self._refuse(event, "a key that is not a word")
            if key.text in fields:
                self._refuse(event, f"the key {shown(key.text)} stands twice")
            lines[key.text] = key.line
            fields[key.text] = self._node(next(self.events), depth + 1)
        return Fields(fields, lines, self._line(start))

    def _line(self, event: yaml.Event) -> int:
        return self.first_line + (event.start_mark.line if event.start_mark else 0)

    def _refuse(self, event: yaml.Event, problem: str) -> NoReturn:
        raise BriefError(problem, file=self.file, line=self._line(event))
