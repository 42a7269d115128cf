"""What the account has at risk besides the act under judgement: held, working, reserved or unknown."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from desk.domain.case import Case
from desk.domain.market import Position, Snapshot, VenueOrder
from desk.domain.money import ZERO
from desk.domain.portfolio import SentAct, loss_at_stop, notional

#: More than any limit: an order of unknown size is worth this, and a rule with nothing to hold admits it.
UNBOUNDED = Decimal(10**12)


class Exposure(NamedTuple):
    """Notional in USDC: in all, of the act's symbol, of its bucket and side; and what the stops lose."""

    all_usdc: Decimal
    symbol_usdc: Decimal
    alike_usdc: Decimal
    loss_usdc: Decimal


#: What one position or order adds to each of these.
Part = tuple[Decimal, Decimal, Decimal, Decimal]

NOTHING = Exposure(ZERO, ZERO, ZERO, ZERO)


def exposure(case: Case) -> Exposure:
    """Everything but the act itself, each at its full size."""
    snapshot = case.book.snapshot
    parts: list[Part] = []
    if snapshot.positions:
        buckets = {one.symbol: one.bucket for one in case.book.acts}
        parts += [_position(one, case, buckets) for one in snapshot.positions]
    parts += [_pending(one, case) for one in case.openings if one.pending]
    if snapshot.orders:
        ours = {one.client_order_id for one in case.book.acts}
        opening = [one for one in snapshot.orders if one.status.working and not one.reduce_only]
        parts += [_foreign(one, case) for one in opening if one.client_order_id not in ours]
    if not parts:
        return NOTHING
    return Exposure(*[sum(column, ZERO) for column in zip(*parts, strict=True)])


def _position(one: Position, case: Case, buckets: dict[str, str]) -> Part:
    """At the larger of entry and mark. A position of unknown category counts with this act's."""
    act, snapshot, bucket = case.act, case.book.snapshot, case.basis.category.bucket
    worth = notional(one, snapshot) or ZERO
    same_symbol = one.symbol == act.symbol
    alike = one.side is act.side and (same_symbol or buckets.get(one.symbol, bucket) == bucket)
    lost = loss_at_stop(one, snapshot, case.market.taker_fee) or ZERO
    return (worth, worth if same_symbol else ZERO, worth if alike else ZERO, lost)


def _pending(one: SentAct, case: Case) -> Part:
    act, size = case.act, one.size_usdc
    alike = one.side is act.side and one.bucket == case.basis.category.bucket
    return (size, size if one.symbol == act.symbol else ZERO, size if alike else ZERO, one.loss_at_stop_usdc)


def _foreign(order: VenueOrder, case: Case) -> Part:
    """An order that the journal does not know: in full, as same-category."""
    act, worth = case.act, _order_notional(order, case.book.snapshot)
    alike = order.side is None or order.side is act.side
    return (worth, worth if order.symbol == act.symbol else ZERO, worth if alike else ZERO, worth)


def _order_notional(order: VenueOrder, snapshot: Snapshot) -> Decimal:
    if order.quantity is None:
        return UNBOUNDED
    quote = snapshot.quote(order.symbol or "")
    price = order.limit_price or order.stop_price or (quote.ask if quote is not None else None)
    if order.amount_unit == "quote":
        return order.quantity
    return UNBOUNDED if price is None else order.quantity * price
