"""From a venue's answer to the event it means, and to whether it is what the ticket said."""

from __future__ import annotations

from decimal import Decimal

from desk.domain.events import (
    Informed,
    Inputs,
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderFilled,
    OrderPartiallyFilled,
    OrderRejected,
)
from desk.domain.lifecycle import VENUE_STATUS, OrderState
from desk.domain.market import OrderRequest, OrderStatus, Side, VenueOrder
from desk.domain.money import ZERO
from desk.domain.shape import shaped


def filled_quantity(answer: VenueOrder, request: OrderRequest) -> Decimal:
    """Base units that executed. A ``filled`` order whose amount the venue left out filled all of it."""
    if answer.filled_quantity is not None:
        return answer.filled_quantity
    return request.quantity if VENUE_STATUS[answer.status] is OrderState.FILLED else ZERO


def settled(answer: VenueOrder, request: OrderRequest, inputs: Inputs) -> Informed:
    """The order event for what the venue says of the order now."""
    cid, plain = request.client_order_id, shaped(answer)
    filled, fee = filled_quantity(answer, request), answer.fee_usdc or ZERO
    price = answer.average_price
    match VENUE_STATUS[answer.status]:
        case OrderState.FILLED | OrderState.PARTIALLY_FILLED as state:
            kind = OrderFilled if state is OrderState.FILLED else OrderPartiallyFilled
            return kind(
                client_order_id=cid,
                order_id=answer.order_id,
                filled_quantity=filled,
                average_price=price if price is not None else request.limit_price or ZERO,
                fee_usdc=fee,
                answer=plain,
                inputs=inputs,
            )
        case OrderState.CANCELLED | OrderState.EXPIRED as state:
            ended = OrderCancelled if state is OrderState.CANCELLED else OrderExpired
            return ended(
                client_order_id=cid,
                order_id=answer.order_id,
                filled_quantity=filled,
                average_price=price,
                fee_usdc=fee,
                answer=plain,
                inputs=inputs,
            )
        case OrderState.REJECTED:
            code = answer.reject_code or "rejected"
            return OrderRejected(client_order_id=cid, order_id=answer.order_id, code=code, inputs=inputs)
        case _:
            return OrderAccepted(client_order_id=cid, order_id=answer.order_id, answer=plain, inputs=inputs)


def differences(answer: VenueOrder, request: OrderRequest) -> tuple[str, ...]:
    """Names of what the answer has otherwise than the ticket said; each of them halts the desk.

    Less quantity or a better price is fine. A leverage the venue does not state is a difference: what
    it could default must be sent and must come back. Of an order the venue rejected nothing is compared.
    """
    if answer.status is OrderStatus.REJECTED:
        return ()
    found = []
    if answer.symbol is not None and answer.symbol != request.symbol:
        found.append("symbol")
    if answer.side is not None and answer.side is not request.side:
        found.append("side")
    if answer.leverage != request.leverage:
        found.append("leverage")
    if answer.mode is not None and answer.mode != request.mode:
        found.append("mode")
    if answer.client_order_id is not None and answer.client_order_id != request.client_order_id:
        found.append("client_order_id")
    if filled_quantity(answer, request) > request.quantity:
        found.append("quantity")
    if _worse(answer.average_price, request):
        found.append("price")
    return tuple(found)


def _worse(price: Decimal | None, request: OrderRequest) -> bool:
    if price is None or request.limit_price is None:
        return False
    if request.side is Side.BUY:
        return price > request.limit_price
    return price < request.limit_price
