"""When an order trades and at what price: pure functions of a quote or one bar.

* The quote is last close·(1 ∓ spread/2), each side to the nearest price step, so that its middle stays
  the close. Orders that trade at once trade at the touch.
* Resting orders trade on bars, which carry no spread: a stop at its price or the bar's open, whichever
  is worse; a limit at its price or the open, whichever is better. So a gap fills at the open.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import assert_never

from desk.domain.market import Bar, Market, OrderType, Quote, Side
from tools.paper.order import PaperOrder


def quoted(market: Market, close: Decimal, at: datetime) -> Quote:
    """The quote around a close, stamped with the venue's time."""
    half = (market.spread or Decimal(0)) / 2
    return Quote(
        symbol=market.symbol,
        bid=_to_step(close * (1 - half), market.price_step),
        ask=_to_step(close * (1 + half), market.price_step),
        last=close,
        timestamp=at,
    )


def _to_step(price: Decimal, step: Decimal) -> Decimal:
    return max(step, (price / step).to_integral_value(ROUND_HALF_EVEN) * step)


def touch(side: Side, quote: Quote) -> Decimal:
    """What a buyer pays or a seller gets right now."""
    return quote.ask if side is Side.BUY else quote.bid


def price_now(order: PaperOrder, quote: Quote) -> Decimal | None:
    """The price at which the order trades against this quote, or None if it has to wait."""
    at_touch = touch(order.side, quote)
    match order.type:
        case OrderType.MARKET:
            return at_touch
        case OrderType.LIMIT:
            return at_touch if _reaches(order.side, at_touch, order.trigger) else None
        case OrderType.STOP:
            return at_touch if _reaches(order.side.opposite, quote.last, order.trigger) else None
        case _:
            assert_never(order.type)


def price_on(order: PaperOrder, bar: Bar) -> Decimal | None:
    """The price at which a resting order trades on this bar, or None."""
    buys_low = (order.side is Side.BUY) is (order.type is OrderType.LIMIT)
    wanted = Side.BUY if buys_low else Side.SELL
    extreme = bar.low if buys_low else bar.high
    if not _reaches(wanted, extreme, order.trigger):
        return None
    return min(order.trigger, bar.open) if buys_low else max(order.trigger, bar.open)


def _reaches(side: Side, price: Decimal, limit: Decimal) -> bool:
    """A buyer's price is at or below the limit, a seller's at or above it."""
    return price <= limit if side is Side.BUY else price >= limit
