"""The hard-coded limits. Settings may tighten them and can never loosen one.

Each limit names the gate's code it belongs to; ``desk.toml`` spells the same name in lower case.
Sources are those of DESIGN section 7: the seed documents' rules, the stricter where they differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import asdict, replace

from desk.domain.canonical import sha256
from desk.domain.money import plain
from desk.errors import ConfigError

D = Decimal


class Limits(Struct, frozen=True, kw_only=True):
    """Fractions are of equity unless said otherwise; ``_usdc`` is money, ``_s`` is seconds."""

    trade_size: Decimal = D("0.03")
    position_size: Decimal = D("1000")
    position_share: Decimal = D("0.20")
    category_share: Decimal = D("0.20")
    cash_reserve: Decimal = D("0.50")
    drawdown: Decimal = D("0.20")
    daily_loss: Decimal = D("0.05")
    stop_distance: Decimal = D("0.05")
    stop_atr: Decimal = D("1")
    stop_spreads: Decimal = D("10")
    reward_risk: Decimal = D("2.5")
    daily_notional: Decimal = D("2500")
    order_rate: Decimal = D("3")
    order_rate_window_s: Decimal = D("60")
    duplicate: Decimal = D("0.10")
    duplicate_window_s: Decimal = D("300")
    price_collar: Decimal = D("0.005")
    price_collar_stop: Decimal = D("0.2")
    quote_stale: Decimal = D("30")
    human: Decimal = D("100")
    human_hour: Decimal = D("100")
    human_day: Decimal = D("300")

    @property
    def sha256(self) -> str:
        return sha256(self.document())

    def document(self) -> dict[str, str]:
        return {name: plain(value) for name, value in asdict(self).items()}


class WhatIf(Limits, frozen=True):
    """The limits of a fork: they may be looser than the code allows, and no door to a venue opens to them."""


#: Limits where a larger figure is the stricter one. All others are stricter when smaller.
LARGER_IS_STRICTER = frozenset(
    {
        "cash_reserve",
        "stop_atr",
        "stop_spreads",
        "reward_risk",
        "order_rate_window_s",
        "duplicate",
        "duplicate_window_s",
    }
)

#: What the code allows, for everybody.
CEILING = Limits()


def supposed(base: Limits, wanted: Mapping[str, Decimal]) -> WhatIf:
    """``base`` with each wanted figure in place, tighter or looser: for a fork, which can send nothing.

    Raises:
        ConfigError: a name that is not a limit, or a figure that is negative or not one.
    """
    for name, value in wanted.items():
        _require_limit(name)
        if not value.is_finite() or value < 0:
            raise ConfigError(f"limits.{name} is not a number from zero up", fix="Give a plain number")
    return WhatIf(**{**asdict(base), **wanted})


def _require_limit(name: str) -> None:
    known = set(Limits.__struct_fields__)
    if name not in known:
        raise ConfigError(
            f"limits.{ascii(name)[1:-1][:40]} is not a limit", fix="Known: " + ", ".join(sorted(known))
        )


def tightened(base: Limits, wanted: Mapping[str, Decimal]) -> Limits:
    """``base`` with each wanted figure in place.

    Raises:
        ConfigError: for a name that is not a limit, or a figure looser than ``base`` has. A limit is
            refused, never clamped: whoever wrote it must know what is in force.
    """
    for name, value in wanted.items():
        _require_limit(name)
        if looser(name, value, getattr(base, name)):
            raise ConfigError(
                f"limits.{name} = {plain(value)} is looser than the desk's {plain(getattr(base, name))}",
                why="settings can only tighten",
                fix=f"Remove it or choose a stricter figure than {plain(getattr(base, name))}",
                code="LIMIT_LOOSER",
            )
    return replace(base, **wanted)


def looser(name: str, value: Decimal, than: Decimal) -> bool:
    """True iff ``value`` would allow something that ``than`` does not."""
    return value < than if name in LARGER_IS_STRICTER else value > than


def tightened_since(then: Limits, now: Limits) -> dict[str, Decimal]:
    """The limits that are stricter now than they were; one that was loosened meanwhile stays as it was."""
    names = Limits.__struct_fields__
    return {
        name: getattr(now, name) for name in names if looser(name, getattr(then, name), getattr(now, name))
    }
