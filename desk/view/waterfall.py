"""The gate as a picture: the largest size each rule admits, the smallest of them, and the other rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from desk.domain.money import ZERO, plain
from desk.view.chart import Scale, box, figures, fitted, headed, line, nice, path, words
from desk.view.markup import Element
from desk.view.picture import Drawing, Picture
from desk.view.table import Table
from desk.view.wording import RULES, measure, number

#: Rules whose limit is a size in USDC: up to it, they admit.
CAPS: Final = frozenset(
    {"TRADE_SIZE", "POSITION_SIZE", "POSITION_SHARE", "CATEGORY_SHARE", "CASH_RESERVE", "DAILY_LOSS"}
    | {"DAILY_NOTIONAL", "MANDATE"}
)
#: The scale ends at so many times the size that matters; longer bars are cut.
REACH: Final = 4
ROW: Final = 26


class Cap(Struct, frozen=True, kw_only=True):
    """A rule on size: ``admits`` is the largest size in USDC that it lets through."""

    code: str
    label: str
    ok: bool
    admits: Decimal


class Rule(Struct, frozen=True, kw_only=True):
    """A rule that does not depend on size alone."""

    code: str
    label: str
    ok: bool
    value: str
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Waterfall(Picture):
    """One assessment. ``asked``, ``admits`` and ``alone`` are sizes in USDC: what was asked, what all rules
    admit, and what passes without a human. ``caps`` come tightest first."""

    symbol: str
    cleared: bool
    reasons: tuple[str, ...]
    asked: Decimal
    admits: Decimal
    alone: Decimal
    caps: tuple[Cap, ...]
    rules: tuple[Rule, ...]

    @property
    def title(self) -> str:
        word = "cleared" if self.cleared else "denied"
        return f"Gate {word}: {plain(self.asked)} USDC {self.symbol}"

    @property
    def binding(self) -> Cap | None:
        """The rule on size that would be met first."""
        return self.caps[0] if self.caps else None

    @property
    def summary(self) -> str:
        rules = len(self.caps) + len(self.rules)
        said = [f"{rules} rules, {'all met' if self.cleared else 'not met: ' + ', '.join(self.reasons)}."]
        if self.binding is not None:
            said.append(
                f"Of the rules on size {self.binding.code} binds first, at {usdc(self.binding.admits)}."
            )
        said.append(f"At most {usdc(self.admits)} pass, and {usdc(self.alone)} without a human.")
        return " ".join(said)

    @property
    def table(self) -> Table:
        caps = [
            (one.code, one.label, mark(one.ok), plain(self.asked), plain(one.admits)) for one in self.caps
        ]
        rules = [(one.code, one.label, mark(one.ok), one.value, one.limit) for one in self.rules]
        return Table(columns=("rule", "what it looks at", "met", "value", "limit"), rows=(*caps, *rules))

    def draw(self, width: int) -> Drawing:
        is_wide = width > 500
        left, right = (272 if is_wide else 14), width - 90
        row = ROW if is_wide else 42
        largest = max(self.asked, self.binding.admits if self.binding else ZERO, Decimal(1))
        scale = Scale(low=ZERO, high=nice(largest * REACH), start=left, end=right)
        head, top = headed(self.title, self._lead(), width)
        first = top + 36
        bottom = first + row * len(self.caps)
        placed = [(cap, first + row * place) for place, cap in enumerate(self.caps)]
        aside = 0 if is_wide else 16
        marks = [
            *head,
            *self._axis(scale, first, bottom),
            *(bar for cap, y in placed for bar in self._bar(cap, scale, y + aside)),
            *self._sizes(scale, first, bottom),
            *(label for cap, y in placed for label in self._labels(cap, scale, y, aside)),
        ]
        listed, height = self._list(width, bottom + 48, 2 if is_wide else 1)
        return Drawing(height, [*marks, *listed])

    def _lead(self) -> str:
        if not self.cleared:
            return f"not met: {', '.join(self.reasons)}"
        return f"at most {usdc(self.admits)}, {usdc(self.alone, unit=False)} without a human"

    def _axis(self, scale: Scale, top: int, bottom: int) -> list[Element]:
        ticks = scale.ticks(4)
        marks: list[Element] = []
        for tick, told in zip(ticks, figures(ticks), strict=True):
            x = scale.at(tick)
            marks += [line(x, top, x, bottom, "grid"), words(x, bottom + 16, told, "small", "middle")]
        return [*marks, words(scale.end + 84, bottom + 16, "USDC", "small", "end")]

    def _bar(self, cap: Cap, scale: Scale, y: int) -> list[Element]:
        end = max(scale.at(cap.admits), scale.start + Decimal(2))
        tone = "bad" if not cap.ok else "brand" if cap is self.binding else "dim faint"
        told = f"{cap.code}: {'met' if cap.ok else 'not met'}, admits {plain(cap.admits)} USDC"
        marks = [box(scale.start, y + 5, end - scale.start, 16, f"fill-{tone}", 3, told)]
        if cap.admits > scale.high:
            points = [(scale.end - 9, y + 5), (scale.end - 3, y + 13), (scale.end - 9, y + 21)]
            marks.append(path(points, "line-ground"))
        return marks

    def _labels(self, cap: Cap, scale: Scale, y: int, aside: int) -> tuple[Element, Element]:
        """The rule before its bar, or above it where there is no room; the size behind it."""
        name = fitted(f"{mark(cap.ok)} {cap.label}", 300 if aside else scale.start - 22)
        look = "label" if cap.ok and cap is not self.binding else "strong" if cap.ok else "bad-strong"
        end = max(scale.at(cap.admits), scale.start + Decimal(2))
        return (
            words(14, y + 12 if aside else y + 17, name, look),
            words(end + 6, y + aside + 17, usdc(cap.admits, unit=False)),
        )

    def _sizes(self, scale: Scale, top: int, bottom: int) -> list[Element]:
        """The size that was asked for, and the one from which a human decides, through all bars."""
        if not self.caps:
            return []
        x, tone = scale.at(self.asked), "good" if self.cleared else "bad"
        marks = [
            line(x, top - 4, x, bottom + 4, f"line-{tone} thick"),
            words(min(x, Decimal(scale.end)), bottom + 34, f"asked {plain(self.asked)}", "strong"),
        ]
        if ZERO < self.alone < self.admits:
            human, told = scale.at(self.alone), f"up to {plain(self.alone)} without a human"
            marks.append(line(human, top - 4, human, bottom, "line-warn dashed"))
            marks.append(words(human, top - 10, told, "small"))
        return marks

    def _list(self, width: int, top: int, columns: int) -> tuple[list[Element], int]:
        """The other rules, those that are not met first."""
        rules = sorted(self.rules, key=lambda one: one.ok)
        lines = -(-len(rules) // columns)
        room = (width - 28) // columns
        marks = [line(14, top, width - 14, top, "grid")]
        for place, rule in enumerate(rules):
            x, y = 14 + place // lines * room, top + 20 + place % lines * 20
            told = (
                f"{mark(rule.ok)} {rule.label}" if rule.ok else f"✗ {rule.code}: {rule.value}, {rule.limit}"
            )
            marks.append(words(x, y, fitted(told, room - 10), "label" if rule.ok else "bad-strong"))
        return marks, top + 20 * lines + 16


def mark(ok: bool) -> str:
    return "✓" if ok else "✗"


def usdc(size: Decimal, *, unit: bool = True) -> str:
    """A size, as whole USDC if it is some."""
    text = f"{size:,.0f}" if size == size.to_integral_value() or size >= 100 else f"{size:,.2f}"
    return f"{text} USDC" if unit else text


def waterfall(symbol: str, asked: str, gate: Mapping[str, Any]) -> Waterfall:
    """The picture of a recorded assessment: ``gate`` as in ``desk.show/1``."""
    checks: Sequence[Mapping[str, Any]] = gate["checks"]
    drawn = [(check, _cap(check)) for check in checks]
    caps = sorted((cap for _, cap in drawn if cap is not None), key=lambda one: one.admits)
    return Waterfall(
        symbol=symbol,
        cleared=bool(gate["cleared"]),
        reasons=tuple(str(one) for one in gate["reasons"]),
        asked=number(asked) or ZERO,
        admits=number(gate["max_admissible_usdc"]) or ZERO,
        alone=number(gate["max_without_human_usdc"]) or ZERO,
        caps=tuple(caps),
        rules=tuple(_rule(check) for check, cap in drawn if cap is None),
    )


def _cap(check: Mapping[str, Any]) -> Cap | None:
    code, value, limit = str(check["code"]), number(check["value"]), number(check["limit"])
    if code not in CAPS or value is None or limit is None:
        return None
    return Cap(code=code, label=RULES[code][0], ok=bool(check["ok"]), admits=max(limit, ZERO))


def _rule(check: Mapping[str, Any]) -> Rule:
    code = str(check["code"])
    label, unit = RULES.get(code, (code, ""))

    def told(figure: object) -> str:
        found = number(figure)
        return str(figure or "") if found is None else measure(found, unit)

    return Rule(
        code=code, label=label, ok=bool(check["ok"]), value=told(check["value"]), limit=told(check["limit"])
    )
