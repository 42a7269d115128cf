"""The card a human decides on, and what makes a decision theirs.

The card is a document; its hash covers all of it. A decision names the hashes of intent and card: an
answer to anything else is no answer. The worst loss is three numbers: at the stop, at the worst one-bar
move of the last 750 bars, and the notional (``unbounded`` for a short).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_UP, Decimal

from msgspec import Struct
from msgspec.structs import replace

from desk.domain.book import Assessment
from desk.domain.canonical import Json, document, sha256
from desk.domain.events import ApprovalDecided, ApprovalRequested
from desk.domain.market import Market, Side
from desk.domain.money import ONE, floor_to, parsed, plain
from desk.domain.proposal import Act, Intent, act_from
from desk.domain.shape import shaped
from desk.errors import UsageError

GRANTED, DENIED, EDITED, EXPIRED = "granted", "denied", "edited", "expired"
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
    why_asked: tuple[str, ...],
    quorum: int = 1,
    parent: str | None = None,
) -> dict[str, Json]:
    """Everything a person needs, and exactly what will be sent.

    ``quorum`` is how many must grant it, ``parent`` the approval that it was edited from.
    """
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
            "rules": len(assessment.results),
            "max_admissible_usdc": assessment.max_admissible_usdc,
            "max_without_human_usdc": assessment.max_without_human_usdc,
        },
        "why_asked": why_asked,
        "humans": quorum,
        "parent": parent,
        "market": {"amount_step": market.amount_step, "min_notional_usdc": market.min_notional_usdc},
        "equity_usdc": assessment.equity_usdc,
        "case_against": basis.case_against,
        "dissent": basis.dissent,
        "kill_if": [shaped(kill) for kill in basis.kill_if],
        "expires_at": expires_at,
        "policy_version": policy_version,
    }
    written = document(content)
    assert isinstance(written, dict)
    return written


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


class Standing(Struct, frozen=True, kw_only=True):
    """Where an approval stands: ``decision`` is None while it is open, ``granted_by`` are the people."""

    decision: str | None
    granted_by: tuple[str, ...]
    last: ApprovalDecided | None

    @property
    def settled(self) -> bool:
        return self.decision is not None


def standing(request: ApprovalRequested, decided: Iterable[ApprovalDecided]) -> Standing:
    """The fold of what people said of a request, oldest first. The first word that is not a grant is final;
    grants count once a person, until there are as many as the policy wants."""
    granted: tuple[str, ...] = ()
    last = None
    for one in decided:
        if not _of(request, one):
            continue
        last = one
        if one.decision != GRANTED:
            return Standing(decision=one.decision, granted_by=granted, last=one)
        if one.by not in granted:
            granted = (*granted, one.by)
        if len(granted) >= request.quorum:
            return Standing(decision=GRANTED, granted_by=granted, last=one)
    return Standing(decision=None, granted_by=granted, last=last)


def _of(request: ApprovalRequested, word: ApprovalDecided) -> bool:
    """Is the word about this request, its very intent and its very card?"""
    asked = (request.approval_id, request.intent_id, request.intent_hash, request.card_hash)
    return asked == (word.approval_id, word.intent_id, word.intent_hash, word.card_hash)


def edited_act(plain_card: Mapping[str, object], size_usdc: Decimal) -> Act:
    """The act of a card, smaller: whole USDC, quantity floored to the venue's step, prices as they were.

    Raises:
        UsageError: not smaller, or below the venue's minimum.
    """
    card_act, market = act_on(plain_card), plain_card["market"]
    assert isinstance(market, Mapping)
    size = floor_to(size_usdc, ONE)
    least = parsed(str(market["min_notional_usdc"]))
    if size >= card_act.size_usdc:
        raise UsageError(
            f"{plain(size)} USDC is not smaller than {plain(card_act.size_usdc)}",
            why="an edit can only make a trade smaller",
            fix="Deny it, or name a smaller size",
            code="NOT_SMALLER",
        )
    quantity = floor_to(size / card_act.limit, parsed(str(market["amount_step"])))
    if size < least or quantity <= 0:
        raise UsageError(
            f"{plain(size)} USDC is less than the venue takes",
            fix=f"At least {plain(least)} USDC, or deny it",
            code="SIZE_BELOW_MINIMUM",
        )
    return replace(card_act, size_usdc=size, quantity=quantity)


def act_on(plain_card: Mapping[str, object]) -> Act:
    """The act a card shows."""
    act = plain_card["act"]
    assert isinstance(act, Mapping)
    return act_from(act)


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
