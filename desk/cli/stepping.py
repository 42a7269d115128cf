"""``desk replay --step``: a record walked through on a terminal, or by commands from a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from desk.cli.output import inert, note, say
from desk.domain.canonical import timestamp
from desk.replay.walk import Step, Walk

HELP = """Enter next · b back · d next decision · NUMBER go there · q quit
look at: f facts · p prompt · r reply · g gate · s state · c cost"""


def walk(steps: Walk, at: int = 1) -> None:
    """Read commands until the end of input."""
    number = at
    say(HELP)
    _tell(steps, steps.step(number))
    while (asked := _asked(number, len(steps))) not in (None, "q", "quit"):
        assert asked is not None
        target = _target(steps, number, asked)
        if target is not None:
            number = target
            _tell(steps, steps.step(number))
        elif asked in LOOKS:
            LOOKS[asked](steps, number)
        else:
            say(HELP)


def _asked(number: int, last: int) -> str | None:
    """The next command; None at the end of input."""
    if sys.stdin.isatty():
        click.echo(f"[{number}/{last}] ", nl=False, err=True)
    line = sys.stdin.readline()
    return line.strip().lower() if line else None


def _target(steps: Walk, number: int, asked: str) -> int | None:
    """Where a command leads; None if it does not move."""
    match asked:
        case "" | "n":
            if number == len(steps):
                note("this is the last step")
            return min(number + 1, len(steps))
        case "b":
            return max(number - 1, 1)
        case "d":
            return steps.decision_after(number).number
        case _ if asked.isascii() and asked.isdecimal():
            return steps.step(int(asked[:9])).number
    return None


def _tell(steps: Walk, step: Step) -> None:
    at = timestamp(step.recorded.occurred_at)
    say(f"{step.number:>3}/{len(steps)}  {at}  {inert(step.title)}  (event {step.seq})")


def _facts(steps: Walk, number: int) -> None:
    for fact in steps.facts(number):
        say(f"  {fact['id']:>4} {fact['name']:<22} {fact['value']:>14} {fact['unit']:<9} {fact['symbol']}")


def _prompt(steps: Walk, number: int) -> None:
    prompt = steps.prompt(number)
    if prompt is None:
        say("  no model had been asked yet")
        return
    say(f"  --- system prompt of {prompt['role']}")
    _text(prompt["system"])
    say("  --- question")
    _text(prompt["question"])


def _reply(steps: Walk, number: int) -> None:
    replied = steps.reply(number)
    if replied is None:
        say("  no model had answered yet")
        return
    reply: Any = replied.data["reply"]
    say(f"  --- {replied.data['role']}, {replied.data['model']}, {replied.data['latency_ms']} ms")
    _text(_indented(str(reply.get("content") or "")))
    for call in reply.get("tool_calls") or ():
        say(f"  calls {inert(str(call['name']))} {inert(str(call['arguments']))}")


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _gate(steps: Walk, number: int) -> None:
    gate = steps.gate(number)
    if gate is None:
        say("  the gate had not been asked yet")
        return
    data: Any = gate.data
    for check in data["checks"]:
        mark = "ok  " if check["ok"] else "DENY"
        say(f"  {mark} {check['code']:<20} {check['value']}  (limit {check['limit']})")
    say(f"  up to {data['max_admissible_usdc']} USDC, {data['max_without_human_usdc']} without a human")


def _state(steps: Walk, number: int) -> None:
    for name, value in steps.state(number).items():
        say(f"  {name}: {json.dumps(value)}")


def _cost(steps: Walk, number: int) -> None:
    cost = steps.cost(number).document()
    tokens = f"{cost['prompt_tokens']} + {cost['completion_tokens']} tokens"
    say(f"  {cost['calls']} calls, {tokens}, {cost['usd'] if cost['usd'] is not None else 'unknown'} USD")


def _text(text: str) -> None:
    for line in text.splitlines():
        say(f"  {inert(line)}")


LOOKS: Mapping[str, Callable[[Walk, int], None]] = {
    "f": _facts,
    "p": _prompt,
    "r": _reply,
    "g": _gate,
    "s": _state,
    "c": _cost,
}
