"""Events of an account, for tests of what is folded from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from desk.domain.events import (
    Event,
    FundsDeposited,
    GateAssessed,
    OrderAccepted,
    OrderBecameUnknown,
    OrderFilled,
    OrderRejected,
    OrderSubmitted,
    TradeMoved,
)
from desk.ports import NewEvent

START = datetime(2016, 6, 24, tzinfo=UTC)
D = Decimal


def deposited(amount: Decimal) -> Event:
    return FundsDeposited(account="a", amount_usdc=amount, nav=D("1.25"), source="bank")


def assessed(nav: Decimal | None, hour: int) -> GateAssessed:
    return GateAssessed(
        intent_id="int_1",
        intent_hash="h",
        stage="propose",
        cleared=True,
        reasons=(),
        checks=(),
        max_admissible_usdc=D(0),
        max_without_human_usdc=D(0),
        human_reasons=(),
        equity_usdc=None,
        nav=nav,
        venue_time=START + timedelta(hours=hour),
    )


def submitted(n: int) -> OrderSubmitted:
    return OrderSubmitted(
        client_order_id=f"cid_{n}",
        session_id=None,
        account="a",
        venue="paper",
        ticket_id="tkt_1",
        intent_id="int_1",
        intent_hash="h",
        trade_id="trd_1",
        purpose="entry",
        symbol="SPX-PERP",
        side="buy",
        bucket="equity",
        size_usdc=D(50 + n),
        loss_at_stop_usdc=D("1.5"),
        approved_by=None,
        request={},
        params_hash="h",
        baseline={},
        venue_time=START,
    )


def told_of(n: int, what: str) -> Event:
    """Something that became of order ``n``, whether or not it could have."""
    cid, answer = f"cid_{n}", {"status": what}
    match what:
        case "accepted":
            return OrderAccepted(client_order_id=cid, order_id="o", answer=answer)
        case "filled":
            return OrderFilled(
                client_order_id=cid,
                order_id="o",
                filled_quantity=D("0.1"),
                average_price=D(2000),
                fee_usdc=D("0.11"),
                answer=answer,
            )
        case "rejected":
            return OrderRejected(client_order_id=cid, order_id="o", code="no")
    return OrderBecameUnknown(client_order_id=cid, reason="NETWORK")


def moved(n: int, target: str, fees: Decimal, pnl: Decimal | None) -> Event:
    return TradeMoved(
        trade_id=f"trd_{n}",
        account="a",
        symbol="SPX-PERP",
        side="buy",
        source="",
        target=target,
        reason="",
        fees_usdc=fees,
        pnl_usdc=pnl,
    )


def new(n: int, event: Event, hour: int = 0, account: str = "a") -> NewEvent:
    """The ``n``-th fact of a test, recorded in this hour."""
    at = START + timedelta(hours=hour, seconds=n)
    return NewEvent(event=event, event_id=f"evt_{n:032x}", occurred_at=at, account=account)
