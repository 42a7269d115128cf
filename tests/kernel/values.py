"""A trade that clears, and the book it clears on: tests change one thing about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from desk.domain.book import Book, TradingState
from desk.domain.lifecycle import OrderState
from desk.domain.market import (
    Category,
    Market,
    OrderStatus,
    Position,
    Promises,
    Quote,
    Side,
    Snapshot,
    VenueOrder,
)
from desk.domain.portfolio import Ledger, SentAct
from desk.domain.proposal import Act, Basis, Intent, Mandate

D = Decimal
NOW = datetime(2016, 6, 23, 12, tzinfo=UTC)
PRICE = D(2000)
SPX, GOOG = "SPX-PERP", "GOOG-PERP"

MARKET = Market(
    symbol=SPX,
    category=Category.INDICES,
    amount_step=D("0.0001"),
    price_step=D("0.01"),
    min_notional_usdc=D(10),
    taker_fee=D("0.00055"),
    spread=D("0.0002"),
)
PROMISES = Promises(mode="paper", idempotency=True, client_order_id_lookup=True, settle_s=0)


def quote(mid: Decimal = PRICE, symbol: str = SPX, age_s: int = 0) -> Quote:
    """Quoted 0.2 either side of ``mid``."""
    at = NOW - timedelta(seconds=age_s)
    return Quote(symbol=symbol, bid=mid - D("0.2"), ask=mid + D("0.2"), last=mid, timestamp=at)


def snapshot(**changes: Any) -> Snapshot:
    """An account of 10,000 USDC that holds nothing."""
    fields: dict[str, Any] = {
        "venue_time": NOW,
        "promises": PROMISES,
        "market": MARKET,
        "market_open": True,
        "quotes": (quote(), quote(symbol=GOOG)),
        "balance_usdc": D(10_000),
        "available_usdc": D(10_000),
        "accrued_fees_usdc": D(0),
        "positions": (),
        "orders": (),
    }
    return Snapshot(**(fields | changes))


def book(**changes: Any) -> Book:
    """Changes of the snapshot's fields go to the snapshot, the others to the book."""
    of_snapshot = {name: changes.pop(name) for name in [*changes] if name in Snapshot.__slots__}
    fields: dict[str, Any] = {
        "now": NOW,
        "snapshot": snapshot(**of_snapshot),
        "snapshot_age_s": D(0),
        "ledger": Ledger(units=D(10_000)),
        "trading_state": TradingState.ACTIVE,
    }
    return Book(**(fields | changes))


def intent(**changes: Any) -> Intent:
    """Buy 50 USDC at 2000, out at 1960 or 2140. Changes of the act's fields go there, else to the basis."""
    act = Act(
        venue="paper",
        kind="trade",
        symbol=SPX,
        side=Side.BUY,
        size_usdc=D(50),
        quantity=D("0.0249"),
        limit=D(2004),
        stop=D(1960),
        target=D(2140),
        leverage=1,
        tif="ioc",
        valid_until=NOW + timedelta(hours=4),
    )
    basis = Basis(
        account="paper:test",
        as_of=NOW,
        category=Category.INDICES,
        entry=D(2000),
        reference=D(2000),
        atr=D(30),
        worst_move=D("-0.05"),
        mandate=Mandate(),
        kill_if=(),
        events=(),
    )
    of_act = {name: changes.pop(name) for name in [*changes] if name in Act.__slots__}
    identity = changes.pop("intent_id", "int_" + "1" * 32)
    return Intent(intent_id=identity, act=replace(act, **of_act), basis=replace(basis, **changes))


def sized(size: Decimal, **changes: Any) -> Intent:
    """The intent with another size and the quantity that goes with it."""
    return intent(size_usdc=size, quantity=(size / 2004).quantize(D("0.0001"), "ROUND_DOWN"), **changes)


def sent(size: Decimal | int, *, ago_s: int = 0, **changes: Any) -> SentAct:
    """An opening act of this size that filled, in another symbol and unapproved, unless told otherwise."""
    at = NOW - timedelta(seconds=ago_s)
    fields: dict[str, Any] = {
        "client_order_id": "cid_" + "a" * 32,
        "symbol": GOOG,
        "side": Side.BUY,
        "bucket": "equity",
        "size_usdc": D(size),
        "loss_at_stop_usdc": D(1),
        "at": at,
        "venue_time": at,
        "opening": True,
        "approved_by": None,
        "state": OrderState.FILLED,
    }
    return SentAct(**(fields | changes))


def ledger(*acts: SentAct, **changes: Any) -> Ledger:
    fields: dict[str, Any] = {"units": D(10_000), "acts": acts}
    return Ledger(**(fields | changes))


def held(worth: Decimal | int, **changes: Any) -> Position:
    """A long of this notional at 2000, its stop close by."""
    fields: dict[str, Any] = {
        "position_id": "pos_1",
        "symbol": SPX,
        "side": Side.BUY,
        "quantity": D(worth) / 2000,
        "entry_price": D(2000),
        "stop": D(1999),
    }
    return Position(**(fields | changes))


def stranger(**changes: Any) -> VenueOrder:
    """Somebody else's working order, which sells 100 USDC at 2000."""
    fields: dict[str, Any] = {
        "order_id": "ord_9",
        "status": OrderStatus.ACCEPTED,
        "symbol": GOOG,
        "side": Side.SELL,
        "quantity": D("0.05"),
        "limit_price": D(2000),
    }
    return VenueOrder(**(fields | changes))
