"""A trade on a book of which everything is known: what the gate's rules are shown."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from desk.domain.book import Book
from desk.domain.inputs import computable, fresh, unknown_facts
from desk.domain.limits import Limits
from desk.domain.market import Market, Quote
from desk.domain.money import ONE, ZERO
from desk.domain.portfolio import SentAct, equity
from desk.domain.proposal import Act, Basis, Intent


class Case(NamedTuple):
    """Each figure that several rules need, computed once.

    ``available`` and ``worth``, the equity, are USDC; ``nav`` is the equity a unit; ``stop_share`` is the
    fraction of the limit price that the stop loses. ``openings`` are the opening acts of the book,
    ``sent`` those of them that may have had an effect.
    """

    act: Act
    basis: Basis
    limits: Limits
    book: Book
    market: Market
    quote: Quote
    venue_time: datetime
    atr: Decimal
    available: Decimal
    worth: Decimal
    nav: Decimal
    stop_share: Decimal
    openings: tuple[SentAct, ...]
    sent: list[SentAct]


def case_of(intent: Intent, book: Book, limits: Limits) -> Case | None:
    """The case, or None if anything of it is not known: ``inputs.unknown_inputs`` then says what."""
    act, basis, snapshot = intent.act, intent.basis, book.snapshot
    quote = snapshot.quote(act.symbol)
    if not (fresh(book) and computable(act, basis, book, quote)):
        return None
    market, venue_time = snapshot.market, snapshot.venue_time
    if market is None or quote is None or venue_time is None or unknown_facts(basis, quote):
        return None
    worth, available, atr = equity(snapshot), snapshot.available_usdc, basis.atr
    if worth is None or available is None or atr is None:
        return None
    if snapshot.market_open is None or snapshot.orders is None:
        return None
    units, openings = book.ledger.units, book.openings
    nav = worth / units if units > ZERO else ONE
    sent = [one for one in openings if one.counts]
    share = act.stop_distance
    return Case(
        act, basis, limits, book, market, quote, venue_time, atr, available, worth, nav, share, openings, sent
    )
