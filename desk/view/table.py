"""A table: the exact values beside a picture."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from desk.view.markup import Element, Node, el


class Table(Struct, frozen=True, kw_only=True):
    """Columns and rows; ``numeric`` are the places of columns whose figures stand to the right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Node]]
    numeric: frozenset[int] = frozenset()

    def node(self) -> Element:
        head = el("tr", *(self._cell("th", place, name) for place, name in enumerate(self.columns)))
        rows = [el("tr", *(self._cell("td", place, it) for place, it in enumerate(row))) for row in self.rows]
        table = el("table", el("thead", head), el("tbody", *rows), look="table")
        return el("div", table, look="scroll")

    def _cell(self, tag: str, place: int, content: Node) -> Element:
        return el(tag, content, look="right" if place in self.numeric else "left")
