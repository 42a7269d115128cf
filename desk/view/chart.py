"""What pictures are drawn with: scales, ticks, and marks whose places are computed in Decimal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

from msgspec import Struct

from desk.domain.market import Bar
from desk.domain.money import ONE, ZERO, plain
from desk.view.markup import Element, el

#: A place in a picture, in pixels.
Px = Decimal | int
TENTH = Decimal("0.1")
#: Steps between ticks, times a power of ten.
NICE = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
#: Width of a character in the pictures' font, as a share of its size; on the wide side.
CHARACTER = Decimal("0.58")


def px(place: Px) -> str:
    """A place as it is written: to a tenth of a pixel."""
    return plain(Decimal(place).quantize(TENTH))


class Scale(Struct, frozen=True, kw_only=True):
    """Maps ``low..high`` to the pixels ``start..end``; upwards if ``end`` is the smaller."""

    low: Decimal
    high: Decimal
    start: int
    end: int

    @classmethod
    def around(
        cls, values: Iterable[Decimal], start: int, end: int, *, air: Decimal = Decimal("0.06")
    ) -> Scale:
        """A scale on which all values have a place, with some air above and below."""
        known = list(values) or [ZERO]
        low, high = min(known), max(known)
        room = (high - low) * air or abs(high) * air or ONE
        return cls(low=low - room, high=high + room, start=start, end=end)

    def at(self, value: Decimal) -> Decimal:
        """Where a value stands; one outside the scale stands at its edge."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, about: int = 5, *, whole: bool = False) -> list[Decimal]:
        """Round values within the scale, about so many; ``whole`` ones if nothing lies between."""
        step = nice((self.high - self.low) / about)
        step = step.to_integral_value(ROUND_CEILING) if whole else step
        first = (self.low / step).to_integral_value(ROUND_CEILING)
        last = (self.high / step).to_integral_value(ROUND_FLOOR)
        return [step * n for n in range(int(first), int(last) + 1)]


def nice(value: Decimal) -> Decimal:
    """The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is not below ``value``."""
    power = ONE.scaleb(value.adjusted())
    return next(one * power for one in NICE if one * power >= value)


def spread(places: Sequence[Decimal], apart: int, low: int, high: int) -> list[Decimal]:
    """The places in the same order, moved as little as a simple rule can so that they are ``apart``.

    From the top down each is pushed below the one before it, then from the bottom up what left the room.
    """
    order = sorted(range(len(places)), key=lambda one: places[one])
    moved = {one: max(places[one], Decimal(low)) for one in order}
    for before, one in pairwise(order):
        moved[one] = max(moved[one], moved[before] + apart)
    ceiling = Decimal(high)
    for one in reversed(order):
        moved[one] = min(moved[one], ceiling)
        ceiling = moved[one] - apart
    return [moved[one] for one in range(len(places))]


def fitted(words: str, room: Px, size: int = 13) -> str:
    """As much of the words as has room, in pixels."""
    most = max(1, int(Decimal(room) / (CHARACTER * size)))
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def lines(content: str, room: Px, most: int, size: int = 13) -> list[str]:
    """The words on as many lines as they need, at most so many; the last is cut if it must be."""
    fits = max(1, int(Decimal(room) / (CHARACTER * size)))
    found = textwrap.wrap(content, fits) or [""]
    rest = " ".join(found[most - 1 :])
    return [*found[: most - 1], fitted(rest, room, size)] if len(found) > most else found


def words(x: Px, y: Px, content: str, look: str = "label", anchor: str | None = None) -> Element:
    """A line of text; ``anchor`` is start (the default), middle or end."""
    return el("text", content, look=look, x=px(x), y=px(y), text_anchor=anchor)


def headed(title: str, lead: str, width: int) -> tuple[list[Element], int]:
    """The two lines above every picture, the second broken if it must be; and where they end."""
    told = lines(lead, width - 28, 3)
    marks = [words(14, 24, fitted(title, width - 28, 15), "heading")]
    marks += [words(14, 44 + 18 * place, one) for place, one in enumerate(told)]
    return marks, 44 + 18 * (len(told) - 1)


def turned(x: Px, y: Px, content: str) -> Element:
    """A small text that goes up from here: for a narrow column's head."""
    return el("text", content, look="small", transform=f"translate({px(x)} {px(y)}) rotate(-62)")


def line(x1: Px, y1: Px, x2: Px, y2: Px, look: str) -> Element:
    return el("line", look=look, x1=px(x1), y1=px(y1), x2=px(x2), y2=px(y2))


def box(x: Px, y: Px, width: Px, height: Px, look: str, rx: int | None = None, said: str = "") -> Element:
    """A rectangle; ``said`` is shown when one points at it."""
    told = el("title", said) if said else None
    return el("rect", told, look=look, x=px(x), y=px(y), width=px(width), height=px(height), rx=rx)


def dot(x: Px, y: Px, radius: Px, look: str, said: str = "") -> Element:
    told = el("title", said) if said else None
    return el("circle", told, look=look, cx=px(x), cy=px(y), r=px(radius))


def path(points: Iterable[tuple[Px, Px]], look: str, *, closed: bool = False) -> Element:
    """Straight lines from point to point."""
    way = "L".join(f"{px(x)} {px(y)}" for x, y in points)
    return el("path", look=look, d=f"M{way}{'Z' if closed else ''}")


def figures(ticks: Sequence[Decimal]) -> list[str]:
    """The labels of ticks, all with as many digits after the point as the finest needs."""
    digits = max((-int(tick.normalize().as_tuple().exponent) for tick in ticks), default=0)
    return [f"{tick:,.{max(digits, 0)}f}" for tick in ticks]


def candles(bars: Sequence[tuple[Px, Bar]], scale: Scale, body: Px, look: str) -> list[Element]:
    """Bars at their places: hollow where the close is not below the open, full where it is.

    Three paths for all of them: a picture of a hundred bars stays small.
    """
    half, wicks = Decimal(body) / 2, []
    bodies: dict[bool, list[str]] = {True: [], False: []}
    for x, bar in bars:
        top, bottom = scale.at(max(bar.open, bar.close)), scale.at(min(bar.open, bar.close))
        high, low = scale.at(bar.high), scale.at(bar.low)
        wicks.append(f"M{px(x)} {px(high)}V{px(top)}M{px(x)} {px(bottom)}V{px(low)}")
        height = max(bottom - top, ONE)
        left = f"M{px(x - half)} {px(top)}h{px(body)}v{px(height)}h{px(-Decimal(body))}Z"
        bodies[bar.close >= bar.open].append(left)
    return [
        el("path", look=f"line-{look}", d="".join(wicks)),
        el("path", look=f"line-{look}", d="".join(bodies[True])),
        el("path", look=f"fill-{look} line-{look}-edge", d="".join(bodies[False])),
    ]
