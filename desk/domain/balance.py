"""An account's cash as a fold of its events: what came in, went out, was staked, locked, charged and traded.

Cash only: what an open position would bring is no part of it, as at the venue. A trade moves cash twice: by
its entry fee when it is filled, and by the rest of its result when it is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from desk.domain.events import (
    BetPlaced,
    BetWon,
    EscrowLocked,
    EscrowRefunded,
    EscrowReleased,
    Event,
    FaucetClaimed,
    FeeCharged,
    FundsDeposited,
    FundsWithdrawn,
    TradeMoved,
)
from desk.domain.lifecycle import TradeState
from desk.domain.market import Side
from desk.domain.money import ZERO

#: The events that move an account's cash.
MOVING = (
    "FundsDeposited",
    "FundsWithdrawn",
    "FaucetClaimed",
    "BetPlaced",
    "BetWon",
    "EscrowLocked",
    "EscrowReleased",
    "EscrowRefunded",
    "FeeCharged",
    "TradeMoved",
)
_CENT = Decimal("0.01")
_MILLIONTH = Decimal("0.000001")


class OpenTrade(Struct, frozen=True, kw_only=True):
    """A trade that has moved cash and is not over; ``moved_usdc`` is how much so far."""

    trade_id: str
    moved_usdc: Decimal


class Balance(Struct, frozen=True, kw_only=True):
    """Cash in USDC, the trades that will still move it, and those of which nobody knows what they moved."""

    usdc: Decimal = ZERO
    open: tuple[OpenTrade, ...] = ()
    unknown: tuple[str, ...] = ()


def fold(events: Iterable[Event], start: Balance | None = None) -> Balance:
    """The balance after these events, oldest first, going on from ``start``."""
    return reduce(after, events, start or Balance())


class BalanceFold:
    """The balance, going on from wherever it stood. See ``desk.ports.Projection``."""

    name: ClassVar[str] = "balance"
    types: ClassVar[tuple[str, ...]] = MOVING
    state: ClassVar[type[Balance]] = Balance

    def fold(self, events: Sequence[tuple[datetime, Event]], start: Balance | None) -> Balance:
        return fold((event for _, event in events), start)


def after(before: Balance, event: Event) -> Balance:
    """The balance after one more event. Events that move no cash leave it as it is."""
    match event:
        case FundsDeposited() | FaucetClaimed() | BetWon() | EscrowReleased() | EscrowRefunded():
            return replace(before, usdc=before.usdc + event.amount_usdc)
        case FundsWithdrawn() | BetPlaced() | EscrowLocked() | FeeCharged():
            return replace(before, usdc=before.usdc - event.amount_usdc)
        case TradeMoved():
            return _traded(before, event)
        case _:
            return before


def _traded(before: Balance, moved: TradeMoved) -> Balance:
    """What the trade has moved by now takes the place of what it had moved before."""
    had = sum((one.moved_usdc for one in before.open if one.trade_id == moved.trade_id), ZERO)
    is_over = moved.target == TradeState.CLOSED
    result = _result(moved) if is_over else None
    now = result if result is not None else -(moved.fees_usdc or ZERO)
    still_open = (OpenTrade(trade_id=moved.trade_id, moved_usdc=now),) if now and not is_over else ()
    is_unknown = moved.target == TradeState.UNKNOWN or (is_over and result is None)
    unknown = (moved.trade_id,) if is_unknown else ()
    return Balance(
        usdc=before.usdc + now - had,
        open=(*(one for one in before.open if one.trade_id != moved.trade_id), *still_open),
        unknown=(*(one for one in before.unknown if one != moved.trade_id), *unknown),
    )


def _result(moved: TradeMoved) -> Decimal | None:
    """The closed trade's P&L after all fees; None if it is not on record.

    It is recorded to the cent. Where prices, quantity and fees give the figure that was rounded, that one is
    taken, to USDC's six decimals: it is what the venue has booked.
    """
    if moved.pnl_usdc is None or moved.exit_price is None or moved.entry_price is None:
        return moved.pnl_usdc
    per_unit = Side(moved.side).sign * (moved.exit_price - moved.entry_price)
    exact = (per_unit * (moved.quantity or ZERO)).quantize(_MILLIONTH) - (moved.fees_usdc or ZERO)
    return exact if exact.quantize(_CENT) == moved.pnl_usdc else moved.pnl_usdc
