"""What is at the venue and not ours: orders and positions that no event of this journal explains.

They are reported, never adopted: whoever placed them must say what they are for.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from desk.domain.events import Document
from desk.domain.lifecycle import TradeState
from desk.domain.market import Position, VenueOrder
from desk.domain.money import plain
from desk.execution.on_record import OPEN_ENDED, order_state
from desk.ports import Journal

#: Where events name an order: our id, the venue's, and that of a stop.
ORDER_IDS = ("client_order_id", "order_id", "stop_order_id")


class Ours(Struct, frozen=True, kw_only=True):
    """What the journal knows of an account: order ids (theirs and ours), and symbols we may hold."""

    order_ids: frozenset[str]
    held: frozenset[str]
    in_doubt: frozenset[str]


def ours(journal: Journal, account: str) -> Ours:
    """Everything this account sent, and the symbols of trades that may be open or orders in doubt."""
    ids: set[str] = set()
    doubt: set[str] = set()
    last: dict[str, tuple[str, TradeState]] = {}
    for record in journal.of_account(account):
        data = record.data
        ids.update(
            str(data[key]) for key in ("client_order_id", "order_id", "stop_order_id") if data.get(key)
        )
        if record.event_type == "OrderSubmitted":
            if order_state(journal, str(data["client_order_id"])) in OPEN_ENDED:
                doubt.add(str(data["symbol"]))
        elif record.event_type == "TradeMoved":
            last[str(data["trade_id"])] = (str(data["symbol"]), TradeState(str(data["target"])))
    held = {symbol for symbol, state in last.values() if state.exposed}
    return Ours(order_ids=frozenset(ids), held=frozenset(held), in_doubt=frozenset(doubt))


def foreign(
    account: str, orders: Iterable[VenueOrder], positions: Iterable[Position], known: Ours
) -> list[Document]:
    """Working orders and positions that are not ours. A symbol in doubt is left to its order's lookup."""
    strange = [one for one in orders if one.status.working and not _explained(one, known)]
    held = [one for one in positions if one.symbol not in known.held | known.in_doubt]
    return [*(_order(account, one) for one in strange), *(_position(account, one) for one in held)]


def _explained(order: VenueOrder, known: Ours) -> bool:
    names = {order.order_id, order.client_order_id, order.parent_order_id} - {None}
    return bool(names & known.order_ids) or order.symbol in known.in_doubt


def _order(account: str, order: VenueOrder) -> Document:
    quantity = None if order.quantity is None else plain(order.quantity)
    side = None if order.side is None else order.side.value
    return {
        "account": account,
        "what": "order",
        "order_id": order.order_id,
        "symbol": order.symbol,
        "side": side,
        "quantity": quantity,
    }


def _position(account: str, position: Position) -> Document:
    return {
        "account": account,
        "what": "position",
        "order_id": None,
        "symbol": position.symbol,
        "side": position.side.value,
        "quantity": plain(position.quantity),
    }
