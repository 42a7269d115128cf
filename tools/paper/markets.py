"""The twin's 275 markets: a few that people trade by name, the rest invented to the same count.

Spreads are fractions of the price: indices 2 bps, stocks, commodities and crypto 4, forex 1. The taker
fee is 5.5 bps everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from desk.domain import json_text
from desk.domain.market import Category, Market

COUNT = 275
TAKER_FEE = Decimal("0.00055")
AMOUNT_STEP = Decimal("0.000001")
MIN_NOTIONAL_USDC = Decimal(1)


class _Terms(Struct, frozen=True, kw_only=True):
    spread: Decimal
    price_step: Decimal
    max_leverage: int
    names: str


_CENT = Decimal("0.01")
_TERMS = {
    Category.INDICES: _Terms(
        spread=Decimal("0.0002"), price_step=_CENT, max_leverage=20, names="SPX NDX DJI RUT DAX FTSE NKY"
    ),
    Category.STOCKS: _Terms(
        spread=Decimal("0.0004"),
        price_step=_CENT,
        max_leverage=10,
        names="GOOG AAPL MSFT AMZN META NVDA TSLA NFLX AMD INTC ORCL CRM ADBE IBM CSCO QCOM "
        "JPM BAC GS V MA DIS KO PEP WMT XOM CVX PFE BA",
    ),
    Category.COMMODITIES: _Terms(
        spread=Decimal("0.0004"),
        price_step=_CENT,
        max_leverage=20,
        names="WTI BRENT NATGAS GOLD SILVER COPPER PLATINUM CORN WHEAT",
    ),
    Category.FOREX: _Terms(
        spread=Decimal("0.0001"), price_step=Decimal("0.00001"), max_leverage=50, names="EURUSD GBPUSD"
    ),
    Category.CRYPTO: _Terms(
        spread=Decimal("0.0004"),
        price_step=_CENT,
        max_leverage=50,
        names="BTC ETH SOL XRP ADA DOGE AVAX DOT LINK LTC BCH ATOM NEAR UNI AAVE",
    ),
}


def _listed() -> Iterator[Market]:
    for category, terms in _TERMS.items():
        for name in terms.names.split():
            yield _market(name, category, terms)
    named = sum(len(terms.names.split()) for terms in _TERMS.values())
    for n in range(1, COUNT - named + 1):
        yield _market(f"COIN{n:03}", Category.CRYPTO, _TERMS[Category.CRYPTO])


def _market(name: str, category: Category, terms: _Terms) -> Market:
    return Market(
        symbol=f"{name}-PERP",
        category=category,
        amount_step=AMOUNT_STEP,
        price_step=terms.price_step,
        min_notional_usdc=MIN_NOTIONAL_USDC,
        taker_fee=TAKER_FEE,
        spread=terms.spread,
        max_leverage=terms.max_leverage,
    )


def _document(market: Market) -> dict[str, object]:
    return {
        "symbol": market.symbol,
        "category": market.category,
        "max_leverage": market.max_leverage,
        "amount_step": market.amount_step,
        "price_step": market.price_step,
        "min_notional_usdc": market.min_notional_usdc,
        "taker_fee": market.taker_fee,
        "spread": market.spread,
    }


MARKETS = {market.symbol: market for market in _listed()}
#: The answer of GET /trade/markets, which never changes.
MARKETS_JSON = json_text.write(
    {"total_markets": len(MARKETS), "markets": [_document(market) for market in MARKETS.values()]}
)
