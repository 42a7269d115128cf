"""What the journal says of a trade: its entry, its act, where it stands."""

from __future__ import annotations

from desk.domain import ids
from desk.domain.events import OrderSubmitted, TradeMoved
from desk.domain.lifecycle import OrderState, TradeState, fold_order
from desk.domain.proposal import Act, act_from
from desk.execution.orders import ENTRY, STOP
from desk.execution.room import Parts
from desk.execution.trades import Trade
from desk.ports import Journal

#: States an order may be left in by a process that is gone.
OPEN_ENDED = frozenset({OrderState.SUBMITTED, OrderState.UNKNOWN})


def last_move(journal: Journal, trade_id: str) -> TradeMoved:
    """The newest step of a trade, with everything known of it."""
    moved = [
        one.event for one in journal.stream(ids.trade_stream(trade_id)) if one.event_type == "TradeMoved"
    ]
    last = moved[-1]
    assert isinstance(last, TradeMoved)
    return last


def entry_of(journal: Journal, trade_id: str) -> OrderSubmitted:
    """The order that opened a trade."""
    for record in journal.events(types=("OrderSubmitted",)):
        event = record.event
        if isinstance(event, OrderSubmitted) and event.trade_id == trade_id and event.purpose == ENTRY:
            return event
    raise LookupError(trade_id)


def own_stops(journal: Journal, trade_id: str) -> frozenset[str]:
    """Client order ids of the stops that were placed for this trade besides the entry's own."""
    return frozenset(
        str(record.data["client_order_id"])
        for record in journal.events(types=("OrderSubmitted",))
        if record.data["trade_id"] == trade_id and record.data["purpose"] == STOP
    )


def act_of(journal: Journal, submitted: OrderSubmitted) -> Act:
    """The act of the order's intent, from its session's stream."""
    stream = journal.stream(ids.session_stream(submitted.session_id or ""))
    minted = (one.data for one in stream if one.event_type == "IntentMinted")
    return next(act_from(data["act"]) for data in minted if data["intent_id"] == submitted.intent_id)  # type: ignore[arg-type]


def trade_state(journal: Journal, trade_id: str) -> TradeState:
    """Where the trade's last move left it."""
    moved = [one.data for one in journal.stream(ids.trade_stream(trade_id)) if one.event_type == "TradeMoved"]
    return TradeState(str(moved[-1]["target"])) if moved else TradeState.SCANNING


def entry_order_id(journal: Journal, submitted: OrderSubmitted) -> str:
    """The venue's id of an entry on record."""
    stream = journal.stream(ids.order_stream(submitted.client_order_id))
    return next(str(one.data["order_id"]) for one in reversed(stream) if one.data.get("order_id"))


def in_doubt(journal: Journal, trade_id: str) -> bool:
    """Is an order of this trade still without a known outcome?"""
    orders = [
        str(record.data["client_order_id"])
        for record in journal.events(types=("OrderSubmitted",))
        if record.data["trade_id"] == trade_id
    ]
    return any(order_state(journal, one) in OPEN_ENDED for one in orders)


def order_state(journal: Journal, client_order_id: str) -> OrderState:
    """Where the order's events leave it."""
    return fold_order(record.event_type for record in journal.stream(ids.order_stream(client_order_id)))


def resumed(parts: Parts, moved: TradeMoved, act: Act) -> Trade:
    """The trade as its last move left it."""
    trade = Trade(moved.trade_id, act, parts.log, TradeState(moved.target))
    trade.knows(quantity=moved.quantity, entry_price=moved.entry_price, fees_usdc=moved.fees_usdc)
    return trade
