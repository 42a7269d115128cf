"""The card a human decides on, and what makes a decision theirs.

The card is a document; its hash covers all of it. A decision names the hashes of intent and card: an
answer to anything else is no answer. The worst loss is three numbers: at the stop, at the worst one-bar
move of the last 750 bars, and the notional (``unbounded`` for a short).
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_UP, Decimal

from desk.domain.book import Assessment
from desk.domain.canonical import Json, document, sha256
from desk.domain.events import ApprovalRequested
from desk.domain.market import Market, Side
from desk.domain.proposal import Intent
from desk.domain.shape import shaped

GRANTED, DENIED, EXPIRED = "granted", "denied", "expired"
#: Characters of the card's hash that stand for the whole on a command line, and that a person types.
SHORT_HASH, CODE = 8, 6
CENT = Decimal("0.01")


def card(
    intent: Intent,
    assessment: Assessment,
    market: Market,
    *,
    approval_id: str,
    session_id: str,
    expires_at: datetime,
    policy_version: str,
) -> dict[str, Json]:
    """Everything a person needs, and exactly what will be sent."""
    act, basis = intent.act, intent.basis
    content: dict[str, object] = {
        "approval_id": approval_id,
        "session_id": session_id,
        "account": basis.account,
        "intent_id": intent.intent_id,
        "intent_hash": intent.hash,
        "act": act.document(),
        "worst_loss": worst_loss(intent, market),
        "gate": {
            "cleared": assessment.cleared,
            "rules": len(assessment.checks),
            "max_admissible_usdc": assessment.max_admissible_usdc,
            "max_without_human_usdc": assessment.max_without_human_usdc,
        },
        "why_asked": assessment.human_reasons,
        "equity_usdc": assessment.equity_usdc,
        "case_against": basis.case_against,
        "dissent": basis.dissent,
        "kill_if": [shaped(kill) for kill in basis.kill_if],
        "expires_at": expires_at,
        "policy_version": policy_version,
    }
    plain = document(content)
    assert isinstance(plain, dict)
    return plain


def worst_loss(intent: Intent, market: Market) -> dict[str, Decimal | str | None]:
    """USDC lost at the stop, at the worst bar seen, and at the very worst; rounded up to a cent."""
    act = intent.act
    short = act.side is Side.SELL
    move = intent.basis.worst_move
    at_gap = None if move is None else act.quantity * act.limit * abs(move)
    whole = "unbounded" if short else _cents(act.quantity * act.limit)
    return {
        "at_stop_usdc": _cents(act.loss_at_stop_usdc(market.taker_fee)),
        "at_worst_bar_usdc": None if at_gap is None else _cents(at_gap),
        "notional_usdc": whole,
    }


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_UP)


def card_hash(plain_card: dict[str, Json]) -> str:
    return sha256(plain_card)


def typed_code(hash_of_card: str) -> str:
    """What a person at the terminal types to approve: it cannot be known before the card exists."""
    return hash_of_card[:CODE]


def intact(request: ApprovalRequested) -> bool:
    """Does the recorded card still have the hash that was recorded with it, and speak of this intent?"""
    card_of_request = request.card
    same = sha256(card_of_request) == request.card_hash
    return same and card_of_request.get("intent_hash") == request.intent_hash
