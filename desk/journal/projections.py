"""What a session's events add up to, as the public JSON documents. Folds only: nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from desk.domain.approval import GRANTED, Standing, standing
from desk.domain.canonical import Json, timestamp
from desk.domain.events import ApprovalDecided, ApprovalRequested
from desk.domain.lifecycle import fold_order
from desk.domain.money import ZERO, parsed, plain
from desk.journal.digest import session_digest
from desk.ports import Recorded

Data = Mapping[str, Any]


def _all(events: Iterable[Recorded], event_type: str) -> list[Data]:
    return [event.data for event in events if event.event_type == event_type]


def _last(events: Iterable[Recorded], event_type: str) -> Data | None:
    found = _all(events, event_type)
    return found[-1] if found else None


def run_document(events: Sequence[Recorded], head: str) -> dict[str, Json]:
    """``desk.run/1`` of one session: how it ended, or that it waits."""
    opened, closed = _last(events, "SessionOpened"), _last(events, "SessionClosed")
    assert opened is not None
    outcome, decided_by, reasons = _ending(events, closed)
    return {
        "schema": "desk.run/1",
        "session_id": opened["session_id"],
        "session_digest": session_digest(events),
        "outcome": outcome,
        "decided_by": decided_by,
        "reasons": reasons,
        "orders": list(orders(events)),
        "intent": intent(events),
        "gate": gate(events),
        "approval": approval(events),
        "usage": usage(events),
        "journal_head": head,
        "parent": opened["parent"],
    }


def _ending(events: Sequence[Recorded], closed: Data | None) -> tuple[Json, Json, Json]:
    if closed is not None:
        return closed["outcome"], closed["decided_by"], list(closed["reasons"])
    asked = _asked(events)
    if asked is not None and not asked[1].settled:
        return "awaiting_approval", "human", [asked[0].approval_id]
    return "interrupted", "system", ["INTERRUPTED"]


def orders(events: Iterable[Recorded]) -> list[Json]:
    """One entry a request that was submitted, the entry order first."""
    streams: dict[str, list[Recorded]] = {}
    for event in events:
        if event.stream_type == "order":
            streams.setdefault(event.stream_id, []).append(event)
    return [order(stream) for stream in streams.values()]


def order(stream: Sequence[Recorded]) -> Json:
    """One order from its own events."""
    submitted = stream[0].data
    told = [event.data for event in stream if "order_id" in event.data]
    filled = [data for data in told if data.get("filled_quantity") not in (None, "0")]
    quantity = parsed(str(filled[-1]["filled_quantity"])) if filled else ZERO
    price = filled[-1]["average_price"] if filled else None
    worth = ZERO if price is None else quantity * parsed(str(price))
    return {
        "order_id": told[-1]["order_id"] if told else None,
        "client_order_id": submitted["client_order_id"],
        "kind": "trade",
        "purpose": submitted["purpose"],
        "symbol": submitted["symbol"],
        "side": submitted["side"],
        "amount_usdc": submitted["size_usdc"],
        "filled_usdc": plain(worth),
        "fill_price": price,
        "state": fold_order(event.event_type for event in stream).value,
    }


def intent(events: Iterable[Recorded]) -> Json:
    minted = _last(events, "IntentMinted")
    if minted is None:
        return None
    return {"intent_id": minted["intent_id"], "intent_hash": minted["intent_hash"], **minted["act"]}


def gate(events: Iterable[Recorded]) -> Json:
    """The gate's last word."""
    assessed = _last(events, "GateAssessed")
    if assessed is None:
        return None
    keys = ("cleared", "reasons", "max_admissible_usdc", "max_without_human_usdc")
    return {key: assessed[key] for key in keys}


