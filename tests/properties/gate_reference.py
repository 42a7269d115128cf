"""What the gate must answer, found by trying one size after another on the reference of ``test_gate``."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from msgspec.structs import replace

from desk.domain.book import Book
from desk.domain.limits import CEILING
from desk.domain.portfolio import SentAct
from desk.domain.proposal import Intent
from tests.kernel.values import NOW
from tests.properties.test_gate import OPEN, violated, with_size

D = Decimal
CENT, FAR = D("0.01"), D(5000)
#: Rules that a larger trade can only break: each has one size where it begins to.
SIZED = (
    "TRADE_SIZE",
    "POSITION_SIZE",
    "POSITION_SHARE",
    "CATEGORY_SHARE",
    "CASH_RESERVE",
    "DAILY_LOSS",
    "DAILY_NOTIONAL",
    "MANDATE",
)


def edge(code: str, trade: Intent, on: Book) -> Decimal:
    """The smallest size in cents that breaks the rule; ``FAR`` if none up to there does."""
    low, high = 1, int(FAR / CENT)
    while low < high:
        middle = (low + high) // 2
        if code in violated(with_size(trade, middle * CENT), on, CEILING):
            high = middle
        else:
            low = middle + 1
    return low * CENT


def bands(trade: Intent, on: Book) -> list[Decimal]:
    """Where the sizes begin and end that would repeat something sent."""
    like = [one.size_usdc for one in on.openings if one.symbol == trade.act.symbol]
    return [size * share for size in like for share in (D("0.9"), D("1.1"))]


def largest(trade: Intent, on: Book) -> Decimal:
    """The largest whole size that breaks no rule, as do all whole sizes from the minimum to it; or 0."""
    size = D(on.snapshot.market.min_notional_usdc).to_integral_value(ROUND_CEILING)
    first = size
    while not violated(with_size(trade, size), on, CEILING):
        size += 1
    return size - 1 if size > first else D(0)


def asks_human(trade: Intent, on: Book) -> set[str]:
    """Why a person must decide on this trade: DESIGN section 7, below its table."""
    size = trade.act.size_usdc
    alone = [one for one in on.openings if one.counts and one.approved_by is None]

    def within(hours: int) -> Decimal:
        return size + sum(one.size_usdc for one in alone if _in_window(one, hours))

    asks = {
        "HUMAN_SIZE": size >= 100,
        "HUMAN_HOUR": within(1) >= 100,
        "HUMAN_DAY": within(24) >= 300,
        "HUMAN_EVENT": any(abs(NOW - event) <= timedelta(hours=24) for event in trade.basis.events),
    }
    return {code for code, asked in asks.items() if asked}


def _in_window(act: SentAct, hours: int) -> bool:
    return act.state is None or act.state in OPEN or act.at > NOW - timedelta(hours=hours)


def with_events(trade: Intent, *after_s: int) -> Intent:
    events = tuple(NOW + timedelta(seconds=seconds) for seconds in after_s)
    return replace(trade, basis=replace(trade.basis, events=events))
