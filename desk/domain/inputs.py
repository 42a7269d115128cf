"""What the gate must know before it can judge: which inputs are missing, stale, not finite or absurd."""

from __future__ import annotations

from decimal import Decimal

from desk.domain.book import Book
from desk.domain.market import Quote, Snapshot
from desk.domain.money import ZERO
from desk.domain.proposal import Act, Basis, Kill

#: A snapshot older than this says nothing about now.
SNAPSHOT_MAX_AGE_S = Decimal(5)
#: No figure the gate computes with is larger, and no price smaller: arithmetic on them cannot overflow.
LARGEST, LEAST_PRICE = Decimal(10**12), Decimal("0.000000000001")


def unknown_inputs(act: Act, basis: Basis, book: Book) -> list[str]:
    """Names of the inputs that are missing, stale, zero where they cannot be, not finite or absurd."""
    snapshot = book.snapshot
    quote = snapshot.quote(act.symbol)
    needed = {
        "venue_time": snapshot.venue_time,
        "market": snapshot.market,
        "market_status": snapshot.market_open,
        "quote": quote,
        "balance": snapshot.balance_usdc,
        "available": snapshot.available_usdc,
        "positions": snapshot.positions,
        "orders": snapshot.orders,
        "atr": basis.atr,
    }
    missing = [name for name, value in needed.items() if value is None]
    if not fresh(book):
        missing.append("snapshot_age")
    if not computable(act, basis, book, quote):
        missing.append("not_a_number")
    elif not missing and any(snapshot.quote(one.symbol) is None for one in snapshot.positions or ()):
        missing.append("position_quote")
    return missing + [f"kill_if:{kill.fact_name}" for kill in unknown_facts(basis, quote)]


def fresh(book: Book) -> bool:
    """The snapshot is known to be young enough."""
    return book.snapshot_age_s.is_finite() and 0 <= book.snapshot_age_s <= SNAPSHOT_MAX_AGE_S


def computable(act: Act, basis: Basis, book: Book, quote: Quote | None) -> bool:
    """No figure is negative, absurd or not one, and no price is zero."""
    amounts = _amounts(act, basis) + _venue_amounts(book.snapshot) + _own_amounts(book)
    numbers = [amount for amount in amounts if amount is not None]
    prices = _prices(act, basis, quote)
    every = numbers + prices
    return (
        all(map(Decimal.is_finite, every))
        and min(numbers) >= ZERO
        and min(prices) >= LEAST_PRICE
        and max(every) <= LARGEST
    )


def unknown_facts(basis: Basis, quote: Quote | None) -> list[Kill]:
    """The kill conditions of which nobody knows whether they hold."""
    return [kill for kill in basis.kill_if if fact_now(kill, quote) is None]


def fact_now(kill: Kill, quote: Quote | None) -> Decimal | None:
    """What a kill condition's fact is worth now: the close is the fresh last price, the rest as known."""
    if kill.fact_name == "close":
        return None if quote is None else quote.last
    return kill.known


def _amounts(act: Act, basis: Basis) -> list[Decimal | None]:
    mandate = basis.mandate
    loosest = (mandate.max_notional_usdc, mandate.max_loss_usdc)
    return [act.size_usdc, act.quantity, act.stop, act.target, basis.atr, *loosest]


def _venue_amounts(snapshot: Snapshot) -> list[Decimal | None]:
    numbers = [snapshot.balance_usdc, snapshot.available_usdc, snapshot.accrued_fees_usdc]
    for position in snapshot.positions or ():
        numbers += (position.quantity, position.entry_price, position.stop)
    for order in snapshot.orders or ():
        numbers += (order.quantity, order.limit_price, order.stop_price)
    for quote in snapshot.quotes:
        numbers += (quote.bid, quote.ask, quote.last)
    if snapshot.market is not None:
        numbers += (snapshot.market.taker_fee, snapshot.market.spread, snapshot.market.min_notional_usdc)
    return numbers


def _own_amounts(book: Book) -> list[Decimal | None]:
    """What the journal gave. A NAV may have been negative; that it was must not be read as unknown."""
    ledger = book.ledger
    navs = (ledger.before_nav, ledger.first_nav, ledger.last_nav)
    numbers: list[Decimal | None] = [nav.copy_abs() for nav in navs if nav is not None]
    numbers += (ledger.units, ledger.peak_nav)
    for one in book.acts:
        numbers += (one.size_usdc, one.loss_at_stop_usdc)
    return numbers


def _prices(act: Act, basis: Basis, quote: Quote | None) -> list[Decimal]:
    prices = [act.limit, basis.entry, basis.reference]
    return prices + ([quote.bid, quote.ask, quote.last] if quote is not None else [])
