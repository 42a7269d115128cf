"""The gate's rules on size: each as the largest size it admits, so that the admissible size is a minimum."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from desk.domain.book import Book, Cap, Check
from desk.domain.limits import Limits
from desk.domain.market import Market, Snapshot, VenueOrder
from desk.domain.money import ONE, ZERO
from desk.domain.portfolio import SentAct, loss_at_stop, notional
from desk.domain.proposal import Act, Basis

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
#: What a rule admits that has nothing to hold against the act.
UNBOUNDED = Decimal(10**12)


class Exposure(NamedTuple):
    """Notional in USDC of what is held, working, reserved or unknown; and what it can lose at its stops."""

    all_usdc: Decimal
    symbol_usdc: Decimal
    bucket_usdc: Decimal
    loss_usdc: Decimal


NOTHING = Exposure(ZERO, ZERO, ZERO, ZERO)


def size_caps(
    act: Act, basis: Basis, market: Market, worth: Decimal, nav: Decimal, book: Book, limits: Limits
) -> list[Cap]:
    """Every rule that depends on size alone. ``worth`` is equity, ``nav`` its unit value."""
    available = book.snapshot.available_usdc or ZERO
    held = _exposure(act, basis, market, book)
    free = available - held.all_usdc - limits.cash_reserve * worth
    each = loss_per_usdc(act, market)
    room = limits.daily_loss * worth - day_loss_usdc(nav, book) - held.loss_usdc
    return [
        Cap("TRADE_SIZE", limits.trade_size * min(available, worth)),
        Cap("POSITION_SIZE", limits.position_size - held.symbol_usdc),
        Cap("POSITION_SHARE", limits.position_share * worth - held.symbol_usdc),
        Cap("CATEGORY_SHARE", limits.category_share * worth - held.bucket_usdc),
        Cap("CASH_RESERVE", free / (ONE + market.taker_fee)),
        Cap("DAILY_LOSS", _times(room, each), strict=True),
        Cap("DAILY_NOTIONAL", limits.daily_notional - _sent_today(book)),
        *_mandate_caps(basis, each),
        *_duplicate_caps(act, market.min_notional_usdc, book, limits),
    ]


def largest_by_account(worth: Decimal, book: Book, limits: Limits) -> Decimal:
    """Whole USDC that size, cash and the day's notional would let any new act have: an upper bound.

    What depends on a market, a direction or levels is not known before a proposal and can only lower it.
    """
    available = book.snapshot.available_usdc or ZERO
    held = sum((notional(one, book.snapshot) or ZERO for one in book.snapshot.positions or ()), ZERO)
    waiting = sum((one.size_usdc for one in book.openings if one.pending), ZERO)
    caps = (
        Cap("TRADE_SIZE", limits.trade_size * min(available, worth)),
        Cap("CASH_RESERVE", available - held - waiting - limits.cash_reserve * worth),
        Cap("DAILY_NOTIONAL", limits.daily_notional - _sent_today(book)),
    )
    return max(ZERO, min(cap.largest_whole for cap in caps))


def minimum_check(act: Act, market: Market) -> Check:
    """A whole size the venue takes, and a quantity that costs no more than it."""
    sent = act.quantity * act.limit
    whole = act.size_usdc == act.size_usdc.to_integral_value(ROUND_FLOOR)
    ok = act.quantity > 0 and act.size_usdc >= market.min_notional_usdc and sent <= act.size_usdc and whole
    return Check("SIZE_BELOW_MINIMUM", ok, sent, market.min_notional_usdc)


def loss_per_usdc(act: Act, market: Market) -> Decimal:
    """What one USDC of size loses when it fills at the limit and leaves at the stop, fees included."""
    if act.stop is None:
        return ONE
    return act.stop_distance + market.taker_fee * (ONE + act.stop / act.limit)


def _times(room: Decimal, each: Decimal) -> Decimal:
    return room / each if each > 0 else UNBOUNDED


# ---- exposure ------------------------------------------------------------------------------------


def _exposure(act: Act, basis: Basis, market: Market, book: Book) -> Exposure:
    parts = [
        *_positions(act, basis, market, book),
        *_pending(act, basis, book.openings),
        *_foreign_orders(act, book),
    ]
    if not parts:
        return NOTHING
    return Exposure(*(sum(column, ZERO) for column in zip(NOTHING, *parts, strict=True)))


def _positions(act: Act, basis: Basis, market: Market, book: Book) -> Iterable[Exposure]:
    """Open positions at the larger of entry and mark. One of unknown category counts with this act's."""
    buckets = {one.symbol: one.bucket for one in book.acts}
    for position in book.snapshot.positions or ():
        worth = notional(position, book.snapshot) or ZERO
        same_symbol = position.symbol == act.symbol
        same_bucket = (
            same_symbol or buckets.get(position.symbol, basis.category.bucket) == basis.category.bucket
        )
        yield Exposure(
            worth,
            worth if same_symbol else ZERO,
            worth if same_bucket and position.side is act.side else ZERO,
            loss_at_stop(position, book.snapshot, market.taker_fee) or ZERO,
        )


