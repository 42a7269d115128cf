"""The gate's rules on size: each as the largest size it admits, so that the admissible size is a minimum."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from operator import le, lt

from desk.domain.book import Book, Result
from desk.domain.case import Case
from desk.domain.exposure import UNBOUNDED, exposure
from desk.domain.limits import Limits
from desk.domain.money import ONE, ZERO
from desk.domain.portfolio import notional
from desk.domain.windows import DAY, HOUR, day_loss_usdc, sent_on_day, sent_since, younger

#: A rule on size: its code, ``le`` (sizes up to) or ``lt`` (sizes below), and that size in USDC.
Cap = tuple[str, Callable[[Decimal, Decimal], bool], Decimal]


def size_caps(case: Case) -> list[Cap]:
    """Every rule that depends on size alone."""
    limits, available, worth = case.limits, case.available, case.worth
    held = exposure(case)
    each = _loss_each(case)
    free = available - held.all_usdc - limits.cash_reserve * worth
    room = limits.daily_loss * worth - day_loss_usdc(case.nav, case.book) - held.loss_usdc
    return [
        ("TRADE_SIZE", le, limits.trade_size * min(available, worth)),
        ("POSITION_SIZE", le, limits.position_size - held.symbol_usdc),
        ("POSITION_SHARE", le, limits.position_share * worth - held.symbol_usdc),
        ("CATEGORY_SHARE", le, limits.category_share * worth - held.alike_usdc),
        ("CASH_RESERVE", le, free / (ONE + case.market.taker_fee)),
        ("DAILY_LOSS", lt, room / each if each > 0 else UNBOUNDED),
        ("DAILY_NOTIONAL", le, limits.daily_notional - sent_on_day(case.sent, case.venue_time)),
        *_mandate(case, each),
    ]


def _mandate(case: Case, each: Decimal) -> list[Cap]:
    """Notional and loss past what the brief allows; none where it says nothing."""
    mandate = case.basis.mandate
    caps: list[Cap] = []
    if mandate.max_notional_usdc is not None:
        caps.append(("MANDATE", le, mandate.max_notional_usdc))
    if mandate.max_loss_usdc is not None:
        caps.append(("MANDATE", le, mandate.max_loss_usdc / each if each > 0 else UNBOUNDED))
    return caps


def duplicate_bands(case: Case) -> list[tuple[Decimal, Decimal]]:
    """A like act forbids its own size ± 10 %; sizes past that band are no duplicates.

    A band that lies below the venue's minimum forbids nothing that could be sent.
    """
    less, more = ONE - case.limits.duplicate, ONE + case.limits.duplicate
    return [
        (one.size_usdc * less, one.size_usdc * more)
        for one in younger(case.sent, case.limits.duplicate_window_s, case.book.now)
        if one.symbol == case.act.symbol
        and one.side is case.act.side
        and one.size_usdc * more >= case.market.min_notional_usdc
    ]


def _loss_each(case: Case) -> Decimal:
    """What one USDC of size loses when it fills at the limit and leaves at the stop, fees included."""
    act = case.act
    if act.stop is None:
        return ONE
    return case.stop_share + case.market.taker_fee * (ONE + act.stop / act.limit)


def minimum_rule(case: Case) -> Result:
    """A whole size the venue takes, and a quantity that costs no more than it."""
    act, least = case.act, case.market.min_notional_usdc
    costs = act.quantity * act.limit
    whole = act.size_usdc == act.size_usdc.to_integral_value(ROUND_FLOOR)
    ok = act.quantity > 0 and act.size_usdc >= least and costs <= act.size_usdc and whole
    return ("SIZE_BELOW_MINIMUM", ok, costs, least)


def human_caps(case: Case) -> list[Cap]:
    """The sizes below which nobody needs to be asked (DESIGN section 7)."""
    limits, now = case.limits, case.book.now
    alone = [one for one in case.sent if one.approved_by is None]
    caps: list[Cap] = [
        ("HUMAN_SIZE", lt, limits.human),
        ("HUMAN_HOUR", lt, limits.human_hour - sent_since(alone, now - HOUR)),
        ("HUMAN_DAY", lt, limits.human_day - sent_since(alone, now - DAY)),
    ]
    if [event for event in case.basis.events if abs(case.venue_time - event) <= DAY]:
        caps.append(("HUMAN_EVENT", le, ZERO))
    return caps


def largest_within(caps: list[Cap], least: Decimal) -> Decimal:
    """The largest whole size such that it and every smaller one is within all caps; 0 if below ``least``."""
    up_to = [cap for _, within, cap in caps if within is le]
    below = [cap for _, within, cap in caps if within is lt]
    bounds = [min(up_to).to_integral_value(ROUND_FLOOR)] if up_to else []
    if below:
        bounds.append(min(below).to_integral_value(ROUND_CEILING) - ONE)
    largest = min(bounds)
    return largest if largest >= least else ZERO


def largest_by_account(worth: Decimal, book: Book, limits: Limits) -> Decimal:
    """Whole USDC that size, cash and the day's notional would let any new act have: an upper bound.

    What depends on a market, a direction or levels is not known before a proposal and can only lower it.
    """
    snapshot, openings = book.snapshot, book.openings
    available = snapshot.available_usdc or ZERO
    held = sum((notional(one, snapshot) or ZERO for one in snapshot.positions or ()), ZERO)
    waiting = sum((one.size_usdc for one in openings if one.pending), ZERO)
    sent = sent_on_day([one for one in openings if one.counts], snapshot.venue_time)
    caps: list[Cap] = [
        ("TRADE_SIZE", le, limits.trade_size * min(available, worth)),
        ("CASH_RESERVE", le, available - held - waiting - limits.cash_reserve * worth),
        ("DAILY_NOTIONAL", le, limits.daily_notional - sent),
    ]
    return largest_within(caps, ZERO)
