"""What is known about an order after its one request: placed, refused, not sent, or unknown.

Only what the contract defines as definitive counts as a refusal. A 4xx alone proves nothing: a venue
may answer 400 ``trade_failed`` after it has traded.
"""

from __future__ import annotations

from desk.domain.market import VenueOrder
from desk.errors import BadJson, OutcomeUnknown, Refused
from tools.purple_flea.channel import Reply
from tools.purple_flea.wire import ErrorAnswer, OrderAnswer, parse

#: The contract's error codes that mean: this request was judged and had no effect.
DEFINITIVE = frozenset(
    {
        "invalid_amount",
        "invalid_symbol",
        "invalid_side",
        "invalid_leverage",
        "unauthorized",
        "insufficient_balance",
        "forbidden",
        "not_found",
        "market_closed",
        "position_too_large",
        "idempotency_key_required",
        "idempotency_key_reused",
        "rate_limited",
    }
)


def placed(reply: Reply) -> VenueOrder:
    """The order in a reply to POST /trade/order.

    Raises:
        Refused: a definitive refusal; its code is the contract's.
        OutcomeUnknown: anything that is neither an order nor a definitive refusal.
    """
    if reply.status in (200, 201):
        try:
            return parse(OrderAnswer, reply.body).order()
        except BadJson:
            raise unknown("the venue's answer could not be read", "BAD_ANSWER") from None
    if 400 <= reply.status < 500 and (code := _definitive(reply.body)):
        raise Refused("the venue refused the order", why=code, code=code)
    raise unknown(f"the venue answered {reply.status}", f"HTTP_{reply.status}")


def _definitive(body: bytes) -> str | None:
    try:
        answer = parse(ErrorAnswer, body)
    except BadJson:
        return None
    is_proof = answer.error in DEFINITIVE and answer.executed in (None, "no")
    return answer.error if is_proof else None


def unknown(why: str, code: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        "the order may or may not exist at the venue", why=why, fix="Run `desk reconcile`", code=code
    )
