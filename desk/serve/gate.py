"""The gate's waterfall: every rule, and how close the act comes to its limit, the tightest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from desk.domain.money import plain

#: What a rule looks at, in words, and the unit of its value and limit.
RULES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "TRADE_SIZE": ("size of this trade", "USDC"),
        "POSITION_SIZE": ("size of the position", "USDC"),
        "POSITION_SHARE": ("share of equity in the symbol", "USDC"),
        "CATEGORY_SHARE": ("same direction in its category", "USDC"),
        "CASH_RESERVE": ("leaves the cash reserve", "USDC"),
        "DAILY_LOSS": ("fits the day's loss", "USDC"),
        "DAILY_NOTIONAL": ("notional of the day", "USDC"),
        "SIZE_BELOW_MINIMUM": ("the venue's smallest size", "USDC"),
        "STOP_DISTANCE": ("distance of the stop", "%"),
        "STOP_IN_NOISE": ("stop clear of the noise", ""),
        "REWARD_RISK": ("reward for the risk, after costs", "×"),
        "PRICE_COLLAR": ("drift since the proposal", "%"),
        "QUOTE_STALE": ("age of the quote", "s"),
        "ORDER_RATE": ("orders within a minute", ""),
        "DRAWDOWN": ("drawdown", "%"),
        "STATE_HALTED": ("the desk is not halted", ""),
        "STATE_REDUCING": ("the desk does not only reduce", ""),
        "MARKET_UNKNOWN": ("the venue lists it", ""),
        "MARKET_CLOSED": ("the market is open", ""),
        "SYMBOL_FROZEN": ("no order of unknown outcome", ""),
        "LEVERAGE": ("leverage is 1", ""),
        "STOP_MISSING": ("there is a stop and a target", ""),
        "STOP_SIDE": ("the stop is on the losing side", ""),
        "INTENT_EXPIRED": ("the intent is still valid", ""),
        "KILL_IF": ("no kill condition holds", ""),
        "MANDATE": ("the mandate allows it", ""),
        "DUPLICATE": ("no duplicate", ""),
    }
)
#: Rules whose value must not be below the limit; the others' must not be above.
FLOORS = frozenset({"STOP_IN_NOISE", "REWARD_RISK", "SIZE_BELOW_MINIMUM"})
#: Rules with numbers that are met or not, with nothing between.
EXACT = frozenset({"LEVERAGE", "SYMBOL_FROZEN", "STOP_MISSING", "STOP_SIDE"})
CLOSE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A rule that is met or not."""

    code: str
    label: str
    ok: bool
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
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


def measure(value: Decimal, unit: str) -> str:
    """A figure short enough to read: two decimals from 1 on, more below."""
    if unit == "%":
        value *= 100
    step = Decimal("0.01") if abs(value) >= 1 else Decimal("0.0001")
    text = plain(value.quantize(step))
    return f"{text} {unit}" if unit else text


def number(value: object) -> Decimal | None:
    """A recorded number; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
