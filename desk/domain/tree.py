"""A brief before anything in it has been believed: text, lists and tables that know their line.

Every scalar is text, whatever the file's syntax would make of it: ``1e5``, ``NO`` and ``2016-06-23`` stay
what was written. ``Form`` reads a table key by key and turns each surprise into one ``BriefError``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn, TypeAlias, TypeVar

from msgspec import Struct

from desk.domain.characters import settled
from desk.errors import BadNumber, BriefError

T = TypeVar("T")

MAX_SHOWN = 40


class Scalar(Struct, frozen=True):
    text: str
    line: int | None = None


class Items(Struct, frozen=True):
    items: tuple[Node, ...]
    line: int | None = None


class Fields(Struct, frozen=True):
    """A table. ``lines`` is where each key stands."""

    fields: Mapping[str, Node]
    lines: Mapping[str, int | None]
    line: int | None = None


Node: TypeAlias = Scalar | Items | Fields


def shown(text: object) -> str:
    """Text from outside as it may stand in a message: ASCII, quoted, short."""
    return ascii(text)[:MAX_SHOWN]


def tree(value: object) -> Node:
    """The tree of a plain document: text, lists and mappings. ``None`` in a mapping is an absent key."""
    match value:
        case str():
            return Scalar(value)
        case list() | tuple():
            return Items(tuple(tree(item) for item in value))
        case Mapping():
            fields = {str(key): tree(item) for key, item in value.items() if item is not None}
            return Fields(fields, dict.fromkeys(fields))
        case _:
            raise BriefError("a recorded brief holds something other than text, lists and tables")


class Form:
    """One table of a brief, read key by key. Raises BriefError with file and line, and nothing else."""

    def __init__(self, node: Node, *, file: str, where: str) -> None:
        if not isinstance(node, Fields):
            raise BriefError(f"{where} is not a table of keys and values", file=file, line=node.line)
        self._table = node
        self._where = where
        self.file = file

    def __contains__(self, key: str) -> bool:
        return key in self._table.fields

    def keys(self) -> Iterable[str]:
        return self._table.fields.keys()

    def line(self, key: str) -> int | None:
        return self._table.lines.get(key, self._table.line)

    def refuse(self, key: str, problem: str, *, why: str = "", fix: str = "") -> NoReturn:
        raise BriefError(problem, why=why, fix=fix, file=self.file, line=self.line(key))

    def only(self, *known: str) -> None:
        """Refuse any key that is not one of these: a typing error must not become a default."""
        for key in self._table.fields:
            if key not in known:
                problem = f"{shown(key)} is not a key of {self._where}"
                self.refuse(key, problem, fix="Known: " + ", ".join(known))

    def node(self, key: str) -> Node:
        if key not in self._table.fields:
            raise BriefError(
                f"{self._where} has no {key}",
                fix=f"Add a line `{key}: …`",
                file=self.file,
                line=self._table.line,
            )
        return self._table.fields[key]

    def text(self, key: str, *, limit: int, default: str | None = None) -> str:
        """The text at ``key``: one line, without control characters, at most ``limit`` characters."""
        if key not in self and default is not None:
            return default
        node = self.node(key)
        if not isinstance(node, Scalar) or not node.text.strip():
            self.refuse(key, f"{key} is not a line of text")
        if len(node.text) > limit:
            self.refuse(key, f"{key} has {len(node.text)} characters", fix=f"At most {limit} are read")
        if not settled(node.text).isprintable():
            self.refuse(key, f"{key} holds a control character or a line break")
        return node.text.strip()

    def parse(self, key: str, parser: Callable[[str], T], *, limit: int = 80) -> T:
        """``parser`` over the text at ``key``; a ``BadNumber`` becomes a BriefError at that line."""
        text = self.text(key, limit=limit)
        try:
            return parser(text)
        except BadNumber as error:
            self.refuse(key, f"{key}: {error.what}", why=error.why, fix=error.fix)

    def items(self, key: str, *, limit: int) -> tuple[Node, ...]:
        """The list at ``key``, empty when the key is absent."""
        if key not in self:
            return ()
        node = self.node(key)
        if not isinstance(node, Items):
            self.refuse(key, f"{key} is not a list", fix=f"Write `{key}: [a, b]`")
        if len(node.items) > limit:
            self.refuse(key, f"{key} has {len(node.items)} entries", fix=f"At most {limit} are read")
        return node.items

    def texts(self, key: str, *, limit: int) -> tuple[str, ...]:
        """The list of words at ``key``, empty when the key is absent; no word twice."""
        words = []
        for node in self.items(key, limit=limit):
            if not isinstance(node, Scalar):
                self.refuse(key, f"{key} holds something other than words")
            if node.text in words:
                self.refuse(key, f"{key} names {shown(node.text)} twice")
            words.append(node.text)
        return tuple(words)

    def form(self, key: str) -> Form:
        """The table at ``key``, an empty one when the key is absent."""
        node = self.node(key) if key in self else Fields({}, {}, self._table.line)
        return Form(node, file=self.file, where=key)
