"""Forecasts against what came true: how far each speaker's odds can be believed, and the base rate's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from msgspec import Struct

from desk.domain.aftermath import brier
from desk.domain.money import ONE, ZERO
from desk.replay.hindsight import Outlook
from desk.view.chart import Scale, dot, fitted, headed, line, path, words
from desk.view.markup import Element
from desk.view.picture import Drawing, Picture
from desk.view.table import Table

#: Forecasts are put together in classes of this width.
CLASS: Final = Decimal("0.1")
TONES: Final = ("brand", "good", "warn", "bad", "ink", "dim")
SQUARE: Final = 300


class Speaker(Struct, frozen=True, kw_only=True):
    """The forecasts of one speaker that can be judged: each p with its base rate and what happened."""

    name: str
    judged: tuple[tuple[Decimal, Decimal | None, bool], ...]

    @property
    def brier(self) -> Decimal | None:
        return brier([(p, happened) for p, _, happened in self.judged])

    @property
    def base_brier(self) -> Decimal | None:
        """What always saying the base rate would have got, where there was one for each of them."""
        bases = [(base, happened) for _, base, happened in self.judged if base is not None]
        return brier(bases) if len(bases) == len(self.judged) else None

    @property
    def skill(self) -> Decimal | None:
        """1 − Brier / Brier of the base rate: above zero is better than the base rate."""
        own, base = self.brier, self.base_brier
        return None if own is None or not base else ONE - own / base

    @property
    def share(self) -> Decimal:
        """How many of the events happened."""
        return Decimal(sum(happened for *_, happened in self.judged)) / max(len(self.judged), 1)

    @property
    def mean(self) -> Decimal:
        return sum((p for p, *_ in self.judged), ZERO) / max(len(self.judged), 1)

    def classes(self) -> list[tuple[Decimal, Decimal, int]]:
        """Mean p, share that happened and how many, for each class of p."""
        found: dict[int, list[tuple[Decimal, bool]]] = {}
        for p, _, happened in self.judged:
            found.setdefault(int(p / CLASS), []).append((p, happened))
        return [
            (
                sum((p for p, _ in members), ZERO) / len(members),
                Decimal(sum(happened for _, happened in members)) / len(members),
                len(members),
            )
            for _, members in sorted(found.items())
        ]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Calibration(Picture):
    """All speakers; ``unknown`` forecasts cannot be judged: the tape ends early, or nobody named levels."""

    speakers: tuple[Speaker, ...]
    unknown: int

    @property
    def title(self) -> str:
        return "Forecast and outcome"

    @property
    def summary(self) -> str:
        told = [
            f"{one.name}: {len(one.judged)} forecasts of {number(one.mean)} on average, {number(one.share)} "
            f"came true, Brier {number(one.brier)} against {number(one.base_brier)} of the base rate"
            for one in self.speakers
        ]
        left = f"{self.unknown} forecasts could not be judged"
        return "; ".join([*told, left]) + "."

    @property
    def table(self) -> Table:
        rows = [
            (
                one.name,
                str(len(one.judged)),
                *(number(it) for it in (one.mean, one.share, one.brier, one.base_brier, one.skill)),
            )
            for one in self.speakers
        ]
        return Table(
            columns=("who", "n", "mean p", "came true", "Brier", "Brier of the base rate", "skill"),
            rows=rows,
            numeric=frozenset(range(1, 7)),
        )

    def draw(self, width: int) -> Drawing:
        is_wide = width > 500
        side = min(SQUARE, width - 90)
        marks, top = headed(self.title, "a dot on the line: as often as was said", width)
        top += 36
        x = Scale(low=ZERO, high=ONE, start=58, end=58 + side)
        y = Scale(low=ZERO, high=ONE, start=top + side, end=top)
        marks += _frame(x, y)
        for place, one in enumerate(self.speakers):
            marks += _dots(one, x, y, TONES[place % len(TONES)])
        below = top + side + 64
        at = (58 + side + 40, top + 10) if is_wide else (14, below)
        marks += self._key(*at, width - at[0] - 14)
        tall = 62 * len(self.speakers)
        return Drawing(max(below - 8, at[1] + tall + 6), marks)

    def _key(self, x: int, y: int, room: int) -> Iterable[Element]:
        for place, one in enumerate(self.speakers):
            top = y + 62 * place
            yield dot(x + 6, top - 4, 6, f"fill-{TONES[place % len(TONES)]}")
            yield words(x + 20, top, fitted(f"{one.name}, {len(one.judged)} forecasts", room - 20), "strong")
            said = f"said {number(one.mean)}, came true {number(one.share)}"
            yield words(x + 20, top + 18, fitted(said, room - 20, 12), "small")
            scores = f"Brier {number(one.brier)}, base rate {number(one.base_brier)}"
            yield words(x + 20, top + 34, fitted(scores, room - 20, 12), "small")


def _frame(x: Scale, y: Scale) -> Iterable[Element]:
    for tick in (ZERO, Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), ONE):
        yield line(x.at(tick), y.start, x.at(tick), y.end, "grid")
        yield line(x.start, y.at(tick), x.end, y.at(tick), "grid")
        yield words(x.at(tick), y.start + 18, f"{tick:f}", "small", "middle")
        yield words(x.start - 8, y.at(tick) + 4, f"{tick:f}", "small", "end")
    yield path([(x.start, y.start), (x.end, y.end)], "line-dim dashed")
    yield words((x.start + x.end) // 2, y.start + 38, "p that was said", "small", "middle")
    yield words(14, y.end - 16, "share that came true", "small")


def _dots(one: Speaker, x: Scale, y: Scale, tone: str) -> Iterable[Element]:
    """A dot a class of p, its area by how many forecasts are in it."""
    for p, happened, many in one.classes():
        radius = Decimal(3) + Decimal(many).sqrt() * 2
        said = f"{one.name}: {many} forecasts of about {number(p)}, {number(happened)} came true"
        yield dot(x.at(p), y.at(happened), radius, f"fill-{tone} faint", said)
        yield dot(x.at(p), y.at(happened), radius, f"hollow-none line-{tone}-edge")


def number(value: Decimal | None) -> str:
    return "—" if value is None else f"{value:.3f}".replace("-", "−")


def calibration(outlooks: Sequence[tuple[str, Outlook]]) -> Calibration:
    """The picture of forecasts, each with the name under which it is counted."""
    names = dict.fromkeys(name for name, _ in outlooks)
    speakers = tuple(
        Speaker(
            name=name,
            judged=tuple(
                (one.p, one.base, one.came_true)
                for said, one in outlooks
                if said == name and one.came_true is not None
            ),
        )
        for name in names
    )
    unknown = sum(one.came_true is None for _, one in outlooks)
    return Calibration(speakers=tuple(one for one in speakers if one.judged), unknown=unknown)
