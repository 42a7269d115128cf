"""``desk approvals | approve | deny | edit``: the inbox, from any terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import click
from msgspec import Struct
from msgspec.structs import replace

from desk import bootstrap, reopening
from desk.approval.inbox import Answered, Inbox, Question
from desk.bootstrap import Desk
from desk.cli import output
from desk.cli.card import card_lines
from desk.cli.options import Amount, json_flag, on_terminal, person
from desk.config import load
from desk.domain.approval import DENIED, EDITED, EXPIRED, GRANTED, edited_act, typed_code
from desk.domain.canonical import timestamp
from desk.errors import UsageError
from desk.home.identity import RandomIds
from desk.ports import Answer

WATCH_S = 2.0


@click.command()
@click.option("--watch", is_flag=True, help="Keep looking.")
@json_flag
def approvals(watch: bool, as_json: bool) -> None:
    """What waits for a human, oldest first."""
    with bootstrap.opened(load()) as desk:
        while True:
            waiting = Inbox(desk.journal, RandomIds()).waiting()
            if as_json:
                output.emit({"schema": "desk.approvals/1", "approvals": [_document(one) for one in waiting]})
            else:
                _list(waiting)
            if not watch:
                return
            time.sleep(WATCH_S)


def _document(question: Question) -> dict[str, object]:
    request = question.request
    return {
        "approval_id": request.approval_id,
        "session_id": question.session_id,
        "intent_hash": request.intent_hash,
        "card_hash": request.card_hash,
        "expires_at": timestamp(request.expires_at),
        "quorum": request.quorum,
        "granted_by": list(question.stands.granted_by),
        "card": dict(request.card),
    }


def _list(waiting: list[Question]) -> None:
    if not waiting:
        output.say("nothing waits for a human")
    for question in waiting:
        request = question.request
        for text in card_lines(request):
            output.say(text)
        if question.stands.granted_by:
            output.say(f"  approved by {output.inert(', '.join(question.stands.granted_by))} so far")
        output.say(f"  desk approve {request.approval_id}")
        output.say(f"  desk deny {request.approval_id} --reason TEXT")
        if request.parent is None:
            output.say(f"  desk edit {request.approval_id} --size USDC")


CARD = click.option("--card", help="First eight characters of the card's hash, instead of the typed code.")


@click.command()
@click.argument("approval_id")
@CARD
@json_flag
def approve(approval_id: str, card: str | None, as_json: bool) -> int:
    """Approve exactly the card you read. The session goes on with `desk resume`."""
    with bootstrap.opened(load()) as desk:
        question = Inbox(desk.journal, RandomIds()).find(approval_id)
        seen = card or _typed(question, question.request.card)
        return _say(desk, question, Word(decision=GRANTED, card_hash=seen), as_json=as_json)


@click.command()
@click.argument("approval_id")
@click.option("--reason", required=True, help="Why, in your words.")
@json_flag
def deny(approval_id: str, reason: str, as_json: bool) -> int:
    """Deny a waiting trade."""
    if not reason.strip() or len(reason) > 500:
        raise UsageError("--reason needs 1 to 500 characters")
    with bootstrap.opened(load()) as desk:
        question = Inbox(desk.journal, RandomIds()).find(approval_id)
        card_hash = question.request.card_hash
        word = Word(decision=DENIED, card_hash=card_hash, reason=output.inert(reason))
        return _say(desk, question, word, as_json=as_json)


@click.command()
@click.argument("approval_id")
@click.option("--size", "size_usdc", type=Amount(), required=True, help="USDC, smaller than on the card.")
@CARD
@json_flag
def edit(approval_id: str, size_usdc: Decimal, card: str | None, as_json: bool) -> int:
    """Approve a smaller trade: same stop, same target, gated again. It can be done once."""
    with bootstrap.opened(load()) as desk:
        question = Inbox(desk.journal, RandomIds()).find(approval_id)
        request = question.request
        act = edited_act(request.card, size_usdc)
        seen = card or _typed(question, {**request.card, "act": act.document()})
        word = Word(decision=EDITED, card_hash=seen, size_usdc=act.size_usdc)
        return _say(desk, question, word, as_json=as_json)


def _typed(question: Question, shown: Mapping[str, object]) -> str:
    """Show the card and take the code from the terminal; off one, a script must name the card."""
    if not on_terminal():
        raise UsageError(
            "--card is needed off a terminal", fix="Take it from `desk approvals --json`", code="NO_CARD"
        )
    request = question.request
    for text in card_lines(replace(request, card=shown)):
        output.say(text)
    code = typed_code(request.card_hash)
    typed = click.prompt(f"type {code} to approve", default="", show_default=False)
    if typed.strip() != code:
        raise UsageError("that is not the code", fix="Nothing was decided", code="NOT_THE_CODE")
    return request.card_hash


class Word(Struct, frozen=True, kw_only=True):
    """What the person at this terminal says."""

    decision: str
    card_hash: str
    reason: str | None = None
    size_usdc: Decimal | None = None


def _say(desk: Desk, question: Question, word: Word, *, as_json: bool) -> int:
    answer = Answer(
        card_hash=word.card_hash,
        decision=word.decision,
        by=person(desk.settings),
        channel="inbox",
        reason=word.reason,
        size_usdc=word.size_usdc,
    )
    clock = reopening.clock_of(desk, question.session_id)
    try:
        answered = Inbox(desk.journal, RandomIds()).answer(question, clock, answer)
    except UsageError as error:
        error.exit_code = 1
        raise
    _show(question, answered, as_json=as_json)
    return 1 if answered.decided.decision == EXPIRED else 0


def _show(question: Question, answered: Answered, *, as_json: bool) -> None:
    decided, stands = answered.decided, answered.stands
    missing = 0 if stands.settled else question.request.quorum - len(stands.granted_by)
    if as_json:
        output.emit(
            {
                "schema": "desk.decision/1",
                "approval_id": decided.approval_id,
                "session_id": question.session_id,
                "decision": decided.decision,
                "by": decided.by,
                "channel": decided.channel,
                "reason": decided.reason,
                "size_usdc": decided.size_usdc,
                "still_needed": missing,
                "at": timestamp(datetime.now(UTC)),
            }
        )
        return
    output.say(f"{decided.decision} by {output.inert(decided.by)}")
    if missing:
        output.say(f"  {missing} more must approve")
    else:
        output.say(f"  desk resume {question.session_id}")
