"""What a market is and what a round trip in it costs, when the venue does not say.

Figures are those of the embedded venue (DESIGN section 9): the taker fee is paid twice, the spread once.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from desk.domain.market import Category, Market

TAKER_FEE = Decimal("0.00055")
SPREADS = {
    Category.INDICES: Decimal("0.0002"),
    Category.STOCKS: Decimal("0.0004"),
    Category.COMMODITIES: Decimal("0.0004"),
    Category.CRYPTO: Decimal("0.0004"),
    Category.FOREX: Decimal("0.0001"),
}
CATEGORIES = {
    "SPX-PERP": Category.INDICES,
    "NDX-PERP": Category.INDICES,
    "GOOG-PERP": Category.STOCKS,
    "WTI-PERP": Category.COMMODITIES,
    "BTC-PERP": Category.CRYPTO,
    "EURUSD-PERP": Category.FOREX,
}
#: For a symbol nobody has described: the widest spread there is, and no vote from oil.
UNKNOWN = Category.CRYPTO


class Costs(Struct, frozen=True, kw_only=True):
    """Category of a market, its typical spread and its taker fee, both fractions of the price."""

    category: Category
    spread: Decimal
    taker_fee: Decimal

    @property
    def round_trip(self) -> Decimal:
        """Fraction of the notional that entry and exit cost together."""
        return 2 * self.taker_fee + self.spread


def costs(symbol: str, markets: Mapping[str, Market]) -> Costs:
    """From the venue's list where it has the symbol, else from the tables above."""
    market = markets.get(symbol)
    if market is None:
        category = CATEGORIES.get(symbol, UNKNOWN)
        return Costs(category=category, spread=SPREADS[category], taker_fee=TAKER_FEE)
    spread = SPREADS[market.category] if market.spread is None else market.spread
    return Costs(category=market.category, spread=spread, taker_fee=market.taker_fee)
