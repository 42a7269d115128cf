"""What a form says: strictly read, and turned into a person's word."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qs

from starlette.requests import Request

from desk.domain import envelope
from desk.domain.approval import DENIED, EDITED, GRANTED
from desk.domain.money import amount
from desk.errors import BadNumber, UsageError
from desk.ports import Answer
from desk.serve.guard import body_of

CHANNEL = "page"
MAX_REASON = 500


async def fields(request: Request) -> dict[str, str] | None:
    """The fields of a form; None for anything else, and for a field that comes twice."""
    body = await body_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if body is None or kind != "application/x-www-form-urlencoded":
        return None
    try:
        found = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=16)
    except ValueError:
        return None
    if any(len(values) != 1 for values in found.values()):
        return None
    return {name: values[0] for name, values in found.items()}


def answer(word: str, form: Mapping[str, str], name: str) -> Answer:
    """The word of the person of this name on the card that the form names.

    Raises:
        UsageError: the word is none, or a part of it is missing.
    """
    card, sure = form.get("card", ""), form.get("sure") == "yes"
    reason = envelope.inert(form.get("reason", ""))[:MAX_REASON] or None
    match word:
        case "approve" if sure:
            return Answer(card_hash=card, decision=GRANTED, by=name, channel=CHANNEL)
        case "deny" if reason is not None:
            return Answer(card_hash=card, decision=DENIED, by=name, channel=CHANNEL, reason=reason)
        case "deny":
            raise UsageError("say why", fix="Nothing was decided")
        case "edit" if sure:
            return Answer(card_hash=card, decision=EDITED, by=name, channel=CHANNEL, size_usdc=_size(form))
        case "approve" | "edit":
            raise UsageError("tick the box to approve", fix="Nothing was decided")
    raise UsageError("that is no answer", fix="Approve, deny or edit")


def _size(form: Mapping[str, str]) -> Decimal:
    try:
        return amount(form.get("size", "").strip())
    except BadNumber:
        raise UsageError("the size is not a number", fix="Write whole USDC, such as 100") from None
