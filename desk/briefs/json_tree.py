"""JSON as a tree of text in which every value knows its line, which the standard reader does not tell.

Numbers stay the text they were. ``null`` in a table is an absent key; ``true``, ``false``, ``NaN`` and
``Infinity`` have no place in a brief.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import NoReturn

from desk.domain.tree import Fields, Items, Node, Scalar, shown
from desk.errors import BriefError

MAX_DEPTH = 6
MAX_NODES = 2_000

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]{0,40}")
_NULL = "null"
_DECODER = JSONDecoder()


def json_tree(text: str, *, file: str) -> Node:
    """The tree of a JSON object.

    Raises:
        BriefError: with the line, for anything else.
    """
    return _Scanner(text, file).document()


class _Scanner:
    """Recursive descent over the text; ``_at`` is the next character."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._at = 0
        self._nodes = 0
        #: Lines are counted on from here: counting each time from the start would be quadratic.
        self._counted_at, self._counted_line = 0, 1

    def document(self) -> Node:
        node = self._value(depth=1)
        if self._peek():
            self._refuse("something stands after the end of the object")
        if node is None:
            self._refuse("the file holds no object")
        return node

    def _line(self) -> int:
        self._counted_line += self._text.count("\n", self._counted_at, self._at)
        self._counted_at = self._at
        return self._counted_line

    def _peek(self) -> str:
        """The next character that is not white space, or nothing at the end."""
        space = _SPACE.match(self._text, self._at)
        assert space is not None
        self._at = space.end()
        return self._text[self._at : self._at + 1]

    def _take(self, wanted: str) -> bool:
        if self._peek() != wanted:
            return False
        self._at += 1
        return True

    def _value(self, depth: int) -> Node | None:
        """The next value; None stands for ``null``."""
        first = self._peek()
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            self._refuse("the file is nested too deeply or too long")
        if first == "{":
            return self._fields(depth)
        if first == "[":
            return self._items(depth)
        line = self._line()
        if first == '"':
            return Scalar(self._string(), line)
        if number := _NUMBER.match(self._text, self._at):
            self._at = number.end()
            return Scalar(number.group(), line)
        if not self._text.startswith(_NULL, self._at):
            self._refuse("neither text, number, list nor table", "true, false, NaN and Infinity are not read")
        self._at += len(_NULL)
        return None

    def _string(self) -> str:
        try:
            text, self._at = _DECODER.raw_decode(self._text, self._at)
        except JSONDecodeError:
            self._refuse("a text that does not end, or holds an escape or a character JSON does not have")
        return str(text)

    def _items(self, depth: int) -> Items:
        line = self._line()
        items: list[Node] = []
        self._at += 1
        while not self._take("]"):
            if items and not self._take(","):
                self._refuse("a comma or ] is missing")
            item = self._value(depth + 1)
            if item is None:
                self._refuse("null in a list")
            items.append(item)
        return Items(tuple(items), line)

    def _fields(self, depth: int) -> Fields:
        line = self._line()
        fields: dict[str, Node] = {}
        lines: dict[str, int | None] = {}
        self._at += 1
        while not self._take("}"):
            if lines and not self._take(","):
                self._refuse("a comma or } is missing")
            if self._peek() != '"':
                self._refuse("a key in quotes is missing")
            lines_at, key = self._line(), self._string()
            if key in lines:
                self._refuse(f"the key {shown(key)} stands twice")
            if not self._take(":"):
                self._refuse("a : is missing")
            lines[key] = lines_at
            value = self._value(depth + 1)
            if value is not None:
                fields[key] = value
        return Fields(fields, lines, line)

    def _refuse(self, problem: str, why: str = "") -> NoReturn:
        raise BriefError(problem, why=why, file=self._file, line=self._line())
