"""How a trade was left, and what it came to."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from desk.domain.events import TradeMoved
from desk.domain.market import Side, VenueOrder
from desk.domain.money import ZERO

CENT = Decimal("0.01")


class Exit(Struct, frozen=True, kw_only=True):
    """How a trade was left: price, reason, fee, and the quantity that left."""

    price: Decimal
    reason: str
    fee_usdc: Decimal
    quantity: Decimal
    order: VenueOrder | None = None


def figures(moved: TradeMoved, left: Exit) -> dict[str, object]:
    """P&L after all fees, and the same in units of what the stop was to cost (R); None without an entry."""
    fees = (moved.fees_usdc or ZERO) + left.fee_usdc
    known: dict[str, object] = {"exit_price": left.price, "exit_reason": left.reason, "fees_usdc": fees}
    if moved.entry_price is None or moved.quantity is None:
        return known
    pnl = Side(moved.side).sign * (left.price - moved.entry_price) * left.quantity - fees
    risk = abs(moved.entry_price - moved.stop) * moved.quantity if moved.stop is not None else ZERO
    return {
        **known,
        "pnl_usdc": pnl.quantize(CENT),
        "r": (pnl / risk).quantize(CENT) if risk else None,
    }
