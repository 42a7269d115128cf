"""What the pages show: plain values taken from the journal, and templates that escape all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from desk.approval.inbox import Inbox, Question
from desk.approval.slack.card import decided_line
from desk.bootstrap import Desk
from desk.domain.approval import SHORT_HASH
from desk.home.identity import RandomIds
from desk.journal.projections import show_document
from desk.serve.drawing import Ladder, ladder, waterfall

RECENT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A question in the list."""

    approval_id: str
    title: str
    loss: str
    why: str
    until: str
    left_s: int
    granted_by: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closer:
    """Everything about one question."""

    approval_id: str
    card_hash: str
    row: Row
    open: bool
    quorum: int
    edited: bool
    card: Mapping[str, Any]
    document: Mapping[str, Any]
    ladder: Ladder | None
    gate: list[dict[str, Any]]
    facts: list[Mapping[str, Any]]
    messages: list[Mapping[str, Any]]


def overview(desk: Desk) -> tuple[list[Row], list[Row]]:
    """What waits, oldest first; and what was decided lately, newest first."""
    asked = Inbox(desk.journal, RandomIds()).asked()
    decided = [one for one in reversed(asked) if not one.open][:RECENT]
    return [_row(one) for one in asked if one.open], [_row(one) for one in decided]


def closer(desk: Desk, approval_id: str) -> Closer:
    """Raises: UsageError: there is no such question."""
    question = Inbox(desk.journal, RandomIds()).find(approval_id)
    request, card = question.request, question.request.card
    shown: Any = show_document(desk.journal.of_session(question.session_id), "")
    act = _mapping(card.get("act"))
    cited = _cited(shown["messages"])
    facts = sorted(shown["facts"], key=lambda fact: fact["id"] not in cited)
    return Closer(
        approval_id=approval_id,
        card_hash=request.card_hash,
        row=_row(question),
        open=question.open,
        quorum=request.quorum,
        edited=request.parent is not None,
        card=card,
        document=shown,
        ladder=ladder(act),
        gate=waterfall(_checks(shown)),
        facts=[{**fact, "cited": fact["id"] in cited} for fact in facts],
        messages=shown["messages"],
    )


def readiness(desk: Desk) -> dict[str, object]:
    """What a monitor wants to know. Raises: JournalError if the journal cannot be read."""
    head, _ = desk.journal.head()
    waiting = Inbox(desk.journal, RandomIds()).waiting()
    return {"head": head, "halted": desk.halt.halted(), "waiting": len(waiting)}


def _row(question: Question) -> Row:
    request, card = question.request, question.request.card
    act, loss = _mapping(card.get("act")), _mapping(card.get("worst_loss"))
    left = (request.expires_at - datetime.now(UTC)).total_seconds()
    return Row(
        approval_id=request.approval_id,
        title=f"{str(act.get('side')).upper()} {act.get('size')} USDC {act.get('symbol')}",
        loss=str(loss.get("at_stop_usdc")),
        why=", ".join(str(code) for code in card.get("why_asked") or ()),  # type: ignore[attr-defined]
        until=f"{request.expires_at:%Y-%m-%d %H:%M:%SZ}",
        left_s=max(0, int(left)),
        granted_by=", ".join(question.stands.granted_by),
        line=decided_line(question.stands) if not question.open else "",
    )


def _checks(shown: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    gate = shown.get("gate")
    return list(gate["checks"]) if isinstance(gate, dict) else []


def _cited(messages: list[Mapping[str, Any]]) -> set[str]:
    """Ids of the facts that somebody rested on."""
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            found.update(str(fact) for fact in value.get("facts") or () if isinstance(fact, str))
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk([message["content"] for message in messages])
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


# ---- html ----------------------------------------------------------------------------------------


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("desk.serve"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = _number
    return made


def _number(value: object) -> str:
    """A recorded number, short enough to read."""
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return str(value)
    if not number.is_finite():
        return str(value)
    text = format(number.quantize(Decimal("0.0001")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _page(template: str, **values: object) -> str:
    return _environment().get_template(template).render(short=SHORT_HASH, **values)


def login(*, anybody: bool, problem: str = "") -> str:
    return _page("login.html", anybody=anybody, problem=problem)


def home(rows: tuple[list[Row], list[Row]], name: str) -> str:
    return _page("home.html", waiting=rows[0], decided=rows[1], name=name)


def approval(view: Closer, name: str, token: str, problem: str) -> str:
    return _page("approval.html", it=view, name=name, token=token, problem=problem)


def problem(text: str) -> str:
    return _page("problem.html", problem=text)
