"""A session told to a person, from its public document alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk.cli.output import inert, say

Doc = Mapping[str, Any]


def tell(document: Doc) -> None:
    """The whole session."""
    session = document["session"]
    say(f"session {session['session_id']}  digest {session['session_digest'][:16]}")
    say(f"  brief {inert(str(session['brief']))}, account {session['account']} at {session['venue']}")
    by = f" by {session['decided_by']}" if session["decided_by"] else ""
    say(f"  {session['outcome'].upper()}{by}  {', '.join(session['reasons'])}")
    say()
    say("facts")
    for fact in document["facts"]:
        value = f"{fact['value']:>14} {fact['unit']:<9}"
        say(f"  {fact['id']:>4} {fact['name']:<22} {value} {fact['symbol']}")
    for gone in document["missing"]:
        say(f"       {gone['name']:<22} not available: {inert(gone['reason'])}")
    _debate(document)
    _money(document)
    _time(document)


def _debate(document: Doc) -> None:
    say()
    say("debate")
    for message in document["messages"]:
        content = message["content"]
        head = content.get("stance") or content.get("decision") or "nothing valid"
        say(f"  {message['who']}: {str(head).upper()} ({message['kind']})")
        for mark, key in (("+", "claims"), ("-", "against"), ("~", "concedes")):
            for claim in content.get(key) or ():
                say(f"    {mark} {inert(claim['text'])} [{' '.join(claim['facts'])}]")
        if content.get("reasons"):
            say(f"    {', '.join(content['reasons'])}")
        if message.get("reason"):
            say(f"    {message['reason']}")


def _money(document: Doc) -> None:
    intent, gate, human = document["intent"], document["gate"], document["approval"]
    if intent:
        say()
        act = f"{intent['side'].upper()} {intent['size']} USDC {intent['symbol']}"
        levels = f"limit {intent['limit']}, stop {intent['stop']}, target {intent['target']}"
        say(f"intent  {act}, {levels}  ({intent['intent_hash'][:8]})")
    if gate:
        say(f"gate    {'cleared' if gate['cleared'] else 'denied: ' + ', '.join(gate['reasons'])}")
        for check in gate["checks"]:
            if not check["ok"]:
                say(f"        {check['code']}: {check['value']}, limit {check['limit']}")
    if human:
        by = inert(f"{human['by']} ({human['channel']}) {human['reason'] or ''}")
        say(f"human   {human['decision'] + ' by ' + by if human['decision'] else 'has not answered'}")
    for one in document["orders"]:
        filled = f"filled {one['filled_usdc']} at {one['fill_price']}, {one['state']}"
        say(f"order   {one['client_order_id']}  {one['side']} {one['amount_usdc']} USDC, {filled}")
    report = document["report"]
    if report and report.get("stop"):
        worst = report.get("worst_loss_at_stop")
        say(f"stop    {report['stop']} {report.get('protection')}, loses {worst} USDC there")


def _time(document: Doc) -> None:
    usage = document["usage"]
    cost = "unknown" if usage["usd"] is None else f"{usage['usd']} USD"
    tokens = usage["prompt_tokens"] + usage["completion_tokens"]
    say()
    say(f"{usage['calls']} model calls, {tokens} tokens, cost {cost}")


def explain(document: Doc, order_id: str) -> None:
    """From the order back to the facts."""
    say(f"order {inert(order_id)} exists because:")
    intent, gate, human = document["intent"] or {}, document["gate"] or {}, document["approval"]
    rules = len(gate.get("checks", ()))
    say(f"  the gate cleared intent {str(intent.get('intent_hash'))[:8]} under {rules} rules")
    if human:
        say(f"  {human['decision']} by {inert(str(human['by']))} over {human['channel']}")
    else:
        say("  no human was needed for its size")
    for message in document["messages"]:
        head = message["content"].get("stance") or message["content"].get("decision")
        say(f"  {message['who']} said {head}")
    say("  resting on:")
    cited = _cited(document)
    for fact in document["facts"]:
        if fact["id"] in cited:
            value = f"{fact['value']} {fact['unit']} {fact['symbol']}"
            say(f"    {fact['id']:>4} {fact['name']} {value} as of {fact['as_of'][:16]}Z")


def _cited(document: Doc) -> set[str]:
    cited: set[str] = set()
    for message in document["messages"]:
        content = message["content"]
        for key in ("claims", "against"):
            for claim in content.get(key) or ():
                cited.update(claim["facts"])
        cited.update(content.get("facts") or ())
    return cited
