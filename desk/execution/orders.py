"""Requests as they go on the wire, and tickets for them."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from desk.domain import ids
from desk.domain.canonical import moment, timestamp
from desk.domain.events import Document, OrderSubmitted, TicketIssued
from desk.domain.market import OrderRequest, OrderType, Side, Snapshot, TimeInForce
from desk.domain.money import ONE, ZERO, plain
from desk.domain.proposal import Act, Intent
from desk.domain.shape import shaped
from desk.execution.log import SessionLog
from desk.execution.tickets import expires, params_of
from desk.ports import Instant, TicketRow

ENTRY, STOP, FLATTEN, EXIT = "entry", "stop", "flatten", "exit"


class Purpose(Struct, frozen=True, kw_only=True):
    """What a request is for, and the act it belongs to. ``size_usdc`` is what the limits count."""

    name: str
    intent_id: str
    act: Act
    trade_id: str
    bucket: str
    size_usdc: Decimal
    loss_at_stop_usdc: Decimal
    approved_by: str | None
    attempt: int


def entry_request(act: Act, client_order_id: str, mode: str) -> OrderRequest:
    """The opening order: LIMIT IOC with its protective legs."""
    return OrderRequest(
        client_order_id=client_order_id,
        symbol=act.symbol,
        side=act.side,
        quantity=act.quantity,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce(act.tif),
        mode=mode,
        leverage=act.leverage,
        limit_price=act.limit,
        stop_loss=act.stop,
        take_profit=act.target,
    )


def stop_request(act: Act, quantity: Decimal, client_order_id: str, mode: str) -> OrderRequest:
    """A reduce-only stop for what filled."""
    return OrderRequest(
        client_order_id=client_order_id,
        symbol=act.symbol,
        side=act.side.opposite,
        quantity=quantity,
        type=OrderType.STOP,
        time_in_force=TimeInForce.GTC,
        mode=mode,
        reduce_only=True,
        stop_price=act.stop,
    )


def flatten_request(
    symbol: str, side: Side, quantity: Decimal, client_order_id: str, mode: str
) -> OrderRequest:
    """Leave the position at the market; it can only reduce."""
    return OrderRequest(
        client_order_id=client_order_id,
        symbol=symbol,
        side=side,
        quantity=quantity,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
        mode=mode,
        reduce_only=True,
    )


def opening(intent: Intent, trade_id: str, taker_fee: Decimal, approved_by: str | None) -> Purpose:
    """The purpose of an intent's entry."""
    return Purpose(
        name=ENTRY,
        intent_id=intent.intent_id,
        act=intent.act,
        trade_id=trade_id,
        bucket=intent.basis.category.bucket,
        size_usdc=intent.act.size_usdc,
        loss_at_stop_usdc=intent.act.loss_at_stop_usdc(taker_fee),
        approved_by=approved_by,
        attempt=1,
    )


def ticket_row(
    purpose: Purpose,
    request: OrderRequest,
    log: SessionLog,
    now: Instant,
    *,
    card_hash: str,
    policy_hash: str,
) -> TicketRow:
    """The unsealed row of a new ticket. The trade's id travels in the stored request's place, not in text."""
    params, digest = params_of(request)
    wall, boot, monotonic = expires(now)
    return TicketRow(
        ticket_id=log.new_id(ids.TICKET),
        intent_id=purpose.intent_id,
        attempt=purpose.attempt,
        intent_hash=purpose.act.hash,
        params=params,
        params_hash=digest,
        card_hash=card_hash,
        policy_hash=policy_hash,
        approved_by=purpose.approved_by or "",
        session_id=log.session_id,
        account=log.account,
        symbol=request.symbol,
        side=request.side.value,
        bucket=purpose.bucket,
        size_usdc=plain(purpose.size_usdc),
        loss_at_stop_usdc=plain(purpose.loss_at_stop_usdc),
        issued_at=timestamp(now.wall),
        expires_at=wall,
        expires_boot=boot,
        expires_monotonic=monotonic,
        mac="",
    )


def issued(row: TicketRow, purpose: Purpose, request: OrderRequest) -> TicketIssued:
    """The public fact of a ticket: its id and what it is for, never its seal or parameters."""
    return TicketIssued(
        ticket_id=row.ticket_id,
        intent_id=row.intent_id,
        intent_hash=row.intent_hash,
        attempt=row.attempt,
        purpose=purpose.name,
        trade_id=purpose.trade_id,
        client_order_id=request.client_order_id,
        expires_at=moment(row.expires_at),
    )


def submitted(
    purpose: Purpose, row: TicketRow, request: OrderRequest, snapshot: Snapshot, venue: str
) -> OrderSubmitted:
    """The event that is durable before the first byte. Its inputs are filled in by the writer."""
    return OrderSubmitted(
        client_order_id=request.client_order_id,
        session_id=row.session_id,
        account=row.account,
        venue=venue,
        ticket_id=row.ticket_id,
        intent_id=purpose.intent_id,
        intent_hash=row.intent_hash,
        trade_id=purpose.trade_id,
        purpose=purpose.name,
        symbol=request.symbol,
        side=request.side.value,
        bucket=purpose.bucket,
        size_usdc=purpose.size_usdc,
        loss_at_stop_usdc=purpose.loss_at_stop_usdc,
        approved_by=purpose.approved_by,
        request=shaped(request),
        params_hash=row.params_hash,
        baseline=baseline(snapshot, request.symbol),
        venue_time=snapshot.venue_time,
    )


def baseline(snapshot: Snapshot, symbol: str) -> Document:
    """What the venue showed of the symbol just before: the orders it knew and the signed position."""
    known = sorted(order.order_id for order in snapshot.orders or () if order.symbol in (symbol, None))
    return {"orders": known, "position": plain(signed_position(snapshot, symbol))}


def signed_position(snapshot: Snapshot, symbol: str) -> Decimal:
    """Base units held, negative for a short. Nothing is known where positions could not be read: zero."""
    held = (one for one in snapshot.positions or () if one.symbol == symbol)
    return sum((one.side.sign * one.quantity for one in held), ZERO) * ONE
