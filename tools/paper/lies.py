"""Answers falsified as a plan says: pure over JSON trees, for tests of what the desk believes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal

from desk.domain import json_text
from tools.paper.plan import FaultPlan, Lie

Order = dict[str, json_text.Tree]


def falsified(plan: FaultPlan, path: str, body: bytes) -> bytes | None:
    """The answer to a call on ``path`` as the plan wants it told, or None where it must be a 404."""
    if path == "/meta" and plan.tells(Lie.NO_META):
        return None
    if not path.startswith("/trade/order"):
        return body
    tree = json_text.read(body)
    if not isinstance(tree, dict):
        return body
    if isinstance(listed := tree.get("orders"), list):
        orders = [order for order in listed if isinstance(order, dict) and _is_visible(plan, order)]
        shown: list[json_text.Tree] = [_told(plan, order) for order in orders]
        if plan.tells(Lie.LOOK_ALIKE):
            shown += [_look_alike(order) for order in orders]
        tree = {"orders": shown, "count": Decimal(len(shown))}
    elif "order_id" in tree:
        tree = _told(plan, tree)
    return json_text.write(tree).encode()


def _is_visible(plan: FaultPlan, order: Order) -> bool:
    wanted = plan.lies.get(Lie.LATE_LOOKUP, 0)
    order_id = str(order["order_id"])
    plan.lookups[order_id] = plan.lookups.get(order_id, 0) + 1
    return plan.lookups[order_id] > wanted


def _told(plan: FaultPlan, order: Order) -> Order:
    told = dict(order)
    for lie, change in _CHANGES.items():
        if plan.tells(lie):
            change(told)
    return told


def _look_alike(order: Order) -> Order:
    """A stranger's order: the same symbol, side, amount and time, under an id of its own."""
    digest = hashlib.sha256(f"look-alike|{order['order_id']}".encode()).hexdigest()
    return {**order, "order_id": f"ord_{digest[:24]}", "client_order_id": None, "parent_order_id": None}


def _hide(order: Order) -> None:
    order["client_order_id"] = None


def _other_leverage(order: Order) -> None:
    order["leverage"] = Decimal(5)


def _no_leverage(order: Order) -> None:
    order.pop("leverage", None)


def _other_side(order: Order) -> None:
    order["side"] = "sell" if order["side"] == "buy" else "buy"


def _other_symbol(order: Order) -> None:
    order["symbol"] = "BTC-PERP" if order["symbol"] != "BTC-PERP" else "ETH-PERP"


def _more_amount(order: Order) -> None:
    for name in ("amount", "filled_amount"):
        if isinstance(value := order.get(name), Decimal):
            order[name] = value * 2


def _worse_price(order: Order) -> None:
    if isinstance(price := order.get("fill_price"), Decimal):
        order["fill_price"] = price * (Decimal("1.1") if order["side"] == "buy" else Decimal("0.9"))


_CHANGES: dict[Lie, Callable[[Order], None]] = {
    Lie.HIDE_CLIENT_ORDER_ID: _hide,
    Lie.OTHER_LEVERAGE: _other_leverage,
    Lie.NO_LEVERAGE: _no_leverage,
    Lie.WORSE_PRICE: _worse_price,
    Lie.MORE_AMOUNT: _more_amount,
    Lie.OTHER_SIDE: _other_side,
    Lie.OTHER_SYMBOL: _other_symbol,
}
