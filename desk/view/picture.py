"""A picture: drawn at any width, told in words, and exact in a table."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from desk.view.chart import box
from desk.view.looks import LOOKS, PICTURE_SHEET
from desk.view.markup import Element, Node, as_classes, as_styles, el, written
from desk.view.table import Table

NAMESPACE: Final = "http://www.w3.org/2000/svg"
#: Pixels. A page shows one or the other; a notebook shows the wide one.
WIDE: Final = 860
NARROW: Final = 344


class Drawing(Struct, frozen=True):
    """What is to be seen, and how many pixels high it is."""

    height: int
    marks: Sequence[Node]


class Picture(ABC):
    """Base of all pictures. A notebook shows one by itself; ``str`` of it is its summary."""

    @property
    @abstractmethod
    def title(self) -> str:
        """A few words."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """What is to be seen, with its numbers, for whoever does not see it."""

    @property
    @abstractmethod
    def table(self) -> Table:
        """The exact values."""

    @abstractmethod
    def draw(self, width: int) -> Drawing:
        """The picture at this width, in pixels."""

    def element(self, width: int, *looks: str, sheet: bool = False) -> Element:
        """The picture as SVG; with a style ``sheet`` of its own if it is to stand alone."""
        drawing = self.draw(width)
        alone = {"xmlns": NAMESPACE, "width": str(width), "height": str(drawing.height)}
        ground = box(1, 1, width - 2, drawing.height - 2, "ground", rx=10)
        return el(
            "svg",
            el("title", self.title),
            el("desc", self.summary),
            el("style", PICTURE_SHEET) if sheet else None,
            ground,
            *drawing.marks,
            look=" ".join(looks),
            viewBox=f"0 0 {width} {drawing.height}",
            role="img",
            **(alone if sheet else {}),
        )

    def figure(self) -> Element:
        """For a page: both widths, of which its style sheet shows one, with the words and the values."""
        return el(
            "figure",
            self.element(WIDE, "picture", "wide"),
            self.element(NARROW, "picture", "narrow"),
            *self._words(),
            look="figure",
        )

    def svg(self, width: int = WIDE) -> str:
        """The picture as a file of its own."""
        return written(self.element(width, sheet=True), as_classes)

    def __str__(self) -> str:
        return f"{self.title}: {self.summary}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        body = base64.b64encode(self.svg().encode()).decode()
        image = el("img", src=f"data:image/svg+xml;base64,{body}", alt=str(self), width=WIDE, look="picture")
        return written(el("figure", image, *self._words(), look="figure"), as_styles(LOOKS))

    def _words(self) -> tuple[Element, Element]:
        table = el("details", el("summary", "Exact values", look="summary"), self.table.node(), look="more")
        return el("figcaption", self.summary, look="caption"), table
