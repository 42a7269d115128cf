"""What is recorded, in words and figures short enough to read."""

from __future__ import annotations

from collections.abc import Mapping
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
#: Numbers from ten to this power on are not read: a foreign record may hold any.
LARGEST_EXPONENT = 15
SIGNS: Mapping[str, str] = MappingProxyType({"<=": "≤", ">=": "≥"})


def measure(value: Decimal, unit: str) -> str:
    """A figure short enough to read: two decimals from 1 on, more below."""
    if unit == "%":
        value *= 100
    step = Decimal("0.01") if abs(value) >= 1 else Decimal("0.0001")
    text = plain(value.quantize(step))
    return f"{text} {unit}" if unit else text


def number(value: object) -> Decimal | None:
    """A recorded number; None for anything else, and for one that no figure of a desk is as large as."""
    if not isinstance(value, str):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() and found.adjusted() <= LARGEST_EXPONENT else None


def condition(value: object) -> str:
    """A machine-checkable condition as a line."""
    it: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    than = it.get("threshold", it.get("than"))
    if isinstance(than, Mapping):
        offset = "" if than["atr"] is None else f" {_signed(than['atr'])} ATR"
        offset += "" if than["pct"] is None else f" {_signed(than['pct'])} %"
        than = f"{than['fact']}{offset}"
    op = SIGNS.get(str(it.get("op")), str(it.get("op")))
    by = f" by {str(it['by'])[:10]}" if it.get("by") else ""
    return f"{it.get('fact_name')} {op} {short(than)}{by}"


def _signed(text: object) -> str:
    return f"− {str(text)[1:]}" if str(text).startswith("-") else f"+ {text}"


def short(value: object) -> str:
    """A recorded number, short enough to read; other text as it is."""
    found = number(value)
    return str(value) if found is None else measure(found, "")
