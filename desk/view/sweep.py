"""One limit at many values: what would have become of every recorded proposal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from msgspec import Struct

from desk.domain.book import Assessment
from desk.domain.limits import LARGER_IS_STRICTER
from desk.domain.money import ZERO, plain
from desk.replay.proposed import Proposed
from desk.view.chart import Scale, box, figures, headed, line, words
from desk.view.markup import Element
from desk.view.picture import Drawing, Picture
from desk.view.table import Table

#: What may become of a proposal, from the bottom of a column up, and its tone.
FATES: Final = {"passes": "good", "asks a human": "warn", "denied": "bad"}
TALL: Final = 200


class Column(Struct, frozen=True, kw_only=True):
    """The limit's value, and for each proposal by name what becomes of it."""

    value: Decimal
    fates: tuple[tuple[str, str], ...]

    def count(self, fate: str) -> int:
        return sum(one == fate for _, one in self.fates)

    def names(self, fate: str) -> str:
        return ", ".join(name for name, one in self.fates if one == fate)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sweep(Picture):
    """The columns of one limit, in order of its values. ``now`` is the value in force."""

    limit: str
    now: Decimal
    columns: tuple[Column, ...]

    @property
    def title(self) -> str:
        return f"What {self.limit} lets through"

    @property
    def stricter(self) -> str:
        return "larger is stricter" if self.limit in LARGER_IS_STRICTER else "smaller is stricter"

    @property
    def summary(self) -> str:
        many = len(self.columns[0].fates) if self.columns else 0
        told = "; ".join(
            f"at {plain(column.value)}: "
            + ", ".join(f"{column.count(fate)} {fate}" for fate in FATES if column.count(fate))
            for column in self.columns
        )
        return f"{many} recorded proposals; {self.stricter}, {plain(self.now)} is in force. {told}."

    @property
    def table(self) -> Table:
        rows = [
            (plain(one.value), *(str(one.count(fate)) for fate in FATES), one.names("denied"))
            for one in self.columns
        ]
        return Table(
            columns=(self.limit, *FATES, "which are denied"), rows=rows, numeric=frozenset({0, 1, 2, 3})
        )

    def draw(self, width: int) -> Drawing:
        many = max((len(column.fates) for column in self.columns), default=1)
        marks, top = headed(self.title, f"{many} proposals; {self.stricter}", width)
        left, right, bottom = 44, width - 16, top + 40 + TALL
        scale = Scale(low=ZERO, high=Decimal(max(many, 1)), start=bottom, end=top + 40)
        slot = Decimal(right - left) / max(len(self.columns), 1)
        marks += [*_key(top + 14), *_axis(scale, left, right)]
        longest = max((len(plain(column.value)) for column in self.columns), default=1)
        every = int(Decimal(8 * longest) / slot) + 1
        for place, column in enumerate(self.columns):
            x = left + slot * place
            marks += self._column(column, scale, x, slot)
            in_force = column.value == self.now
            if place % every == 0 or in_force:
                look = "strong" if in_force else "small"
                marks.append(words(x + slot / 2, bottom + 18, plain(column.value), look, "middle"))
            if in_force:
                marks.append(words(x + slot / 2, bottom + 34, "in force", "small", "middle"))
        return Drawing(bottom + 46, marks)

    def _column(self, column: Column, scale: Scale, x: Decimal, slot: Decimal) -> list[Element]:
        marks, below = [], 0
        for fate, tone in FATES.items():
            many = column.count(fate)
            if many:
                top, bottom = scale.at(Decimal(below + many)), scale.at(Decimal(below))
                said = f"{plain(column.value)}: {many} {fate}: {column.names(fate)}"
                faint = "" if column.value == self.now else " faint"
                bar = box(x + slot / 8, top, slot * 3 / 4, bottom - top - 1, f"fill-{tone}{faint}", 2, said)
                told = words(x + slot / 2, (top + bottom) / 2 + 4, str(many), "small", "middle")
                marks += [bar, told] if bottom - top > 12 and slot > 18 else [bar]
            below += many
        return marks


def _key(y: int) -> Iterable[Element]:
    """Which colour is which, in words."""
    x = 14
    for fate, tone in FATES.items():
        yield box(x, y, 11, 11, f"fill-{tone}", 2)
        yield words(x + 17, y + 10, fate, "small")
        x += 34 + 8 * len(fate)


def _axis(scale: Scale, left: int, right: int) -> Iterable[Element]:
    ticks = scale.ticks(whole=True)
    for tick, told in zip(ticks, figures(ticks), strict=True):
        y = scale.at(tick)
        yield line(left, y, right, y, "grid")
        yield words(left - 8, y + 4, told, "small", "end")


def sweep(
    limit: str, now: Decimal, values: Iterable[Decimal], cases: Sequence[tuple[str, Proposed]]
) -> Sweep:
    """Judge every proposal at every value; the one in force is added if it is not among them."""
    ordered = sorted({*values, now})
    columns = tuple(
        Column(
            value=value,
            fates=tuple((name, fate(case, case.judged(**{limit: value}))) for name, case in cases),
        )
        for value in ordered
    )
    return Sweep(limit=limit, now=now, columns=columns)


def fate(case: Proposed, judged: Assessment) -> str:
    """What becomes of a proposal that is judged so."""
    if not judged.cleared:
        return "denied"
    return "passes" if case.intent.act.size_usdc <= judged.max_without_human_usdc else "asks a human"
