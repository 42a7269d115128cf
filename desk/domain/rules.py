"""The gate's rules that do not depend on size: inputs, state, levels, time, drawdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from desk.domain.book import Book, Check, TradingState
from desk.domain.lifecycle import OrderState
from desk.domain.limits import Limits
from desk.domain.market import Market, Quote, Snapshot
from desk.domain.money import ONE, ZERO
from desk.domain.portfolio import equity
from desk.domain.proposal import Act, Basis, Kill

#: A quote may be this far ahead of the venue's clock (two reads, not one); further is no quote.
CLOCK_SKEW = timedelta(seconds=5)
#: A snapshot older than this says nothing about now.
SNAPSHOT_MAX_AGE_S = Decimal(5)
#: No figure the gate computes with is larger, and no price smaller: arithmetic on them cannot overflow.
LARGEST, LEAST_PRICE = Decimal(10**12), Decimal("0.000000000001")
#: While an order of the symbol is in one of these, nobody knows what the position is.
FREEZES = frozenset({OrderState.SUBMITTED, OrderState.UNKNOWN})


# ---- inputs --------------------------------------------------------------------------------------


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
    age_s = book.snapshot_age_s
    if not (age_s.is_finite() and 0 <= age_s <= SNAPSHOT_MAX_AGE_S):
        missing.append("snapshot_age")
    amounts = [*_amounts(act, basis), *_venue_amounts(snapshot), *_own_amounts(book)]
    if not _sound(amounts) or not _positive(_prices(act, basis, quote)):
        missing.append("not_a_number")
    elif not missing and equity(snapshot) is None:
        missing.append("position_quote")
    missing += [f"kill_if:{kill.fact_name}" for kill in basis.kill_if if _fact_now(kill, quote) is None]
    return missing


def _amounts(act: Act, basis: Basis) -> list[Decimal | None]:
    mandate = basis.mandate
    numbers = [act.size_usdc, act.quantity, act.stop, act.target, basis.atr]
    return [*numbers, mandate.max_notional_usdc, mandate.max_loss_usdc]


def _venue_amounts(snapshot: Snapshot) -> list[Decimal | None]:
    numbers = [snapshot.balance_usdc, snapshot.available_usdc, snapshot.accrued_fees_usdc]
    for position in snapshot.positions or ():
        numbers += [position.quantity, position.entry_price, position.stop]
    for order in snapshot.orders or ():
        numbers += [order.quantity, order.limit_price, order.stop_price]
    for quote in snapshot.quotes:
        numbers += [quote.bid, quote.ask, quote.last]
    if snapshot.market is not None:
        numbers += [snapshot.market.taker_fee, snapshot.market.spread, snapshot.market.min_notional_usdc]
    return numbers


def _own_amounts(book: Book) -> list[Decimal | None]:
    """What the journal gave. A NAV may have been negative; that it was must not be read as unknown."""
    ledger = book.ledger
    navs = [nav for nav in (ledger.before_nav, ledger.first_nav, ledger.last_nav) if nav is not None]
    numbers: list[Decimal | None] = [ledger.units, ledger.peak_nav, *(nav.copy_abs() for nav in navs)]
    for one in book.acts:
        numbers += [one.size_usdc, one.loss_at_stop_usdc]
    return numbers


def _sound(numbers: Iterable[Decimal | None]) -> bool:
    known = [number for number in numbers if number is not None]
    return not known or (all(map(Decimal.is_finite, known)) and min(known) >= 0 and max(known) <= LARGEST)


def _prices(act: Act, basis: Basis, quote: Quote | None) -> list[Decimal]:
    prices = [act.limit, basis.entry, basis.reference]
    return prices + ([quote.bid, quote.ask, quote.last] if quote is not None else [])


def _positive(prices: list[Decimal]) -> bool:
    return all(map(Decimal.is_finite, prices)) and min(prices) >= LEAST_PRICE and max(prices) <= LARGEST


def _fact_now(kill: Kill, quote: Quote | None) -> Decimal | None:
    """What a kill condition's fact is worth now: the close is the fresh last price, the rest as known."""
    if kill.fact_name == "close":
        return None if quote is None else quote.last
    return kill.known


# ---- state of desk and market --------------------------------------------------------------------


def state_checks(act: Act, book: Book, limits: Limits) -> list[Check]:
    """Trading state, the market, unknown orders, leverage and rate."""
    state, snapshot = book.trading_state, book.snapshot
    frozen = sum(1 for one in book.acts if one.state in FREEZES and one.symbol == act.symbol)
    is_open = "closed" if snapshot.market_open is False else "open"
    return [
        Check("STATE_HALTED", state is not TradingState.HALTED, state.value, TradingState.ACTIVE.value),
        Check("STATE_REDUCING", state is not TradingState.REDUCING, state.value, TradingState.ACTIVE.value),
        Check("MARKET_UNKNOWN", snapshot.market is not None, act.symbol, "listed"),
        Check("MARKET_CLOSED", snapshot.market_open is not False, is_open, "open"),
        Check("SYMBOL_FROZEN", not frozen, Decimal(frozen), ZERO),
        Check("LEVERAGE", act.leverage == 1, Decimal(act.leverage), ONE),
        _rate(book, limits),
    ]


