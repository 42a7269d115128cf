"""The approval card as Block Kit: the figures, the worst losses, and two buttons that carry no permission.

A button's value is the approval's id and the hash of the card it stands on; sizes and prices are read
from the journal, never from what Slack sends back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from desk.domain import envelope
from desk.domain.approval import SHORT_HASH, Standing
from desk.domain.events import ApprovalRequested

APPROVE, DENY, MODAL = "desk_approve", "desk_deny", "desk_deny_modal"
REASON = "desk_reason"
_VALUE = re.compile(r"(apr_[0-9a-f]{32})\.([0-9a-f]{64})")
_ESCAPED = str.maketrans({"&": "&amp;", "‹": "&lt;", "›": "&gt;", "*": "∗", "`": "ˋ"})
NEEDS = {1: "one human", 2: "two different humans"}
Block = dict[str, Any]


def value_of(request: ApprovalRequested) -> str:
    return f"{request.approval_id}.{request.card_hash}"


def read_value(text: object) -> tuple[str, str] | None:
    """(approval id, card hash) of a button; None if it is not one of ours."""
    found = _VALUE.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else (found[1], found[2])


def safe(text: object, longest: int = 600) -> str:
    """Untrusted text for mrkdwn: on one line, inert, no mentions, links or formatting of its own."""
    flat = envelope.inert(str(text))[:longest]
    return flat.translate(_ESCAPED)


def open_card(request: ApprovalRequested, page: str | None, *, ask_reason: bool) -> list[Block]:
    """The card of an open question.

    Args:
        page: address of the page, if there is one.
        ask_reason: whether the reason of a denial is asked for in the message (a webhook has no dialogs).
    """
    return [*_figures(request), *([_reason_input()] if ask_reason else []), _buttons(request, page)]


def settled_card(request: ApprovalRequested, line: str) -> list[Block]:
    """The same card after the decision: no buttons, and who decided what."""
    return [*_figures(request), _section(f"*{safe(line)}*")]


def decided_line(stands: Standing) -> str:
    """Who decided, where."""
    last = stands.last
    if last is None:
        return "nobody has answered"
    if stands.decision == "granted":
        return f"approved by {' and '.join(stands.granted_by)} ({last.channel})"
    if stands.decision == "edited":
        return f"approved smaller, {last.size_usdc} USDC, by {last.by} ({last.channel})"
    if stands.decision == "expired":
        return "expired: nobody answered in time, nothing was sent"
    if stands.decision == "denied":
        return f"denied by {last.by} ({last.channel}): {last.reason or 'no reason given'}"
    return f"approved by {', '.join(stands.granted_by)}; another person must approve too"


def headline(request: ApprovalRequested) -> str:
    act = _mapping(request.card.get("act"))
    return f"{str(act.get('side')).upper()} {act.get('size')} USDC {act.get('symbol')}?"


def _figures(request: ApprovalRequested) -> list[Block]:
    card = request.card
    act, loss, gate = (_mapping(card.get(name)) for name in ("act", "worst_loss", "gate"))
    rows = [
        ("side", str(act.get("side")).upper()),
        ("size", f"{act.get('size')} USDC, {act.get('quantity')} units"),
        ("limit", act.get("limit")),
        ("stop", act.get("stop")),
        ("target", act.get("target")),
        ("leverage", act.get("leverage")),
    ]
    losses = (
        f"*You can lose* {safe(loss.get('at_stop_usdc'))} USDC at the stop, "
        f"{safe(loss.get('at_worst_bar_usdc'))} on the worst bar seen, "
        f"{safe(loss.get('notional_usdc'))} at worst."
    )
    passed = f"{gate.get('rules')} rules passed, at most {gate.get('max_admissible_usdc')} USDC"
    why = ", ".join(str(code) for code in _list(card.get("why_asked")))
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": headline(request)[:150]}},
        {"type": "section", "fields": [_mrkdwn(f"*{name}*\n{safe(value)}") for name, value in rows]},
        _section(losses),
        _section(f"{safe(passed)}. Asked because {safe(why)}. Needs {NEEDS[request.quorum]}."),
    ]
    blocks += [_section(text) for text in _arguments(card)]
    return [*blocks, _context(request)]


def _arguments(card: Mapping[str, object]) -> list[str]:
    against = card.get("case_against")
    lines = [f"*against* {safe(against)}"] if against else []
    said = [_mapping(one) for one in _list(card.get("dissent"))][:3]
    return lines + [f"*dissent* {safe(one.get('who'))}: {safe(one.get('claim'), 300)}" for one in said]


def _context(request: ApprovalRequested) -> Block:
    short = f"card {request.card_hash[:SHORT_HASH]}, intent {request.intent_hash[:SHORT_HASH]}"
    until = f"answer by {request.expires_at:%Y-%m-%d %H:%MZ}"
    session = f"{request.card.get('session_id')} on {request.card.get('account')}"
    return {"type": "context", "elements": [_mrkdwn(safe(f"{until} · {short} · {session}"))]}


def _buttons(request: ApprovalRequested, page: str | None) -> Block:
    loss = _mapping(request.card.get("worst_loss"))
    confirm = {
        "title": {"type": "plain_text", "text": "Send this order?"},
        "text": _mrkdwn(
            f"{safe(headline(request))} At the stop it loses {safe(loss.get('at_stop_usdc'))} USDC."
        ),
        "confirm": {"type": "plain_text", "text": "Approve"},
        "deny": {"type": "plain_text", "text": "Back"},
    }
    elements: list[Block] = [
        {**_button("Approve", APPROVE, "primary"), "value": value_of(request), "confirm": confirm},
        {**_button("Deny", DENY, "danger"), "value": value_of(request)},
    ]
    if page is not None:
        elements.append({**_button("Look closer", "desk_page", None), "url": page})
    return {"type": "actions", "block_id": "desk_decide", "elements": elements}


def _button(text: str, action: str, style: str | None) -> Block:
    button: Block = {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": text}}
    return button if style is None else {**button, "style": style}


def _reason_input() -> Block:
    return {
        "type": "input",
        "block_id": REASON,
        "optional": True,
        "label": {"type": "plain_text", "text": "If you deny: why?"},
        "element": {"type": "plain_text_input", "action_id": REASON, "max_length": 500},
    }


def modal(value: str) -> Block:
    """The dialog that asks why (bot mode)."""
    return {
        "type": "modal",
        "callback_id": MODAL,
        "private_metadata": value,
        "title": {"type": "plain_text", "text": "Deny this order"},
        "submit": {"type": "plain_text", "text": "Deny"},
        "close": {"type": "plain_text", "text": "Back"},
        "blocks": [{**_reason_input(), "optional": False, "label": {"type": "plain_text", "text": "Why?"}}],
    }


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text[:2900]}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
