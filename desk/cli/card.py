"""The approval card at the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import click

from desk.cli.output import inert
from desk.domain.events import ApprovalRequested


class CardPrompt:
    """Draws the card; its last line asks for the code."""

    def card(self, request: ApprovalRequested, code: str) -> None:
        for text in card_lines(request):
            click.echo(text)
        click.echo(f"type {code} to approve: ", nl=False)

    def countdown(self, left_s: int) -> None:
        """Rewrite the line above the prompt in place; what is being typed is left alone."""
        click.echo(f"\x1b7\x1b[1A\r\x1b[K{countdown_text(left_s)}\x1b8", nl=False)


def countdown_text(left_s: int) -> str:
    return f"  {left_s // 60}:{left_s % 60:02d} left; Enter denies"


def card_lines(request: ApprovalRequested) -> list[str]:
    """The card as lines, the money last, so that it stands right above the prompt."""
    left_s = max(0, int((request.expires_at - datetime.now(UTC)).total_seconds()))
    return [
        "",
        "─" * 72,
        *_arguments(request),
        *_identity(request),
        "",
        *_money(request),
        countdown_text(left_s),
    ]


def _arguments(request: ApprovalRequested) -> list[str]:
    card = request.card
    against = inert(str(card.get("case_against") or ""))[:300]
    lines = [f"  against: {against}"] if against else []
    for dissent in _list(card.get("dissent")):
        said = _mapping(dissent)
        lines += [f"  dissent: {inert(str(said.get('who')))}: {inert(str(said.get('claim')))}"]
    return lines


def _identity(request: ApprovalRequested) -> list[str]:
    card = request.card
    act, gate = _mapping(card.get("act")), _mapping(card.get("gate"))
    why = ", ".join(str(code) for code in _list(card.get("why_asked")))
    most = f"{gate.get('rules')} rules passed, at most {gate.get('max_admissible_usdc')} USDC"
    return [
        f"  asked because {why}; {most}",
        f"  {card.get('account')} at {act.get('venue')}",
        (
            f"  card {request.card_hash[:8]}, intent {request.intent_hash[:8]}, answer by "
            f"{request.expires_at:%H:%M:%SZ}, valid until {act.get('valid_until')}"
        ),
    ]


def _money(request: ApprovalRequested) -> list[str]:
    act, loss = _mapping(request.card.get("act")), _mapping(request.card.get("worst_loss"))
    side = str(act.get("side")).upper()
    return [
        f"  {side} {act.get('size')} USDC {act.get('symbol')} at leverage {act.get('leverage')}",
        f"  limit {act.get('limit')}, stop {act.get('stop')}, target {act.get('target')}",
        f"  {act.get('quantity')} units, at most {act.get('size')} USDC",
        f"  you can lose {loss.get('at_stop_usdc')} USDC at the stop,",
        f"  {loss.get('at_worst_bar_usdc')} USDC on the worst bar seen, {loss.get('notional_usdc')} at worst",
    ]


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
