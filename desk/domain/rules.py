"""The gate's rules that do not depend on size, as tables: a row a rule (see ``book.Result``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from desk.domain.book import Book, Result, TradingState
from desk.domain.case import Case
from desk.domain.inputs import fact_now
from desk.domain.lifecycle import OrderState
from desk.domain.limits import Limits
from desk.domain.market import Market, Quote, Side
from desk.domain.money import ONE, ZERO
from desk.domain.proposal import Act, Kill
from desk.domain.windows import younger

#: A quote may be this far ahead of the venue's clock (two reads, not one); further is no quote.
CLOCK_SKEW_S = 5
#: While an order of the symbol is in one of these, nobody knows what the position is.
FREEZES = frozenset({OrderState.SUBMITTED, OrderState.UNKNOWN})


def state_rules(act: Act, book: Book, limits: Limits) -> list[Result]:
    """Trading state, the market, unknown orders, leverage and rate: judged whatever else is unknown."""
    state, is_open = book.trading_state, book.snapshot.market_open is not False
    frozen = [one for one in book.acts if one.state in FREEZES and one.symbol == act.symbol]
    rate = Decimal(1 + len(younger(book.openings, limits.order_rate_window_s, book.now)))
    return [
        ("STATE_HALTED", state is not TradingState.HALTED, str(state), "ACTIVE"),
        ("STATE_REDUCING", state is not TradingState.REDUCING, str(state), "ACTIVE"),
        ("MARKET_UNKNOWN", book.snapshot.market is not None, act.symbol, "listed"),
        ("MARKET_CLOSED", is_open, "open" if is_open else "closed", "open"),
        ("SYMBOL_FROZEN", not frozen, Decimal(len(frozen)), ZERO),
        ("LEVERAGE", act.leverage == 1, Decimal(act.leverage), ONE),
        ("ORDER_RATE", rate <= limits.order_rate, rate, limits.order_rate),
    ]


def level_rules(case: Case) -> list[Result]:
    """Stop, target and price rules. Distances are fractions of the price they start from."""
    act, basis, market, limits = case.act, case.basis, case.market, case.limits
    entry, limit, stop, target = basis.entry, act.limit, act.stop, act.target
    if stop is None or target is None:
        return [("STOP_MISSING", False, None, "a stop and a target")]
    if act.side is Side.BUY:
        on_side = stop < limit < target and stop < entry
    else:
        on_side = stop > limit > target and stop > entry
    share, from_entry, spread = case.stop_share, abs(entry - stop), spread_of(market, case.quote)
    noise = max(limits.stop_atr * case.atr, limits.stop_spreads * spread * entry)
    cost = (2 * market.taker_fee + spread) * entry
    gain, risk = abs(target - limit) - cost, abs(limit - stop) + cost
    ratio = gain / risk if risk else ZERO
    drift = abs(case.quote.mid - basis.reference) / basis.reference
    collar = min(limits.price_collar, limits.price_collar_stop * from_entry / entry)
    return [
        ("STOP_MISSING", True, stop, "a stop and a target"),
        ("STOP_SIDE", on_side, stop, "on the losing side"),
        ("STOP_DISTANCE", share <= limits.stop_distance, share, limits.stop_distance),
        ("STOP_IN_NOISE", from_entry >= noise, from_entry, noise),
        ("REWARD_RISK", ratio >= limits.reward_risk, ratio, limits.reward_risk),
        ("PRICE_COLLAR", drift <= collar, drift, collar),
    ]


def spread_of(market: Market, quote: Quote) -> Decimal:
    """The market's typical spread as a fraction; the quote's own where the venue gives none."""
    if market.spread is not None:
        return market.spread
    return (quote.ask - quote.bid) / quote.mid if quote.mid else ONE


def standing_rules(case: Case) -> list[Result]:
    """Ages by the venue's clock, conditions that void the act, the mandate's kinds, and drawdown."""
    act, now, limits, kinds = case.act, case.venue_time, case.limits, case.basis.mandate.kinds
    age_s = (now - case.quote.timestamp).total_seconds()
    fresh = -CLOCK_SKEW_S <= age_s <= int(limits.quote_stale)
    void = [kill.fact_name for kill in case.basis.kill_if if _holds(kill, case.quote, now)]
    peak = max(case.book.ledger.peak_nav, case.nav)
    fallen = (peak - case.nav) / peak if peak > 0 else ONE
    return [
        ("QUOTE_STALE", fresh, Decimal(int(age_s)), limits.quote_stale),
        ("INTENT_EXPIRED", now <= act.valid_until, now, act.valid_until),
        ("KILL_IF", not void, ", ".join(void) or None, None),
        ("MANDATE", act.kind in kinds, act.kind, ", ".join(kinds)),
        ("DRAWDOWN", case.worth > 0 and fallen < limits.drawdown, fallen, limits.drawdown),
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
    value, compare = fact_now(kill, quote), _COMPARE.get(kill.op)
    if value is None or compare is None or not (kill.threshold.is_finite() and value.is_finite()):
        return True
    return compare(value, kill.threshold)
