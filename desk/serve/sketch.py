"""Prices in scale: target, limit and stop as a ladder, and what can be lost as bars."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from desk.view.wording import number

HEIGHT, EDGE = 220, 22
#: Rungs closer than this would print over each other.
APART = 20


class Rung(Struct, frozen=True, kw_only=True):
    """A price and how far ``away`` from the limit it is; its line is at ``y``, its words at ``text_y``."""

    name: str
    price: str
    away: str
    y: int
    text_y: int


class Ladder(Struct, frozen=True, kw_only=True):
    """In units of the picture, from the top; ``gain`` and ``risk`` are (top, height)."""

    rungs: tuple[Rung, ...]
    height: int
    gain: tuple[int, int]
    risk: tuple[int, int]


def ladder(act: Mapping[str, Any]) -> Ladder | None:
    """The act's prices in scale; None where one is missing."""
    found = {name: number(act.get(name)) for name in ("target", "limit", "stop")}
    prices = {name: price for name, price in found.items() if price is not None}
    if len(prices) < len(found) or len(set(prices.values())) < len(found) or not prices["limit"]:
        return None
    top, span = max(prices.values()), max(prices.values()) - min(prices.values())
    at = {name: EDGE + int((top - price) / span * (HEIGHT - 2 * EDGE)) for name, price in prices.items()}
    words = _spread(at)
    rungs = tuple(
        Rung(
            name=name,
            price=str(act[name]),
            away="" if name == "limit" else f"{price / prices['limit'] - 1:+.2%}",
            y=at[name],
            text_y=words[name],
        )
        for name, price in prices.items()
    )
    return Ladder(
        rungs=rungs, height=HEIGHT, gain=_span(at["limit"], at["target"]), risk=_span(at["limit"], at["stop"])
    )


def _span(one: int, other: int) -> tuple[int, int]:
    return min(one, other), abs(one - other)


def _spread(at: Mapping[str, int]) -> dict[str, int]:
    """Where the words go: at their lines, moved away from the limit's where they would touch it."""
    middle = at["limit"]
    return {
        name: y if name == "limit" or abs(y - middle) >= APART else middle + (APART if y > middle else -APART)
        for name, y in at.items()
    }


class Loss(Struct, frozen=True, kw_only=True):
    """One of the three; ``share`` is its percentage of equity, ``width`` its bar's, of the largest."""

    what: str
    usdc: str
    share: str
    width: int


def losses(card: Mapping[str, Any]) -> tuple[Loss, ...]:
    """What can be lost: at the stop, on the worst bar seen, at the very worst."""
    found = card["worst_loss"]
    named = {
        "at the stop": found["at_stop_usdc"],
        "on the worst bar seen": found["at_worst_bar_usdc"],
        "at the very worst": found["notional_usdc"],
    }
    amounts = {what: number(text) for what, text in named.items()}
    largest = max((one for one in amounts.values() if one is not None), default=Decimal(0))
    equity = number(card.get("equity_usdc"))
    return tuple(
        Loss(
            what=what,
            usdc="unknown" if named[what] is None else str(named[what]),
            share="" if amount is None or not equity else f"{amount / equity:.2%} of equity",
            width=100 if amount is None or not largest else max(1, int(100 * amount / largest)),
        )
        for what, amount in amounts.items()
    )
