"""The three state machines, as tables. A move that is not in the table raises.

The tables are DESIGN section 8's; they also draw the diagrams in the documentation and drive the
property tests. ``fold_order`` is the one place that says which state an order's events leave it in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from desk.domain.market import OrderStatus
from desk.errors import InvalidTransition


class SessionState(StrEnum):
    IDLE = "IDLE"
    SIZING = "SIZING"
    PENDING = "PENDING"
    SETTLING = "SETTLING"
    STOPPED = "STOPPED"
    ERROR = "ERROR"


class OrderState(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    NOT_SENT = "NOT_SENT"
    ACCEPTED = "ACCEPTED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    ABSENT = "ABSENT"

    @property
    def open(self) -> bool:
        """May still have, or come to have, an effect that is not in the position yet."""
        return self in _OPEN_ORDER


class TradeState(StrEnum):
    SCANNING = "SCANNING"
    SETUP_DETECTED = "SETUP_DETECTED"
    ENTRY_APPROVED = "ENTRY_APPROVED"
    ORDER_PLACED = "ORDER_PLACED"
    FILLED = "FILLED"
    HOLDING = "HOLDING"
    UNPROTECTED = "UNPROTECTED"
    EXIT_TRIGGERED = "EXIT_TRIGGERED"
    ORDER_CLOSING = "ORDER_CLOSING"
    CLOSED = "CLOSED"
    ABANDONED = "ABANDONED"
    UNKNOWN = "UNKNOWN"

    @property
    def exposed(self) -> bool:
        """There is, or there may be, a position."""
        return self in _EXPOSED_TRADE


S, O, T = SessionState, OrderState, TradeState  # noqa: E741 - the tables below read better so

SESSION: Mapping[SessionState, frozenset[SessionState]] = MappingProxyType(
    {
        S.IDLE: frozenset({S.SIZING, S.STOPPED}),
        S.SIZING: frozenset({S.PENDING, S.IDLE}),
        S.PENDING: frozenset({S.SETTLING, S.IDLE, S.ERROR}),
        S.SETTLING: frozenset({S.IDLE, S.STOPPED}),
        S.STOPPED: frozenset({S.IDLE}),
        S.ERROR: frozenset({S.SETTLING, S.IDLE, S.STOPPED}),
    }
)

_ENDS = frozenset({O.FILLED, O.CANCELLED, O.EXPIRED})

ORDER: Mapping[OrderState, frozenset[OrderState]] = MappingProxyType(
    {
        O.DRAFT: frozenset({O.SUBMITTED, O.NOT_SENT}),
        O.SUBMITTED: _ENDS | {O.ACCEPTED, O.PARTIALLY_FILLED, O.REJECTED, O.NOT_SENT, O.UNKNOWN},
        O.ACCEPTED: _ENDS | {O.PARTIALLY_FILLED, O.REJECTED, O.UNKNOWN},
        O.PARTIALLY_FILLED: _ENDS | {O.PARTIALLY_FILLED, O.UNKNOWN},
        # An unknown order may turn out to have any fate the venue can give it, or none at all.
        O.UNKNOWN: _ENDS | {O.ACCEPTED, O.PARTIALLY_FILLED, O.REJECTED, O.ABSENT},
        O.NOT_SENT: frozenset(),
        O.FILLED: frozenset(),
        O.CANCELLED: frozenset(),
        O.EXPIRED: frozenset(),
        O.REJECTED: frozenset(),
        O.ABSENT: frozenset(),
    }
)

TRADE: Mapping[TradeState, frozenset[TradeState]] = MappingProxyType(
    {
        T.SCANNING: frozenset({T.SETUP_DETECTED}),
        T.SETUP_DETECTED: frozenset({T.ENTRY_APPROVED, T.SCANNING}),
        T.ENTRY_APPROVED: frozenset({T.ORDER_PLACED, T.ABANDONED}),
        T.ORDER_PLACED: frozenset({T.FILLED, T.ABANDONED, T.UNKNOWN}),
        T.FILLED: frozenset({T.HOLDING, T.UNPROTECTED, T.EXIT_TRIGGERED}),
        T.UNPROTECTED: frozenset({T.HOLDING, T.EXIT_TRIGGERED}),
        # CLOSED straight from HOLDING: the venue's own protective leg filled.
        T.HOLDING: frozenset({T.EXIT_TRIGGERED, T.UNPROTECTED, T.CLOSED, T.UNKNOWN}),
        T.EXIT_TRIGGERED: frozenset({T.ORDER_CLOSING, T.HOLDING}),
        T.ORDER_CLOSING: frozenset({T.CLOSED, T.HOLDING, T.EXIT_TRIGGERED, T.UNKNOWN}),
        T.UNKNOWN: frozenset({T.FILLED, T.HOLDING, T.UNPROTECTED, T.CLOSED, T.ABANDONED}),
        T.CLOSED: frozenset(),
        T.ABANDONED: frozenset(),
    }
)

_OPEN_ORDER = frozenset({O.SUBMITTED, O.ACCEPTED, O.PARTIALLY_FILLED, O.UNKNOWN})
_EXPOSED_TRADE = frozenset(
    {T.ORDER_PLACED, T.FILLED, T.HOLDING, T.UNPROTECTED, T.EXIT_TRIGGERED, T.ORDER_CLOSING, T.UNKNOWN}
)

State = TypeVar("State", bound=StrEnum)


def move(table: Mapping[State, frozenset[State]], source: State, target: State) -> State:
    """``target``, if the table has the move.

    Raises:
        InvalidTransition: otherwise.
    """
    if target not in table[source]:
        raise InvalidTransition(f"{type(source).__name__} cannot go from {source} to {target}")
    return target


#: The state in which each order event leaves its order.
ORDER_EVENT: Mapping[str, OrderState] = MappingProxyType(
    {
        "OrderSubmitted": O.SUBMITTED,
        "OrderAccepted": O.ACCEPTED,
        "OrderPartiallyFilled": O.PARTIALLY_FILLED,
        "OrderFilled": O.FILLED,
        "OrderCancelled": O.CANCELLED,
        "OrderExpired": O.EXPIRED,
        "OrderRejected": O.REJECTED,
        "OrderNotSent": O.NOT_SENT,
        "OrderBecameUnknown": O.UNKNOWN,
        "OrderFoundAbsent": O.ABSENT,
    }
)

#: The state that the venue's own word for an order means to us.
VENUE_STATUS: Mapping[OrderStatus, OrderState] = MappingProxyType(
    {
        OrderStatus.SUBMITTED: O.ACCEPTED,
        OrderStatus.ACCEPTED: O.ACCEPTED,
        OrderStatus.PARTIALLY_FILLED: O.PARTIALLY_FILLED,
        OrderStatus.FILLED: O.FILLED,
        OrderStatus.CANCELLED: O.CANCELLED,
        OrderStatus.EXPIRED: O.EXPIRED,
        OrderStatus.REJECTED: O.REJECTED,
    }
)


def fold_order(event_types: Iterable[str]) -> OrderState:
    """The state an order's events leave it in, oldest first; other events are passed over.

    Raises:
        InvalidTransition: if the events do not follow the table.
    """
    state = O.DRAFT
    for event_type in event_types:
        target = ORDER_EVENT.get(event_type)
        if target is not None:
            state = move(ORDER, state, target)
    return state