def _rate(book: Book, limits: Limits) -> Check:
    since = book.now - timedelta(seconds=int(limits.order_rate_window_s))
    with_this = Decimal(1 + sum(1 for one in book.openings if one.at > since))
    return Check("ORDER_RATE", with_this <= limits.order_rate, with_this, limits.order_rate)


# ---- levels --------------------------------------------------------------------------------------


def level_checks(act: Act, basis: Basis, market: Market, quote: Quote, limits: Limits) -> list[Check]:
    """Stop, target and price rules. Distances are fractions of the price they start from."""
    entry, limit, stop, target, sign = basis.entry, act.limit, act.stop, act.target, act.side.sign
    if stop is None or target is None:
        return [Check("STOP_MISSING", False, None, "a stop and a target")]
    spread = spread_of(market, quote)
    noise = max(limits.stop_atr * (basis.atr or ZERO), limits.stop_spreads * spread * entry)
    cost = (2 * market.taker_fee + spread) * entry
    gain, risk = abs(target - limit) - cost, abs(limit - stop) + cost
    ratio = gain / risk if risk else ZERO
    drift = abs(quote.mid - basis.reference) / basis.reference
    collar = min(limits.price_collar, limits.price_collar_stop * abs(entry - stop) / entry)
    on_side = sign * (limit - stop) > 0 and sign * (entry - stop) > 0 and sign * (target - limit) > 0
    distance = act.stop_distance
    return [
        Check("STOP_MISSING", True, stop, "a stop and a target"),
        Check("STOP_SIDE", on_side, stop, "on the losing side"),
        Check("STOP_DISTANCE", distance <= limits.stop_distance, distance, limits.stop_distance),
        Check("STOP_IN_NOISE", abs(entry - stop) >= noise, abs(entry - stop), noise),
        Check("REWARD_RISK", ratio >= limits.reward_risk, ratio, limits.reward_risk),
        Check("PRICE_COLLAR", drift <= collar, drift, collar),
    ]


def spread_of(market: Market, quote: Quote) -> Decimal:
    """The market's typical spread as a fraction; the quote's own where the venue gives none."""
    if market.spread is not None:
        return market.spread
    return (quote.ask - quote.bid) / quote.mid if quote.mid else ONE


# ---- time and conditions -------------------------------------------------------------------------


def time_checks(act: Act, basis: Basis, quote: Quote, venue_time: datetime, limits: Limits) -> list[Check]:
    """Ages by the venue's clock, the conditions that void the act, and the mandate's kinds."""
    age = venue_time - quote.timestamp
    fresh = -CLOCK_SKEW <= age <= timedelta(seconds=int(limits.quote_stale))
    held = [kill.fact_name for kill in basis.kill_if if _holds(kill, quote, venue_time)]
    kinds = basis.mandate.kinds
    valid = venue_time <= act.valid_until
    return [
        Check("QUOTE_STALE", fresh, Decimal(int(age.total_seconds())), limits.quote_stale),
        Check("INTENT_EXPIRED", valid, venue_time.isoformat(), act.valid_until.isoformat()),
        Check("KILL_IF", not held, ", ".join(held) or None, None),
        Check("MANDATE", act.kind in kinds, act.kind, ", ".join(kinds)),
    ]


_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = MappingProxyType(
    {
        "<": lambda value, than: value < than,
        "<=": lambda value, than: value <= than,
        ">": lambda value, than: value > than,
        ">=": lambda value, than: value >= than,
    }
)


def _holds(kill: Kill, quote: Quote, venue_time: datetime) -> bool:
    """An operator the table lacks, or a threshold that is no number, holds: unknown means denied."""
    if kill.by is not None and venue_time > kill.by:
        return False
    value, compare = _fact_now(kill, quote), _COMPARE.get(kill.op)
    if value is None or compare is None or not (kill.threshold.is_finite() and value.is_finite()):
        return True
    return compare(value, kill.threshold)


def drawdown_check(worth: Decimal, nav: Decimal, book: Book, limits: Limits) -> Check:
    """How far unit NAV stands below its highest observation."""
    peak = max(book.ledger.peak_nav, nav)
    fallen = (peak - nav) / peak if peak > 0 else ONE
    return Check("DRAWDOWN", worth > 0 and fallen < limits.drawdown, fallen, limits.drawdown)
