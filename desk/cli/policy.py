"""``desk policy show | test``: who must approve what, and why."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import click

from desk import bootstrap
from desk.bootstrap import Desk
from desk.cli import output
from desk.cli.options import json_flag
from desk.config import load
from desk.domain import ids, json_text
from desk.domain.events import GateAssessed, IntentMinted
from desk.domain.money import amount, parsed, plain
from desk.domain.policy import Policy, Requirement, Rule, Situation
from desk.domain.proposal import act_from
from desk.domain.shape import shaped
from desk.errors import UsageError
from desk.execution.situation import situation
from desk.ports import Recorded

WORDS = {0: "no human", 1: "one human", 2: "two different humans"}


@click.group()
def policy() -> None:
    """Who must approve what: [[approval.rules]] of desk.toml. Rules can only ask for more than the code."""


@policy.command()
@json_flag
def show(as_json: bool) -> None:
    """The rules in force."""
    settings = load()
    rules, limits = settings.policy.rules, settings.limits
    if as_json:
        output.emit(
            {"schema": "desk.policy/1", "version": settings.policy.version, **settings.policy.document()}
        )
        return
    output.say(f"policy {settings.policy.version}; the strictest rule that applies counts, none: one human")
    for rule in rules:
        output.say(f"  {rule.name}: {WORDS[rule.humans]}{_conditions(rule)}")
    output.say(
        f"whatever the rules say, one human from {plain(limits.human)} USDC, from "
        f"{plain(limits.human_hour)} in an hour or {plain(limits.human_day)} in a day without one, and "
        "within 24 h of a listed event"
    )


def _conditions(rule: Rule) -> str:
    given = {
        name: value
        for name, value in rule_document(rule).items()
        if name not in ("name", "humans") and value not in (None, [])
    }
    return "".join(f", {name} {_plain(value)}" for name, value in given.items())


def rule_document(rule: Rule) -> Mapping[str, object]:
    """One rule as data."""
    return shaped(rule)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


@policy.command()
@click.argument("intent")
@json_flag
def test(intent: str, as_json: bool) -> None:
    """Explain rule by rule who must approve INTENT under today's policy.

    INTENT is an int_… or ses_… id on record, or a JSON file (- for stdin) with kind, symbol and size, and
    first_trade, after_loss, listed_event, agreement where they matter.
    """
    settings = load()
    if intent.startswith((f"{ids.INTENT}_", f"{ids.SESSION}_")):
        with bootstrap.opened(settings) as desk:
            it, by_code = _recorded(desk, intent)
    else:
        it = _described(intent)
        by_code = ("HUMAN_SIZE",) if it.size_usdc >= settings.limits.human else ()
    required = settings.policy.requires(it, by_code)
    if as_json:
        output.emit(_document(settings.policy, it, required))
    else:
        _explain(settings.policy, it, required, by_code)


def _explain(policy: Policy, it: Situation, required: Requirement, by_code: tuple[str, ...]) -> None:
    output.say(f"{it.kind} {plain(it.size_usdc)} USDC {it.symbol}: {WORDS[required.humans]}")
    for rule in policy.rules:
        output.say(f"  {'applies' if rule.applies(it) else 'does not'}  {rule.name}: {WORDS[rule.humans]}")
        for name, holds in rule.conditions(it).items():
            output.say(f"      {'✓' if holds else '✗'} {name} {_plain(rule_document(rule)[name])}")
    if by_code:
        output.say(f"  the code asks for one human: {', '.join(by_code)}")
    if required.reasons:
        output.say(f"  because of {', '.join(required.reasons)}")


def _described(name: str) -> Situation:
    """A situation from a JSON file."""
    try:
        body = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError:
        raise UsageError(
            f"{name!a} is neither an intent, a session nor a file that can be read",
            fix="Copy the id from `desk show`, or name a JSON file",
            code="NO_INTENT",
        ) from None
    found = json_text.read(body)
    known = {"kind", "symbol", "size", "first_trade", "after_loss", "listed_event", "agreement"}
    if not isinstance(found, dict) or set(found) - known or not {"kind", "symbol", "size"} <= set(found):
        raise UsageError(
            "the file is not an intent", fix="An object with kind, symbol, size; " + ", ".join(sorted(known))
        )
    agreement = found.get("agreement")
    return Situation(
        kind=str(found["kind"]),
        symbol=str(found["symbol"]),
        size_usdc=_amount(found["size"]),
        first_trade=found.get("first_trade") is True,
        after_loss=found.get("after_loss") is True,
        agreement=None if agreement is None else _amount(agreement),
        listed_event=found.get("listed_event") is True,
    )


def _amount(value: object) -> Decimal:
    return amount(plain(value) if isinstance(value, Decimal) else value)


def _document(policy: Policy, it: Situation, required: Requirement) -> dict[str, object]:
    return {
        "schema": "desk.policy-test/1",
        "version": policy.version,
        "humans": required.humans,
        "reasons": list(required.reasons),
        "situation": {
            "kind": it.kind,
            "symbol": it.symbol,
            "size_usdc": it.size_usdc,
            "first_trade": it.first_trade,
            "after_loss": it.after_loss,
            "agreement": it.agreement,
            "listed_event": it.listed_event,
        },
        "rules": [
            {"name": rule.name, "humans": rule.humans, "applies": rule.applies(it), **rule.conditions(it)}
            for rule in policy.rules
        ],
    }


def _recorded(desk: Desk, wanted: str) -> tuple[Situation, tuple[str, ...]]:
    """The situation an intent was in when it was proposed, and the code's own reasons for asking."""
    record = _minted(desk, wanted)
    minted = record.event
    assert isinstance(minted, IntentMinted)
    account = str(record.metadata["account"])
    history = [one.event for one in desk.journal.of_account(account) if one.seq < record.seq]
    agreement = minted.basis.get("agreement")
    by_code = _by_code(desk.journal.stream(record.stream_id), minted.intent_id)
    known = None if agreement is None else parsed(str(agreement))
    return situation(history, act_from(minted.act), known, by_code), by_code


def _minted(desk: Desk, wanted: str) -> Recorded:
    """The intent with this id, or the last one of this session."""
    ids.require_id(wanted, wanted.partition("_")[0])
    for record in reversed(list(desk.journal.events(types=("IntentMinted",)))):
        if wanted in (record.data["intent_id"], record.metadata.get("session")):
            return record
    raise UsageError(f"{wanted} has no intent here", fix="`desk show` names it", code="NO_INTENT")


def _by_code(stream: list[Recorded], intent_id: str) -> tuple[str, ...]:
    assessed = (one.event for one in stream if one.event_type == "GateAssessed")
    return next(
        one.human_reasons for one in assessed if isinstance(one, GateAssessed) and one.intent_id == intent_id
    )
