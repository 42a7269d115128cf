"""The gate's waterfall: every rule, and how close the act comes to its limit, the tightest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from desk.view.wording import FLOORS, RULES, measure, number

#: Rules with numbers that are met or not, with nothing between.
EXACT = frozenset({"LEVERAGE", "SYMBOL_FROZEN", "STOP_MISSING", "STOP_SIDE"})
CLOSE = 80


class Bar(Struct, frozen=True, kw_only=True):
    """A rule with a measure. ``used`` is how much of the room is taken, in percent, at most 100."""

    code: str
    label: str
    ok: bool
    value: str
    limit: str
    used: int

    @property
    def tone(self) -> str:
        if not self.ok:
            return "bad"
        return "close" if self.used >= CLOSE else "fine"


class Flag(Struct, frozen=True, kw_only=True):
    """A rule that is met or not."""

    code: str
    label: str
    ok: bool
    value: str


class Waterfall(Struct, frozen=True, kw_only=True):
    """``bars`` from the tightest to the loosest; failed ones first."""

    cleared: bool
    bars: tuple[Bar, ...]
    flags: tuple[Flag, ...]


def waterfall(gate: Mapping[str, Any] | None) -> Waterfall | None:
    """The picture of a recorded assessment; None if there is none."""
    if gate is None:
        return None
    checks: Sequence[Mapping[str, Any]] = gate["checks"]
    drawn = [(check, _bar(check)) for check in checks]
    bars = sorted((bar for _, bar in drawn if bar is not None), key=lambda bar: (bar.ok, -bar.used))
    flags = [_flag(check) for check, bar in drawn if bar is None]
    return Waterfall(cleared=bool(gate["cleared"]), bars=tuple(bars), flags=tuple(flags))


def _bar(check: Mapping[str, Any]) -> Bar | None:
    code, value, limit = str(check["code"]), number(check["value"]), number(check["limit"])
    if code in EXACT or value is None or limit is None or value < 0 or limit <= 0:
        return None
    label, unit = RULES.get(code, (code, ""))
    floor = code in FLOORS
    part, whole = (limit, value) if floor else (value, limit)
    return Bar(
        code=code,
        label=label,
        ok=bool(check["ok"]),
        value=measure(value, unit),
        limit=f"{'at least' if floor else 'at most'} {measure(limit, unit)}",
        used=min(100, int(100 * part / whole)) if whole else 100,
    )


def _flag(check: Mapping[str, Any]) -> Flag:
    code, value = str(check["code"]), check["value"]
    return Flag(code=code, label=RULES.get(code, (code, ""))[0], ok=bool(check["ok"]), value=str(value or ""))