def approval(events: Sequence[Recorded]) -> Json:
    """The last question to humans and where it stands; ``by`` names everybody who granted it."""
    asked = _asked(events)
    if asked is None:
        return None
    request, stands = asked
    last = stands.last if stands.settled else None
    by = None if last is None else last.by
    return {
        "approval_id": request.approval_id,
        "intent_hash": request.intent_hash,
        "card_hash": request.card_hash,
        "expires_at": timestamp(request.expires_at),
        "quorum": request.quorum,
        "parent": request.parent,
        "decision": stands.decision,
        "by": " + ".join(stands.granted_by) if stands.decision == GRANTED else by,
        "channel": None if last is None else last.channel,
        "reason": None if last is None else last.reason,
    }


def _asked(events: Iterable[Recorded]) -> tuple[ApprovalRequested, Standing] | None:
    """The newest question, and what people said of it."""
    said = [one.event for one in events if one.event_type in ("ApprovalRequested", "ApprovalDecided")]
    requests = [one for one in said if isinstance(one, ApprovalRequested)]
    if not requests:
        return None
    decided = (one for one in said if isinstance(one, ApprovalDecided))
    return requests[-1], standing(requests[-1], decided)


def usage(events: Iterable[Recorded]) -> dict[str, Json]:
    """Calls, tokens and dollars, summed over the replies on record. ``usd`` is null once one is not known."""
    replies = _all(events, "ModelReplied")
    priced = [reply["usd"] for reply in replies]
    usd = None if None in priced else plain(sum((parsed(one) for one in priced), parsed("0")))
    return {
        "calls": len(replies),
        "prompt_tokens": sum(int(reply["prompt_tokens"]) for reply in replies),
        "completion_tokens": sum(int(reply["completion_tokens"]) for reply in replies),
        "usd": usd,
    }


# ---- show ----------------------------------------------------------------------------------------

_SAID = {"ViewStated": "view", "RebuttalGiven": "rebuttal", "VerdictGiven": "verdict"}


def show_document(events: Sequence[Recorded], head: str) -> dict[str, Json]:
    """``desk.show/1``: the whole session for a person or a program."""
    run = run_document(events, head)
    opened, built = _last(events, "SessionOpened"), _last(events, "DossierBuilt")
    assert opened is not None
    session = {key: run[key] for key in ("session_id", "session_digest", "outcome", "decided_by", "reasons")}
    brief = _last(events, "BriefReceived") or {}
    about = {key: opened[key] for key in ("account", "venue", "clock", "seed", "brief_sha256", "prompts")}
    return {
        "schema": "desk.show/1",
        "session": {**session, **about, "brief": brief.get("name"), "settings": opened["settings"]},
        "facts": list(built["facts"]) if built else [],
        "missing": list(built["missing"]) if built else [],
        "messages": messages(events),
        "intent": run["intent"],
        "gate": _gate_in_full(events),
        "approval": run["approval"],
        "orders": run["orders"],
        "report": (_last(events, "SessionClosed") or {}).get("report"),
        "usage": run["usage"],
        "steps": steps(events),
        "journal_head": head,
    }


def messages(events: Iterable[Recorded]) -> list[Json]:
    """What was said, typed, in the order it entered the session."""
    said: list[Json] = []
    for event in events:
        key = _SAID.get(event.event_type)
        if key is not None:
            data = event.data
            notes = {name: data[name] for name in ("warnings", "accepted", "valid", "reason") if name in data}
            said.append({"who": data["who"], "kind": key, "content": data[key], **notes})
    return said


def _gate_in_full(events: Iterable[Recorded]) -> Json:
    assessed = _last(events, "GateAssessed")
    if assessed is None:
        return None
    return {key: value for key, value in assessed.items() if key != "inputs"}


def steps(events: Sequence[Recorded]) -> list[Json]:
    """Each event's name with the seconds since the one before."""
    found: list[Json] = []
    before = events[0].occurred_at
    for event in events:
        seconds = max(0.0, (event.occurred_at - before).total_seconds())
        found.append(
            {"name": event.event_type, "at": timestamp(event.occurred_at), "seconds": f"{seconds:.3f}"}
        )
        before = max(before, event.occurred_at)
    return found
