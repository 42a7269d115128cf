"""A session step by step: who acted, what happened, when, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from desk.domain.money import ZERO, parsed, plain
from desk.replay.walk import Step, Walk
from desk.view.chart import Px, box, dot, fitted, headed, line, path, turned, words
from desk.view.markup import Element
from desk.view.picture import Drawing, Picture
from desk.view.table import Table

#: Who may act, from left to right, and the tone of their dots.
LANES: Final = MappingProxyType(
    {
        "desk": "dim",
        "macro": "brand",
        "technical": "brand",
        "officer": "brand",
        "gate": "good",
        "human": "warn",
        "executor": "brand",
        "venue": "ink",
    }
)
_ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "macro_analyst": "macro",
        "technical_analyst": "technical",
        "risk_officer": "officer",
        "executor": "executor",
    }
)
#: Events that always belong to one lane; those of a role say whose they are.
_LANE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "GateAssessed": "gate",
        "TicketIssued": "gate",
        "ApprovalRequested": "gate",
        "ApprovalDecided": "human",
        "StopPlaced": "venue",
        "PositionFlattened": "venue",
    }
)
#: Pixels from lane to lane, in a wide picture and in a narrow one.
LANES_APART: Final = (17, 12)
ROW: Final = 24
HEAD: Final = 98


class Moment(Struct, frozen=True, kw_only=True):
    """One step. ``seconds`` are those since the step before it; ``usd`` is None where it is not known."""

    number: int
    lane: str
    title: str
    seconds: Decimal
    calls: int
    tokens: int
    usd: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Timeline(Picture):
    """All steps of a session, downwards."""

    moments: tuple[Moment, ...]

    @property
    def title(self) -> str:
        return f"{len(self.moments)} steps in {seconds(self.seconds)}"

    @property
    def seconds(self) -> Decimal:
        return sum((one.seconds for one in self.moments), ZERO)

    @property
    def cost(self) -> str:
        calls, tokens = sum(one.calls for one in self.moments), sum(one.tokens for one in self.moments)
        priced = [one.usd for one in self.moments]
        known = [one for one in priced if one is not None]
        usd = f"{plain(sum(known, ZERO))} USD" if len(known) == len(priced) else "cost not known"
        return f"{calls} model calls, {tokens:,} tokens, {usd}"

    @property
    def summary(self) -> str:
        lanes = {one.lane: 0 for one in self.moments}
        for one in self.moments:
            lanes[one.lane] += 1
        shares = ", ".join(f"{name} {lanes[name]}" for name in LANES if name in lanes)
        slowest = max(self.moments, key=lambda one: one.seconds, default=None)
        longest = ""
        if slowest is not None and slowest.seconds:
            longest = f" The longest step was {slowest.number}, {slowest.title}: {seconds(slowest.seconds)}."
        return f"{self.title}; {self.cost}. Steps by who acted: {shares}.{longest}"

    @property
    def table(self) -> Table:
        rows = [
            (
                str(one.number),
                one.lane,
                one.title,
                plain(one.seconds),
                str(one.tokens or ""),
                "" if one.usd is None or not one.calls else plain(one.usd),
            )
            for one in self.moments
        ]
        columns = ("step", "who", "what", "seconds", "tokens", "USD")
        return Table(columns=columns, rows=rows, numeric=frozenset({0, 3, 4, 5}))

    def draw(self, width: int) -> Drawing:
        is_wide = width > 500
        apart = LANES_APART[not is_wide]
        text_at = 14 + apart * len(LANES) + 10
        bar_at = width - 250 if is_wide else width
        marks, top = headed(self.title, self.cost, width)
        top += HEAD
        height = top + ROW * len(self.moments) + 12
        marks += [*self._lanes(top, height, apart), *self._way(top, apart)]
        longest = max((one.seconds for one in self.moments), default=ZERO)
        for place, one in enumerate(self.moments):
            y = top + ROW * place
            told = f"{one.number}  {one.title}"
            size, look = (13, "label") if is_wide else (12, "small")
            marks.append(words(text_at, y + 4, fitted(told, bar_at - text_at - 8, size), look))
            marks += self._took(one, longest, bar_at, y) if is_wide else []
        return Drawing(height, marks)

    def _lanes(self, top: int, height: int, apart: int) -> list[Element]:
        marks: list[Element] = []
        for name in LANES:
            x = lane_at(name, apart)
            marks.append(line(x, top - 14, x, height - 14, "grid"))
            marks.append(turned(x + 4, top - 20, name))
        return marks

    def _way(self, top: int, apart: int) -> list[Element]:
        """From dot to dot: the way the decision took."""
        points: list[tuple[Px, Px]] = [
            (lane_at(one.lane, apart), top + ROW * place) for place, one in enumerate(self.moments)
        ]
        marks = [path((before, after), "line-dim faint") for before, after in pairwise(points)]
        for one, (x, y) in zip(self.moments, points, strict=True):
            marks.append(dot(x, y, 5, f"fill-{LANES[one.lane]}", f"{one.lane}: {one.title}"))
        return marks

    def _took(self, one: Moment, longest: Decimal, x: int, y: int) -> list[Element]:
        """How long it took, as a bar against the longest, and what it cost."""
        room = Decimal(80)
        share = one.seconds / longest * room if longest else ZERO
        told = seconds(one.seconds) if one.seconds else "·"
        marks = [words(x + 92, y + 4, told, "small")]
        if share:
            marks.append(box(x, y - 5, max(share, Decimal(1)), 10, "fill-brand faint", 2))
        if one.tokens:
            marks.append(words(x + 236, y + 4, f"{one.tokens:,} tokens", "small", "end"))
        return marks


def lane_at(name: str, apart: int) -> int:
    return 14 + apart // 2 + apart * list(LANES).index(name)


def timeline(walk: Walk) -> Timeline:
    """The picture of a session's steps."""
    return Timeline(moments=tuple(_moments(walk.steps)))


def _moments(steps: Iterable[Step]) -> Iterable[Moment]:
    """A time that lies before the one of an earlier step, as streams of their own have, took none."""
    before = None
    for step in steps:
        at = step.recorded.occurred_at
        took = max((at - before).total_seconds(), 0.0) if before is not None else 0.0
        before = at if before is None else max(before, at)
        replied = step.data if step.kind == "ModelReplied" else None
        usd = ZERO if replied is None else None if replied["usd"] is None else parsed(str(replied["usd"]))
        yield Moment(
            number=step.number,
            lane=_lane(step),
            title=step.title,
            seconds=Decimal(f"{took:.3f}"),
            calls=0 if replied is None else 1,
            tokens=0 if replied is None else _whole(replied, "prompt_tokens", "completion_tokens"),
            usd=usd,
        )


def _whole(data: Mapping[str, object], *names: str) -> int:
    return sum(int(str(data[name])) for name in names)


def _lane(step: Step) -> str:
    if step.recorded.stream_type == "order":
        return _LANE_OF.get(step.kind, "venue")
    who = str(step.data.get("who") or step.data.get("role"))
    return _LANE_OF.get(step.kind) or _ROLES.get(who, "desk")


def seconds(value: Decimal) -> str:
    """A duration, short enough to read."""
    if value >= 120:
        return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"
    return f"{value:.1f} s" if value >= 10 else f"{value:.3f} s"
