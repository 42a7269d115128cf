"""The times that limits look back over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from desk.domain.book import Book
from desk.domain.money import ZERO
from desk.domain.portfolio import SentAct

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)


def younger(acts: Sequence[SentAct], than_s: Decimal, now: datetime) -> list[SentAct]:
    """Those sent less than this many whole seconds before ``now``."""
    if not acts:
        return []
    since = now - timedelta(seconds=int(than_s))
    return [one for one in acts if one.at > since]


def sent_since(acts: Iterable[SentAct], start: datetime) -> Decimal:
    """Notional in USDC of what was sent after ``start`` or may still come to have an effect."""
    return sum([one.size_usdc for one in acts if one.at > start or one.pending], ZERO)


def sent_on_day(acts: Iterable[SentAct], venue_time: datetime | None) -> Decimal:
    """Notional in USDC of the UTC day. An act whose venue time is not known counts."""
    day = venue_time.date() if venue_time is not None else None
    return sum(
        [one.size_usdc for one in acts if one.venue_time is None or one.venue_time.date() == day], ZERO
    )


def day_loss_usdc(nav: Decimal, book: Book) -> Decimal:
    """USDC lost since the UTC day began, by the venue's clock; a gain counts as nothing."""
    venue_time = book.snapshot.venue_time
    start = book.ledger.day_start_nav(venue_time) if venue_time is not None else None
    return max(ZERO, (start - nav) * book.ledger.units) if start is not None else ZERO
