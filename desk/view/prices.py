"""The market around a decision: what the desk could see, and, in another ground, what came after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from desk.domain.aftermath import Closed, Exit, Left
from desk.domain.brief import Brief
from desk.domain.market import Bar, Side
from desk.domain.money import plain
from desk.domain.stamps import Timeframe
from desk.replay.hindsight import Hindsight
from desk.view.chart import Scale, box, candles, dot, figures, fitted, headed, line, path, spread, words
from desk.view.markup import Element
from desk.view.picture import Drawing, Picture
from desk.view.table import Table

BEFORE: Final = 60
#: Bars shown after ``as_of``: enough to see the end of the trade, within these bounds.
LEAST_AFTER: Final = 20
MOST_AFTER: Final = 80
STAMPS: Final = {Timeframe.HOUR: "%d %b %H:%M", Timeframe.DAY: "%d %b %y", Timeframe.MONTH: "%b %Y"}
#: Name of a level and the tone of its line.
TONES: Final = {"target": "good", "entry": "brand", "stop": "bad"}
ENDS: Final = {Left.STOP: "stopped", Left.TARGET: "target reached", Left.FLATTEN: "left at once"}
BOTTOM: Final = 30


@dataclass(frozen=True, slots=True, repr=False)
class PriceChart(Picture):
    """Bars before and after ``as_of``, with entry, stop and target.

    ``levels`` are by name; ``traded`` says whether they became a position, ``trade`` how that ended, and
    ``left`` where the market reached stop or target, traded or not.
    """

    symbol: str
    timeframe: Timeframe
    as_of: datetime
    close_only: bool
    before: tuple[Bar, ...]
    after: tuple[Bar, ...]
    side: Side | None
    levels: tuple[tuple[str, Decimal], ...]
    traded: bool
    trade: Closed | None
    left: Exit | None

    @property
    def title(self) -> str:
        return f"{self.symbol} {self.timeframe} · {self.as_of:%d %b %Y %H:%M}Z"

    @property
    def plan(self) -> str:
        """What was done, or named and not done."""
        if self.side is None or not self.levels:
            return "no levels were named"
        done = {Side.BUY: "bought", Side.SELL: "sold"}[self.side] if self.traded else f"{self.side}, not done"
        return f"{done}: " + ", ".join(f"{name} {short_price(price)}" for name, price in self.levels)

    @property
    def end(self) -> str:
        """How the trade ended, or how it would have."""
        left = self.left
        if left is None:
            return "neither stop nor target reached by the last bar known here" if self.levels else ""
        how = f"{ENDS[left.reason]} on bar {left.bar} at {short_price(left.price)}"
        if self.trade is None:
            return f"{how}, without the desk"
        r = "" if self.trade.r is None else f", {signed(self.trade.r)} R"
        return f"{how}: {signed(self.trade.pnl_usdc)} USDC{r}"

    @property
    def summary(self) -> str:
        last = self.before[-1].close if self.before else None
        known = "no bar" if last is None else f"{len(self.before)} bars up to a close of {short_price(last)}"
        later = f"{len(self.after)} bars after it, which the desk did not know"
        closes = f", to a close of {short_price(self.after[-1].close)}" if self.after else ""
        said = [f"{known}; {later}{closes}", self.plan, self.end]
        return ". ".join(one[0].upper() + one[1:] for one in said if one) + "."

    @property
    def table(self) -> Table:
        names = ("close",) if self.close_only else ("open", "high", "low", "close")
        stamp = STAMPS[self.timeframe]
        rows = [
            (f"{bar.start.strftime(stamp)}{'' if known else ' *'}", *(plain(getattr(bar, n)) for n in names))
            for known, bar in self._bars()
        ]
        head = "bar (* not known to the desk)"
        levels = [(name, *[""] * (len(names) - 1), plain(price)) for name, price in self.levels]
        numeric = frozenset(range(1, len(names) + 1))
        return Table(columns=(head, *names), rows=(*levels, *rows), numeric=numeric)

    def _bars(self) -> Iterator[tuple[bool, Bar]]:
        yield from ((True, bar) for bar in self.before)
        yield from ((False, bar) for bar in self.after)

    def draw(self, width: int) -> Drawing:
        lead = "; ".join(one for one in (self.plan.partition(":")[0], self.end) if one)
        head, top = headed(self.title, lead, width)
        frame = Frame(self, width, top + 20)
        marks = [
            *head,
            *frame.grounds(),
            *frame.axes(),
            *frame.prices(),
            *frame.level_lines(),
            *frame.ends(),
        ]
        return Drawing(frame.height, marks)


class Frame:
    """Where everything of one drawing stands. Bars stand one beside the other, whatever time is between."""

    def __init__(self, chart: PriceChart, width: int, top: int) -> None:
        wide = width > 500
        self.chart, self.width, self.top = chart, width, top
        self.height = top + (340 if wide else 270)
        self.left, self.right = (58, width - 118) if wide else (50, width - 92)
        self.bars = [bar for _, bar in chart._bars()]
        self.slot = Decimal(self.right - self.left) / max(len(self.bars), 1)
        prices = [edge for bar in self.bars for edge in (bar.high, bar.low)]
        levels = [price for _, price in chart.levels]
        self.y = Scale.around([*prices, *levels], self.height - BOTTOM, top + 14)
        self.now = self.left + self.slot * len(chart.before)

    def x(self, place: int) -> Decimal:
        return self.left + self.slot * place + self.slot / 2

    def grounds(self) -> list[Element]:
        """What was not known when the decision was made."""
        room, bottom = self.right - self.now, self.height - BOTTOM
        told = fitted("not known to the desk", room - 8, 12) if room > 60 else ""
        return [
            box(self.now, self.top, room, bottom - self.top, "veil"),
            line(self.now, self.top, self.now, bottom, "line-dim dashed"),
            words(self.now + 6, self.top + 14, told, "small"),
        ]

    def axes(self) -> list[Element]:
        marks: list[Element] = []
        ticks = self.y.ticks()
        for tick, told in zip(ticks, figures(ticks), strict=True):
            y = self.y.at(tick)
            marks += [line(self.left, y, self.right, y, "grid")]
            marks += [words(self.left - 6, y + 4, told, "small", "end")]
        about = 3 if self.width < 500 else 6
        stamp, bars = STAMPS[self.chart.timeframe], self.bars
        for place in range(len(bars) // (2 * about), len(bars), max(1, len(bars) // about)):
            told = bars[place].start.strftime(stamp)
            marks.append(words(self.x(place), self.height - 11, told, "small", "middle"))
        return marks

    def prices(self) -> list[Element]:
        known = len(self.chart.before)
        placed = [(self.x(place), bar) for place, bar in enumerate(self.bars)]
        if self.chart.close_only or self.slot < 4:
            closes = [(x, self.y.at(bar.close)) for x, bar in placed]
            parts = ((closes[:known], "ink"), (closes[max(known - 1, 0) :], "dim"))
            return [path(points, f"line-{tone}") for points, tone in parts if len(points) > 1]
        body = min(self.slot * Decimal("0.62"), Decimal(9))
        early, late = placed[:known], placed[known:]
        return [*candles(early, self.y, body, "ink"), *candles(late, self.y, body, "dim")]

    def level_lines(self) -> list[Element]:
        """Lines from the decision to the end of the trade, named at the edge."""
        levels, until, edge = self.chart.levels, self.left_at, Decimal(self.right)
        heights = [self.y.at(price) for _, price in levels]
        places = spread(heights, 34, self.top + 10, self.height - BOTTOM - 16)
        dash = "" if self.chart.traded else " dashed"
        marks: list[Element] = []
        for (name, price), y, at in zip(levels, heights, places, strict=True):
            marks.append(line(self.now, y, until, y, f"line-{TONES[name]} thick{dash}"))
            marks.append(path([(until, y), (edge, y), (edge + 6, at + 4)], f"line-{TONES[name]} thin"))
            marks.append(words(edge + 8, at, name, "small"))
            marks.append(words(edge + 8, at + 15, short_price(price), "strong"))
        return marks

    @property
    def left_at(self) -> Decimal:
        """Where the bar stands on which stop or target was reached; the edge if that is not shown."""
        left = self.chart.left
        if left is None or left.bar > len(self.chart.after):
            return Decimal(self.right)
        return self.x(len(self.chart.before) + left.bar - 1) if left.bar else self.now

    def ends(self) -> list[Element]:
        """Where the position was entered and left, or would have been."""
        chart, left = self.chart, self.chart.left
        marks: list[Element] = []
        if chart.traded:
            entry = dict(chart.levels)["entry"]
            marks.append(dot(self.now, self.y.at(entry), 5, "fill-brand", f"entered at {plain(entry)}"))
        if left is not None and left.bar <= len(chart.after):
            tone = "bad" if left.reason is Left.STOP else "good"
            marks.append(dot(self.left_at, self.y.at(left.price), 6, f"hollow line-{tone}-edge", chart.end))
            full = dot(self.left_at, self.y.at(left.price), 3, f"fill-{tone}")
            marks += [full] if chart.traded else []
        return marks


def price_chart(brief: Brief, seen: Hindsight, *, before: int = BEFORE) -> PriceChart:
    """The picture of a session's market. ``before`` is how many bars of history are shown."""
    series, tape = brief.bars[brief.symbol], brief.tape.get(brief.symbol)
    bars = () if tape is None else tape.bars
    left = seen.touched if seen.trade is None else seen.trade.exit
    last = 0 if left is None else left.bar
    shown = min(max(last + 4, LEAST_AFTER), MOST_AFTER)
    return PriceChart(
        symbol=brief.symbol,
        timeframe=brief.timeframe,
        as_of=brief.as_of,
        close_only=series.close_only,
        before=series.visible(brief.as_of)[-before:],
        after=bars[:shown],
        side=seen.side if seen.held is None else seen.held.side,
        levels=_levels(seen),
        traded=seen.held is not None,
        trade=seen.trade,
        left=left,
    )


def _levels(seen: Hindsight) -> tuple[tuple[str, Decimal], ...]:
    """Of the position if there is one, else as they were named."""
    held, named = seen.held, seen.levels
    if held is not None:
        prices: Sequence[Decimal | None] = (held.target, held.entry, held.stop)
    elif named is not None:
        prices = (named.target, named.entry, named.stop)
    else:
        return ()
    return tuple((name, price) for name, price in zip(TONES, prices, strict=True) if price is not None)


def short_price(price: Decimal) -> str:
    """A price to five or six digits, as markets show it."""
    if price >= 1000:
        return f"{price:,.2f}"
    return plain(price.quantize(Decimal("0.01") if price >= 20 else Decimal("0.0001")))


def signed(value: Decimal) -> str:
    """With its sign, and a minus that is one."""
    return f"+{plain(value)}" if value > 0 else f"−{plain(-value)}" if value < 0 else "0"
