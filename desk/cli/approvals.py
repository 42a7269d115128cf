"""``desk approvals | approve | deny``: the inbox, from any terminal."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click

from desk import bootstrap
from desk.approval.inbox import Inbox, Question
from desk.bootstrap import Desk
from desk.cli import output
from desk.cli.card import card_lines
from desk.cli.options import json_flag, on_terminal, person
from desk.config import load
from desk.domain.approval import GRANTED, typed_code
from desk.domain.canonical import timestamp
from desk.errors import UsageError
from desk.home.clock import WallClock
from desk.home.identity import RandomIds
from desk.ports import Clock
from desk.replay.record import load as load_record
from desk.replay.resume import brief_of

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
        "card": dict(request.card),
    }


def _list(waiting: list[Question]) -> None:
    if not waiting:
        output.say("nothing waits for a human")
    for question in waiting:
        for text in card_lines(question.request):
            output.say(text)
        output.say(f"  desk approve {question.request.approval_id}")
        output.say(f"  desk deny {question.request.approval_id} --reason TEXT")


@click.command()
@click.argument("approval_id")
@click.option("--card", help="First eight characters of the card's hash, instead of the typed code.")
@json_flag
def approve(approval_id: str, card: str | None, as_json: bool) -> int:
    """Approve exactly the card you read. The session goes on with `desk resume`."""
    with bootstrap.opened(load()) as desk:
        inbox = Inbox(desk.journal, RandomIds())
        question = inbox.find(approval_id)
        seen = card or _typed(question)
        return _answer(desk, inbox, question, granted=True, card=seen, reason=None, as_json=as_json)


@click.command()
@click.argument("approval_id")
@click.option("--reason", required=True, help="Why, in your words.")
@json_flag
def deny(approval_id: str, reason: str, as_json: bool) -> int:
    """Deny a waiting trade."""
    if not reason.strip() or len(reason) > 500:
        raise UsageError("--reason needs 1 to 500 characters")
    with bootstrap.opened(load()) as desk:
        inbox = Inbox(desk.journal, RandomIds())
        question = inbox.find(approval_id)
        card = question.request.card_hash
        return _answer(
            desk, inbox, question, granted=False, card=card, reason=output.inert(reason), as_json=as_json
        )


def _typed(question: Question) -> str:
    """Show the card and take the code from the terminal; off one, a script must name the card."""
    if not on_terminal():
        raise UsageError(
            "--card is needed off a terminal", fix="Take it from `desk approvals --json`", code="NO_CARD"
        )
    for text in card_lines(question.request):
        output.say(text)
    code = typed_code(question.request.card_hash)
    typed = click.prompt(f"type {code} to approve", default="", show_default=False)
    if typed.strip() != code:
        raise UsageError("that is not the code", fix="Nothing was decided", code="NOT_THE_CODE")
    return question.request.card_hash


def _answer(
    desk: Desk,
    inbox: Inbox,
    question: Question,
    *,
    granted: bool,
    card: str,
    reason: str | None,
    as_json: bool,
) -> int:
    try:
        decided = inbox.answer(
            question,
            _clock(desk, question),
            granted=granted,
            card=card,
            by=person(desk.settings),
            channel="inbox",
            reason=reason,
        )
    except UsageError as error:
        error.exit_code = 1
        raise
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
                "at": timestamp(datetime.now(UTC)),
            }
        )
    else:
        output.say(f"{decided.decision} by {output.inert(decided.by)}")
        output.say(f"  desk resume {question.session_id}")
    return 0 if decided.decision == GRANTED or not granted else 1


def _clock(desk: Desk, question: Question) -> Clock:
    """A session under its brief's clock is answered under that clock."""
    record = load_record(desk.journal, question.session_id)
    if record.opened.clock != "brief":
        return WallClock()
    return bootstrap.clock_for("brief", brief_of(record, desk.journal).as_of)
