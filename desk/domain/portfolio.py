"""What the journal knows of an account, as a fold; and what a snapshot and the fold say together.

Unit NAV: deposits buy units at the NAV of their moment, so money coming in is never a gain. The NAV
observations are those the gate recorded each time it looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from desk.domain.events import (
    Event,
    FaucetClaimed,
    FundsDeposited,
    FundsWithdrawn,
    GateAssessed,
    OrderSubmitted,
)
from desk.domain.lifecycle import ORDER_EVENT, OrderState
from desk.domain.market import Position, Side, Snapshot
from desk.domain.money import ONE, ZERO

#: Acts whose request is proven to have had no effect: no limit counts them.
WITHOUT_EFFECT = frozenset({OrderState.NOT_SENT, OrderState.REJECTED, OrderState.ABSENT})
#: The events that an account's ledger is a fold of.
FOLDED = (*ORDER_EVENT, "FundsDeposited", "FundsWithdrawn", "FaucetClaimed", "GateAssessed")
#: The longest window any limit looks back.
LONGEST_WINDOW = timedelta(hours=48)


class SentAct(Struct, frozen=True, kw_only=True):
    """One money-moving request as the limits count it, always at its full size.

    ``state`` is None while it is only reserved by a ticket. ``approved_by`` is None when no human did.
    """

    client_order_id: str
    symbol: str
    side: Side
    bucket: str
    size_usdc: Decimal
    loss_at_stop_usdc: Decimal
    at: datetime
    venue_time: datetime | None
    opening: bool
    approved_by: str | None
    state: OrderState | None

    @property
    def pending(self) -> bool:
        """May still come to have an effect that no position shows: counted in full."""
        return self.state is None or self.state.open

    @property
    def counts(self) -> bool:
        return self.state not in WITHOUT_EFFECT


class Ledger(Struct, frozen=True, kw_only=True):
    """The fold of one account's events.

    ``before_nav`` is the last NAV seen before ``day``, ``first_nav`` the first seen on it.
    """

    acts: tuple[SentAct, ...] = ()
    units: Decimal = ZERO
    peak_nav: Decimal = ONE
    day: date | None = None
    before_nav: Decimal | None = None
    first_nav: Decimal | None = None
    last_nav: Decimal | None = None

    def observed(self, nav: Decimal, at: datetime) -> Ledger:
        """With one more NAV observation at venue time ``at``."""
        same_day = self.day == at.date()
        return replace(
            self,
            day=at.date(),
            before_nav=self.before_nav if same_day else self.last_nav,
            first_nav=self.first_nav if same_day else nav,
            last_nav=nav,
            peak_nav=max(self.peak_nav, nav),
        )

    def day_start_nav(self, at: datetime) -> Decimal | None:
        """The NAV the UTC day of ``at`` began with, as far as anything was seen; None before any look."""
        if self.day != at.date():
            return self.last_nav
        return self.before_nav if self.before_nav is not None else self.first_nav

    def with_acts(self, more: Iterable[SentAct]) -> Ledger:
        return replace(self, acts=(*self.acts, *more))

    def recent(self, now: datetime) -> Ledger:
        """Without acts that no rule looks at any more."""
        horizon = now - LONGEST_WINDOW
        acts = tuple([act for act in self.acts if act.pending or act.at >= horizon])
        return self if acts == self.acts else replace(self, acts=acts)


def fold(events: Iterable[tuple[datetime, Event]], start: Ledger | None = None) -> Ledger:
    """The ledger of an account from its events, oldest first, each with the time it was recorded.

    Args:
        start: the ledger of the events before these; none of it is known to be missing.
    """
    ledger = start or Ledger()
    units, acts = ledger.units, {act.client_order_id: act for act in ledger.acts}
    for at, event in events:
        match event:
            case OrderSubmitted():
                acts[event.client_order_id] = _sent(event, at)
            case FundsDeposited() | FaucetClaimed():
                units += event.amount_usdc / event.nav
            case FundsWithdrawn():
                units -= event.amount_usdc / event.nav
            case GateAssessed() if event.nav is not None and event.venue_time is not None:
                ledger = ledger.observed(event.nav, event.venue_time)
            case _:
                _advance(acts, event)
    return replace(ledger, units=units, acts=tuple(acts.values()))


class Remembered(Struct, frozen=True, kw_only=True):
    """A ledger without the acts that no rule looks at from ``now`` on."""

    now: datetime
    ledger: Ledger


class LedgerFold(Struct, frozen=True):
    """The ledger as far as any rule looks back from ``now``. See ``desk.ports.Projection``."""

    now: datetime

    name: ClassVar[str] = "ledger"
    types: ClassVar[tuple[str, ...]] = FOLDED
    state: ClassVar[type[Remembered]] = Remembered

    def fold(self, events: Sequence[tuple[datetime, Event]], start: Remembered | None) -> Remembered | None:
        if start is not None and not _goes_on(start, events, self.now):
            return None
        ledger = fold(events, None if start is None else start.ledger)
        return Remembered(now=self.now, ledger=ledger.recent(self.now))


def _goes_on(start: Remembered, events: Iterable[tuple[datetime, Event]], now: datetime) -> bool:
    """Is nothing that was forgotten needed: by an earlier ``now``, or by an event of an act that is gone?"""
    known = {act.client_order_id for act in start.ledger.acts}
    for _, event in events:
        client_order_id = getattr(event, "client_order_id", None)
        if isinstance(event, OrderSubmitted):
            known.add(event.client_order_id)
        elif client_order_id is not None and client_order_id not in known:
            return False
    return start.now <= now


def _sent(event: OrderSubmitted, at: datetime) -> SentAct:
    return SentAct(
        client_order_id=event.client_order_id,
        symbol=event.symbol,
        side=Side(event.side),
        bucket=event.bucket,
        size_usdc=event.size_usdc,
        loss_at_stop_usdc=event.loss_at_stop_usdc,
        at=at,
        venue_time=event.venue_time,
        opening=event.purpose == "entry",
        approved_by=event.approved_by,
        state=OrderState.SUBMITTED,
    )


def _advance(acts: dict[str, SentAct], event: Event) -> None:
    state = ORDER_EVENT.get(type(event).__name__)
    client_order_id = getattr(event, "client_order_id", None)
    if state is not None and client_order_id in acts:
        acts[client_order_id] = replace(acts[client_order_id], state=state)


def mark(position: Position, snapshot: Snapshot) -> Decimal | None:
    """The price at which the position could be left now: longs at the bid, shorts at the ask."""
    quote = snapshot.quote(position.symbol)
    if quote is None:
        return None
    return quote.bid if position.side is Side.BUY else quote.ask


def equity(snapshot: Snapshot) -> Decimal | None:
    """cash + unrealised P&L − accrued fees; None when a part is not known. Short proceeds are no cash."""
    if snapshot.balance_usdc is None or snapshot.positions is None:
        return None
    total = snapshot.balance_usdc - snapshot.accrued_fees_usdc
    for position in snapshot.positions:
        price = mark(position, snapshot)
        if price is None:
            return None
        total += position.side.sign * position.quantity * (price - position.entry_price)
    return total


def notional(position: Position, snapshot: Snapshot) -> Decimal | None:
    """The larger of the position's value at entry and at its mark, in USDC."""
    price = mark(position, snapshot)
    return None if price is None else position.quantity * max(position.entry_price, price)


def loss_at_stop(position: Position, snapshot: Snapshot, taker_fee: Decimal) -> Decimal | None:
    """What is still lost if the position's stop fills at its price; its whole value if it has none."""
    price = mark(position, snapshot)
    if price is None:
        return None
    if position.stop is None:
        return position.quantity * max(position.entry_price, price)
    lost = position.side.sign * (price - position.stop) * position.quantity
    return max(ZERO, lost) + taker_fee * position.quantity * position.stop
