"""Two sessions side by side: where they part first, and what each came to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import zip_longest
from typing import Any

from msgspec import Struct

from desk.domain.canonical import Json, document, written
from desk.journal.projections import show_document
from desk.ports import Recorded
from desk.replay.divergence import unequal
from desk.replay.portable import PortableRecord

Doc = Mapping[str, Any]

_ID = re.compile(r"\b(?:[a-z]+:)?([a-z]{3})_[0-9a-f]{24,32}\b")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
#: Fields that say when or as what something was recorded, and not what it was; and hashes over other fields.
_INCIDENTAL = frozenset(
    {
        "latency_ms",
        "expires_at",
        "expires_boot",
        "expires_monotonic",
        "request_sha256",
        "brief_sha256",
        "dossier_sha256",
        "card_hash",
        "intent_hash",
        "edited_hash",
        "params_hash",
        "channel",
    }
)
#: Inputs of a step that are compared: the venue's answers. The others are clocks and folds.
_COMPARED = frozenset({"snapshot", "orders", "promises", "submit"})


class Parting(Struct, frozen=True, kw_only=True):
    """The first field in which they differ; ``step`` is its number in each (None: there is no such step)."""

    steps: tuple[int | None, int | None]
    kinds: tuple[str | None, str | None]
    field: str
    values: tuple[str, str]


class Line(Struct, frozen=True, kw_only=True):
    """One thing said of both."""

    section: str
    name: str
    values: tuple[str, str]

    @property
    def same(self) -> bool:
        return self.values[0] == self.values[1]


class Comparison(Struct, frozen=True, kw_only=True):
    """``parting`` is None where nothing but ids and times differs; ``same`` says: equal to the byte."""

    sessions: tuple[str, str]
    same: bool
    parting: Parting | None
    lines: tuple[Line, ...]


def compared(one: PortableRecord, other: PortableRecord) -> Comparison:
    """Hold two records against each other, ids and times aside."""
    left, right = (dict(_told(each)) for each in (one, other))
    return Comparison(
        sessions=(one.session_id, other.session_id),
        same=one.session_digest == other.session_digest,
        parting=_parting(one, other),
        lines=tuple(
            Line(section=key[0], name=key[1], values=(left.get(key, "—"), right.get(key, "—")))
            for key in dict.fromkeys([*left, *right])
        ),
    )


def _parting(one: PortableRecord, other: PortableRecord) -> Parting | None:
    """The kind of a step is held first: where another thing happened, its fields say nothing.

    A fork is held against its parent from the second step on: what was changed is known.
    """
    related = one.session_id == other.record.opened.parent or other.session_id == one.record.opened.parent
    pairs = zip_longest(_plain(one.events), _plain(other.events))
    for number, (left, right) in enumerate(pairs, start=1):
        if number == 1 and related:
            continue
        kinds = (_kind(left), _kind(right))
        if kinds[0] != kinds[1]:
            steps = (number if left else None, number if right else None)
            values = (kinds[0] or "nothing", kinds[1] or "nothing")
            return Parting(steps=steps, kinds=kinds, field="kind", values=values)
        found = next(unequal("", left, right), None)
        if found is not None:
            values = (written(found[1]), written(found[2]))
            return Parting(steps=(number, number), kinds=kinds, field=found[0], values=values)
    return None


def _kind(step: Doc | None) -> str | None:
    return None if step is None else str(step["kind"])


def _plain(events: Sequence[Recorded]) -> Iterator[dict[str, Any]]:
    """Each event as what happened: its kind first, ids by the order in which they appear, no times."""
    names: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        prefix = found.group(1)
        count = sum(name.startswith(prefix) for name in names.values())
        return names.setdefault(found.group(), f"{prefix}#{count + 1}")

    for event in events:
        yield {"kind": event.event_type, **_renamed(_essential(event), named)}


def _essential(event: Recorded) -> dict[str, Json]:
    data = document(event.data)
    assert isinstance(data, dict)
    notes: Any = data.pop("inputs", [])
    told = _without(data)
    assert isinstance(told, dict)
    if event.event_type == "SessionOpened":
        told = {key: value for key, value in told.items() if key not in ("account", "parent", "seed")}
    answers = [_without(note["reply"]) for note in notes if note["port"] in _COMPARED]
    return {**told, "venue": answers} if answers else told


def _without(value: Json) -> Json:
    """A document without what is incidental, at any depth."""
    if isinstance(value, dict):
        return {key: _without(inner) for key, inner in value.items() if key not in _INCIDENTAL}
    return [_without(inner) for inner in value] if isinstance(value, list) else value


def _renamed(data: dict[str, Json], named: Any) -> dict[str, Any]:
    renamed: dict[str, Any] = json.loads(_MOMENT.sub("a time", _ID.sub(named, written(data))))
    return renamed


# ---- what each came to ---------------------------------------------------------------------------


def _told(record: PortableRecord) -> Iterator[tuple[tuple[str, str], str]]:
    doc: Doc = show_document(record.events, record.journal_hash)
    session = doc["session"]
    yield ("session", "brief"), str(session["brief"])
    yield ("session", "outcome"), f"{session['outcome']} by {session['decided_by']}"
    yield ("session", "reasons"), ", ".join(session["reasons"]) or "—"
    yield from _debate(doc["messages"])
    yield from _money(doc)
    usage = doc["usage"]
    yield ("cost", "calls"), str(usage["calls"])
    yield ("cost", "tokens"), f"{usage['prompt_tokens']} + {usage['completion_tokens']}"
    yield ("cost", "USD"), str(usage["usd"])
    yield ("time", "from first to last event"), _seconds(record)


def _debate(messages: Sequence[Doc]) -> Iterator[tuple[tuple[str, str], str]]:
    for number, message in enumerate(messages, start=1):
        content = message["content"]
        stance = content.get("stance") or content.get("decision") or "nothing valid"
        section = f"{message['kind']}s"
        yield (section, f"{number} {message['who']}"), str(stance)
        forecast = content.get("forecast")
        if forecast:
            yield (section, f"{number} {message['who']} p"), f"{forecast['p']} {forecast['event']}"
        if content.get("reasons"):
            yield (section, f"{number} {message['who']} reasons"), ", ".join(content["reasons"])


def _money(doc: Doc) -> Iterator[tuple[tuple[str, str], str]]:
    intent, gate, human = doc["intent"], doc["gate"], doc["approval"]
    if intent:
        yield ("intent", "act"), f"{intent['side']} {intent['size']} USDC {intent['symbol']}"
        for name in ("limit", "stop", "target"):
            yield ("intent", name), str(intent[name])
    if gate:
        yield ("gate", "result"), "cleared" if gate["cleared"] else "denied: " + ", ".join(gate["reasons"])
        yield ("gate", "largest admissible"), f"{gate['max_admissible_usdc']} USDC"
        yield ("gate", "largest without a human"), f"{gate['max_without_human_usdc']} USDC"
    if human:
        yield ("human", "said"), f"{human['decision']} by {human['by']}" if human["decision"] else "nothing"
    for number, order in enumerate(doc["orders"], start=1):
        name = f"{number} {order['purpose']}"
        yield ("orders", name), f"{order['side']} {order['amount_usdc']} USDC, {order['state']}"
        yield ("orders", f"{name} price"), str(order["fill_price"])


def _seconds(record: PortableRecord) -> str:
    taken: timedelta = record.events[-1].occurred_at - record.events[0].occurred_at
    return f"{taken.total_seconds():.3f} s"
