"""The three machines: every pair of states moves exactly if DESIGN section 8 says so."""

from __future__ import annotations

import itertools

import pytest

from desk.domain.events import TOPICS
from desk.domain.lifecycle import (
    ORDER,
    ORDER_EVENT,
    SESSION,
    TRADE,
    VENUE_STATUS,
    OrderState,
    SessionState,
    TradeState,
    fold_order,
    move,
)
from desk.domain.market import OrderStatus
from desk.errors import InvalidTransition

#: The contract's own lines: ``from: to to to``. A state without a line is final.
SESSIONS = """
IDLE: SIZING STOPPED
SIZING: PENDING IDLE
PENDING: SETTLING IDLE ERROR
SETTLING: IDLE STOPPED
STOPPED: IDLE
ERROR: SETTLING IDLE STOPPED
"""
ORDERS = """
DRAFT: SUBMITTED NOT_SENT
SUBMITTED: ACCEPTED PARTIALLY_FILLED FILLED CANCELLED EXPIRED REJECTED NOT_SENT UNKNOWN
ACCEPTED: PARTIALLY_FILLED FILLED CANCELLED EXPIRED REJECTED UNKNOWN
PARTIALLY_FILLED: PARTIALLY_FILLED FILLED CANCELLED EXPIRED UNKNOWN
UNKNOWN: ACCEPTED PARTIALLY_FILLED FILLED CANCELLED EXPIRED REJECTED ABSENT
"""
TRADES = """
SCANNING: SETUP_DETECTED
SETUP_DETECTED: ENTRY_APPROVED SCANNING
ENTRY_APPROVED: ORDER_PLACED ABANDONED
ORDER_PLACED: FILLED ABANDONED UNKNOWN
FILLED: HOLDING UNPROTECTED EXIT_TRIGGERED
UNPROTECTED: HOLDING EXIT_TRIGGERED
HOLDING: EXIT_TRIGGERED UNPROTECTED CLOSED UNKNOWN
EXIT_TRIGGERED: ORDER_CLOSING HOLDING
ORDER_CLOSING: CLOSED HOLDING EXIT_TRIGGERED UNKNOWN
UNKNOWN: FILLED HOLDING UNPROTECTED CLOSED ABANDONED
"""


def wanted(text: str) -> set[tuple[str, str]]:
    lines = [line.split(": ") for line in text.split("\n") if line]
    return {(source, target) for source, targets in lines for target in targets.split()}


MACHINES = [(SESSION, SessionState, SESSIONS), (ORDER, OrderState, ORDERS), (TRADE, TradeState, TRADES)]
PAIRS = [
    pytest.param(table, source, target, (source.value, target.value) in wanted(text), id=f"{source}-{target}")
    for table, states, text in MACHINES
    for source, target in itertools.product(states, repeat=2)
]


@pytest.mark.parametrize(("table", "source", "target", "allowed"), PAIRS)
def test_a_move_is_made_exactly_if_the_table_has_it(table, source, target, allowed):
    if allowed:
        assert move(table, source, target) is target
    else:
        with pytest.raises(InvalidTransition):
            move(table, source, target)


@pytest.mark.parametrize(("table", "states"), [(table, states) for table, states, _ in MACHINES])
def test_every_state_has_a_row(table, states):
    assert set(table) == set(states)


def test_a_row_added_to_the_table_would_be_seen():
    """The control: the lines above are not read from the table."""
    assert {(s.value, t.value) for s, ts in ORDER.items() for t in ts} == wanted(ORDERS)
    assert ("FILLED", "SUBMITTED") not in wanted(ORDERS)


def test_every_order_event_is_a_fact_and_leads_to_a_state():
    assert set(ORDER_EVENT) == {name for name in TOPICS if name.startswith("Order")}
    assert set(ORDER_EVENT.values()) == set(OrderState) - {OrderState.DRAFT}


def test_every_word_of_the_venue_means_a_state_an_unknown_order_can_be_found_in():
    assert set(VENUE_STATUS) == set(OrderStatus)
    assert set(VENUE_STATUS.values()) <= ORDER[OrderState.UNKNOWN]


def test_an_orders_events_fold_to_its_state():
    events = ["OrderSubmitted", "StopPlaced", "OrderBecameUnknown", "OrderAccepted", "OrderFilled"]
    states = [fold_order(events[:n]) for n in range(6)]
    assert [state.value for state in states] == [
        "DRAFT",
        "SUBMITTED",
        "SUBMITTED",
        "UNKNOWN",
        "ACCEPTED",
        "FILLED",
    ]


@pytest.mark.parametrize(
    "events",
    [
        ["OrderFilled"],
        ["OrderSubmitted", "OrderSubmitted"],
        ["OrderSubmitted", "OrderFoundAbsent"],
        ["OrderSubmitted", "OrderFilled", "OrderBecameUnknown"],
        ["OrderSubmitted", "OrderNotSent", "OrderFilled"],
    ],
)
def test_events_off_the_table_do_not_fold(events: list[str]):
    with pytest.raises(InvalidTransition):
        fold_order(events)


def test_an_order_is_open_exactly_while_its_effect_may_be_missing_from_the_position():
    still_open = {state for state in OrderState if state.open}
    assert still_open == {state for state in OrderState if ORDER[state]} - {OrderState.DRAFT}


def test_a_trade_is_exposed_from_the_order_to_its_end():
    safe = {"SCANNING", "SETUP_DETECTED", "ENTRY_APPROVED", "CLOSED", "ABANDONED"}
    assert {state.value for state in TradeState if not state.exposed} == safe
