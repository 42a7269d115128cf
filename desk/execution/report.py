"""The execution report, by code: what happened, in figures (deliberation section 1)."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from desk.domain.approval import worst_loss
from desk.domain.canonical import document
from desk.domain.events import Document
from desk.domain.lifecycle import OrderState
from desk.domain.market import Market, OrderRequest
from desk.domain.money import ZERO
from desk.domain.proposal import Intent
from desk.execution.dispatch import Sent
from desk.execution.protection import NOT_NEEDED, UNPROTECTED, Protected
from desk.execution.settlement import filled_quantity
from desk.ports import ExecutionReport

BPS = Decimal(10_000)


class Executed(Struct, frozen=True, kw_only=True):
    """Everything the report is made of."""

    intent: Intent
    ticket_id: str
    request: OrderRequest
    market: Market
    sent: Sent
    protected: Protected | None
    differences: tuple[str, ...]
    filled: Decimal


def judged(done: Executed) -> tuple[str, str, tuple[str, ...]]:
    """(outcome, decided_by, reasons) of DESIGN section 4."""
    if done.differences:
        return "halted", "system", tuple(f"ANSWER_DIFFERS:{name}" for name in done.differences)
    if done.protected is not None and done.protected.how == UNPROTECTED:
        return "unknown", "system", ("UNPROTECTED",)
    match done.sent.state:
        case OrderState.UNKNOWN:
            return "unknown", "system", ("ORDER_UNKNOWN",)
        case OrderState.NOT_SENT if done.sent.code == "HALTED":
            return "halted", "system", ("HALTED",)
        case OrderState.NOT_SENT:
            return "failed", "system", ("NOT_SENT",)
        case OrderState.ABSENT:
            return "failed", "system", ("ABSENT",)
        case OrderState.REJECTED:
            return "rejected", "venue", ((done.sent.code or "rejected").upper(),)
    if done.filled > 0:
        return "executed", "system", ()
    return "no_trade", "venue", ("NOT_FILLED",)


def reported(done: Executed) -> ExecutionReport:
    """The typed report with its public document."""
    outcome, decided_by, reasons = judged(done)
    answer, act = done.sent.answer, done.intent.act
    price = answer.average_price if answer is not None else None
    losses = worst_loss(done.intent, done.market)
    plain = document(
        {
            "intent_id": done.intent.intent_id,
            "intent_hash": done.intent.hash,
            "ticket_id": done.ticket_id,
            "order_id": None if answer is None else answer.order_id,
            "client_order_id": done.request.client_order_id,
            "outcome": outcome,
            "side": act.side,
            "symbol": act.symbol,
            "requested": done.request.quantity,
            "filled": done.filled,
            "avg_price": price,
            "limit_price": act.limit,
            "fee_usdc": ZERO if answer is None else answer.fee_usdc,
            "slippage_bps": _slippage(done, price),
            "protection": NOT_NEEDED if done.protected is None else done.protected.how,
            "stop": act.stop,
            "target": act.target,
            "worst_loss_at_stop": losses["at_stop_usdc"],
            "worst_loss_gap": losses["at_worst_bar_usdc"],
            "unknown_reason": done.sent.code if done.sent.state is OrderState.UNKNOWN else None,
        }
    )
    assert isinstance(plain, dict)
    return ExecutionReport(outcome=outcome, decided_by=decided_by, reasons=reasons, document=plain)


def _slippage(done: Executed, price: Decimal | None) -> Decimal | None:
    """How much worse than the entry price it filled, in basis points; negative is better."""
    entry = done.intent.basis.entry
    if price is None:
        return None
    worse = done.intent.act.side.sign * (price - entry) / entry * BPS
    return worse.quantize(Decimal("0.01"))


def of(
    intent: Intent,
    ticket_id: str,
    request: OrderRequest,
    market: Market,
    sent: Sent,
    protected: Protected | None = None,
    differences: tuple[str, ...] = (),
) -> ExecutionReport:
    """Report on a request that was tried."""
    filled = ZERO if sent.answer is None else filled_quantity(sent.answer, request)
    return reported(
        Executed(
            intent=intent,
            ticket_id=ticket_id,
            request=request,
            market=market,
            sent=sent,
            protected=protected,
            differences=differences,
            filled=filled,
        )
    )


def refusal(
    intent: Intent | None, ticket_id: str, outcome: str, by: str, reasons: tuple[str, ...]
) -> ExecutionReport:
    """Report on a ticket that was not honoured: nothing was sent."""
    plain: Document = {
        "intent_id": None if intent is None else intent.intent_id,
        "intent_hash": None if intent is None else intent.hash,
        "ticket_id": ticket_id,
        "order_id": None,
        "outcome": outcome,
        "reasons": list(reasons),
        "protection": NOT_NEEDED,
    }
    return ExecutionReport(outcome=outcome, decided_by=by, reasons=reasons, document=plain)
