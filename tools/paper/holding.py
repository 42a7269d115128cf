"""Positions and what a trade does to one: average entry, netting, realised profit. Pure."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from msgspec import Struct
from msgspec.structs import replace

from desk.domain.market import Quote, Side
from desk.domain.money import ZERO

_PRICE = Decimal("0.00000001")
_CASH = Decimal("0.000001")


class Holding(Struct, frozen=True, kw_only=True):
    """One symbol's position. ``net`` is in base units: positive long, negative short, never zero."""

    position_id: str
    symbol: str
    net: Decimal
    entry_price: Decimal
    leverage: int
    stop_loss: Decimal | None
    take_profit: Decimal | None

    @property
    def side(self) -> Side:
        return Side.BUY if self.net > 0 else Side.SELL

    def mark(self, quote: Quote | None) -> Decimal:
        """What it would close at: longs at the bid, shorts at the ask; its entry while nothing is quoted."""
        if quote is None:
            return self.entry_price
        return quote.bid if self.net > 0 else quote.ask

    def unrealized_pnl(self, quote: Quote | None) -> Decimal:
        return ((self.mark(quote) - self.entry_price) * self.net).quantize(_CASH, ROUND_HALF_EVEN)


def traded(holding: Holding, change: Decimal, price: Decimal) -> tuple[Holding | None, Decimal]:
    """The position after buying (``change`` > 0) or selling, and the profit this realised, in USDC.

    Adding averages the entry price by quantity; reducing keeps it and realises (price − entry) on what
    was closed; trading through zero realises all of it and opens the rest at ``price``.
    """
    net = holding.net + change
    if holding.net * change > 0:
        cost = abs(holding.net) * holding.entry_price + abs(change) * price
        entry = (cost / abs(net)).quantize(_PRICE, ROUND_HALF_EVEN)
        return replace(holding, net=net, entry_price=entry), ZERO
    closed = min(abs(holding.net), abs(change)) * holding.side.sign
    realised = ((price - holding.entry_price) * closed).quantize(_CASH, ROUND_HALF_EVEN)
    if not net:
        return None, realised
    is_flipped = net * holding.net < 0
    return replace(holding, net=net, entry_price=price if is_flipped else holding.entry_price), realised


def fee_usdc(quantity: Decimal, price: Decimal, rate: Decimal) -> Decimal:
    """The taker fee, rounded up to a millionth."""
    return (quantity * price * rate).quantize(_CASH, ROUND_CEILING)


def reducible(holding: Holding | None, side: Side) -> Decimal:
    """How much an order on this side can take off the position."""
    return abs(holding.net) if holding is not None and holding.side is not side else ZERO


def opened(holding: Holding | None, change: Decimal) -> Decimal:
    """How much larger the position gets, in base units."""
    net = holding.net if holding is not None else ZERO
    return max(ZERO, abs(net + change) - abs(net))
