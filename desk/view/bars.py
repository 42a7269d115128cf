"""Names with figures, as bars: to the right what is above zero, to the left what is below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from msgspec import Struct

from desk.domain.money import ZERO, plain
from desk.view.chart import CHARACTER, Scale, box, figures, fitted, headed, line, words
from desk.view.markup import Element
from desk.view.picture import Drawing, Picture
from desk.view.table import Table

ROW = 26


class Row(Struct, frozen=True, kw_only=True):
    """One bar. ``tone`` is a colour's name; ``note`` is said of it in the table."""

    label: str
    value: Decimal
    tone: str = "brand"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Bars(Picture):
    """Bars under one heading. ``lead`` is the line below it, ``unit`` that of the figures."""

    heading: str
    lead: str
    unit: str
    rows: tuple[Row, ...]
    signs: bool = False

    @property
    def title(self) -> str:
        return self.heading

    @property
    def summary(self) -> str:
        told = ", ".join(f"{row.label} {self.told(row.value)}" for row in self.rows)
        return f"{self.lead[:1].upper()}{self.lead[1:]}. {told or 'Nothing to show'}."

    @property
    def table(self) -> Table:
        noted = any(row.note for row in self.rows)
        rows = [(row.label, plain(row.value), *((row.note,) if noted else ())) for row in self.rows]
        columns = ("", self.unit, *(("note",) if noted else ()))
        return Table(columns=columns, rows=rows, numeric=frozenset({1}))

    def told(self, value: Decimal) -> str:
        sign = "+" if self.signs and value > 0 else "−" if value < 0 else ""
        return f"{sign}{plain(abs(value))}"

    def draw(self, width: int) -> Drawing:
        is_wide = width > 500
        room = min(_widest(row.label for row in self.rows) + 26, 300 if is_wide else 150)
        beside = _widest(self.told(row.value) for row in self.rows) + 26
        scale = self._scale(room + 14, width - beside)
        marks, top = headed(self.heading, self.lead, width)
        top += 18
        bottom = top + ROW * len(self.rows)
        marks += self._axis(scale, top, bottom, 5 if is_wide else 3)
        for place, row in enumerate(self.rows):
            marks += self._bar(row, scale, top + ROW * place, room)
        return Drawing(bottom + 34, marks)

    def _scale(self, start: int, end: int) -> Scale:
        values = [row.value for row in self.rows]
        low, high = min([ZERO, *values]), max([ZERO, *values])
        return Scale(low=low, high=high if high > low else low + 1, start=start, end=end)

    def _axis(self, scale: Scale, top: int, bottom: int, about: int) -> list[Element]:
        whole = all(row.value == row.value.to_integral_value() for row in self.rows)
        ticks = scale.ticks(about, whole=whole)
        marks: list[Element] = []
        for tick, told in zip(ticks, figures(ticks), strict=True):
            x = scale.at(tick)
            marks += [line(x, top, x, bottom, "grid"), words(x, bottom + 18, told, "small", "middle")]
        return [*marks, words(14, bottom + 18, fitted(self.unit, 60, 12), "small")]

    def _bar(self, row: Row, scale: Scale, top: int, room: int) -> Sequence[Element]:
        zero, end = scale.at(ZERO), scale.at(row.value)
        said = f"{row.label}: {self.told(row.value)} {self.unit}"
        size = max(abs(end - zero), Decimal(1)) if row.value else ZERO
        beside = words(end + 6, top + 17, self.told(row.value), "strong")
        if row.value < 0:
            beside = words(zero + 6, top + 17, self.told(row.value), "strong")
        return (
            box(min(zero, end), top + 5, size, 16, f"fill-{row.tone}", 2, said),
            words(14, top + 17, fitted(row.label, room - 8)),
            beside,
        )


def _widest(labels: Iterable[str]) -> int:
    """About how many pixels the longest of them takes."""
    return int(max((len(one) for one in labels), default=0) * CHARACTER * 13)
