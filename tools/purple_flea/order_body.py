"""An order request as bytes: every figure exactly as the ticket has it, nothing left to a default."""

from __future__ import annotations

from decimal import Decimal

from desk.domain import json_text
from desk.domain.ids import SYMBOL, VENUE_ID
from desk.domain.market import OrderRequest
from desk.domain.money import amount, plain
from desk.errors import BadNumber, NotSent

_PRICES = ("limit_price", "stop_price", "stop_loss", "take_profit")


def order_body(request: OrderRequest) -> bytes:
    """JSON of the contract's ``OrderRequest``; prices the order does not have are left out.

    Raises:
        NotSent: the request has a figure or a name that cannot stand on the wire.
    """
    if SYMBOL.fullmatch(request.symbol) is None or VENUE_ID.fullmatch(request.client_order_id) is None:
        raise NotSent("the order was not sent", why="its symbol or id is malformed", code="BAD_REQUEST")
    try:
        fields: dict[str, object] = {
            "symbol": request.symbol,
            "side": request.side,
            "amount": _positive(request.quantity),
            "amount_unit": "base",
            "mode": request.mode,
            "type": request.type,
            "time_in_force": request.time_in_force,
            "reduce_only": request.reduce_only,
            "leverage": request.leverage,
            "client_order_id": request.client_order_id,
        }
        for name in _PRICES:
            price: Decimal | None = getattr(request, name)
            if price is not None:
                fields[name] = _positive(price)
        return json_text.write(fields).encode()
    except BadNumber:
        raise NotSent("the order was not sent", why="a figure is malformed", code="BAD_REQUEST") from None


def _positive(value: Decimal) -> Decimal:
    number = amount(plain(value))
    if not number:
        raise BadNumber("an amount or price of an order is zero")
    return number