def _pending(act: Act, basis: Basis, openings: Iterable[SentAct]) -> Iterable[Exposure]:
    for one in openings:
        if one.pending:
            same_bucket = one.bucket == basis.category.bucket and one.side is act.side
            yield Exposure(
                one.size_usdc,
                one.size_usdc if one.symbol == act.symbol else ZERO,
                one.size_usdc if same_bucket else ZERO,
                one.loss_at_stop_usdc,
            )


def _foreign_orders(act: Act, book: Book) -> Iterable[Exposure]:
    """Working opening orders at the venue that the journal does not know: in full, as same-category."""
    ours = {one.client_order_id for one in book.acts}
    for order in book.snapshot.orders or ():
        if order.status.working and not order.reduce_only and order.client_order_id not in ours:
            worth = _order_notional(order, book.snapshot)
            same_side = order.side is None or order.side is act.side
            yield Exposure(
                worth, worth if order.symbol == act.symbol else ZERO, worth if same_side else ZERO, worth
            )


def _order_notional(order: VenueOrder, snapshot: Snapshot) -> Decimal:
    if order.quantity is None:
        return UNBOUNDED
    quote = snapshot.quote(order.symbol or "")
    price = order.limit_price or order.stop_price or (quote.ask if quote is not None else None)
    if order.amount_unit == "quote":
        return order.quantity
    return UNBOUNDED if price is None else order.quantity * price


# ---- windows -------------------------------------------------------------------------------------


def day_loss_usdc(nav: Decimal, book: Book) -> Decimal:
    """USDC lost since the UTC day began, by the venue's clock; a gain counts as nothing."""
    venue_time = book.snapshot.venue_time
    start = book.ledger.day_start_nav(venue_time) if venue_time is not None else None
    return max(ZERO, (start - nav) * book.ledger.units) if start is not None else ZERO


def _sent_today(book: Book) -> Decimal:
    """Opening notional of the UTC day. An act whose venue time is not known counts."""
    today = book.snapshot.venue_time.date() if book.snapshot.venue_time is not None else None
    counted = (
        one.size_usdc
        for one in book.openings
        if one.counts and (one.venue_time is None or one.venue_time.date() == today)
    )
    return sum(counted, ZERO)


def _mandate_caps(basis: Basis, each: Decimal) -> list[Cap]:
    caps = []
    if basis.mandate.max_notional_usdc is not None:
        caps.append(Cap("MANDATE", basis.mandate.max_notional_usdc))
    if basis.mandate.max_loss_usdc is not None:
        caps.append(Cap("MANDATE", _times(basis.mandate.max_loss_usdc, each)))
    return caps


def _duplicate_caps(act: Act, minimum: Decimal, book: Book, limits: Limits) -> list[Cap]:
    """A like act forbids its own size ± 10 %; sizes past that band are no duplicates.

    A band that lies below the venue's minimum forbids nothing that could be sent.
    """
    since = book.now - timedelta(seconds=int(limits.duplicate_window_s))
    return [
        Cap(
            "DUPLICATE",
            one.size_usdc * (ONE - limits.duplicate),
            strict=True,
            gap=one.size_usdc * (ONE + limits.duplicate),
        )
        for one in book.openings
        if one.symbol == act.symbol
        and one.side is act.side
        and one.counts
        and one.at > since
        and one.size_usdc * (ONE + limits.duplicate) >= minimum
    ]


# ---- when a human decides ------------------------------------------------------------------------


def human_caps(basis: Basis, book: Book, limits: Limits) -> list[Cap]:
    """The sizes below which nobody needs to be asked (DESIGN section 7)."""
    alone = [one for one in book.openings if one.counts and one.approved_by is None]
    caps = [
        Cap("HUMAN_SIZE", limits.human, strict=True),
        Cap("HUMAN_HOUR", limits.human_hour - _since(alone, book.now - HOUR), strict=True),
        Cap("HUMAN_DAY", limits.human_day - _since(alone, book.now - DAY), strict=True),
    ]
    if _near_event(basis, book.snapshot.venue_time):
        caps.append(Cap("HUMAN_EVENT", ZERO))
    return caps


def _since(acts: Iterable[SentAct], start: datetime) -> Decimal:
    return sum((one.size_usdc for one in acts if one.pending or one.at > start), ZERO)


def _near_event(basis: Basis, venue_time: datetime | None) -> bool:
    return venue_time is None or any(abs(venue_time - event) <= DAY for event in basis.events)
