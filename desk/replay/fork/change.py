"""What a fork changes, at which step of its record."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct, field

from desk.domain.canonical import Json, sha256
from desk.domain.money import plain
from desk.errors import UsageError
from desk.ports import Recorded
from desk.replay.record import Record

#: Ports of the tape through which a venue answers.
VENUE_PORTS = frozenset({"snapshot", "orders", "promises", "submit"})

GRANT, DENY = "grant", "deny"


class Change(Struct, frozen=True, kw_only=True):
    """One or more inputs of a record, from step ``at`` on.

    Args:
        at: a step's number, from 1 (the whole session).
        models: role to the model that answers it from there on.
        prompts: role to another system prompt.
        limits: tighter or looser figures by name.
        answer: what the human says: ``grant``, ``deny``, or a smaller size in USDC.
        venue_reply: merged into what the venue answered in step ``at``.
    """

    at: int = 1
    models: Mapping[str, str] = field(default_factory=dict)
    prompts: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Decimal] = field(default_factory=dict)
    answer: str | Decimal | None = None
    venue_reply: Mapping[str, Json] | None = None

    def document(self) -> dict[str, Json]:
        """For the fork's own record; prompts by their sha256."""
        return {
            "at": self.at,
            "models": dict(self.models),
            "prompts": {role: sha256(text) for role, text in self.prompts.items()},
            "limits": {name: plain(value) for name, value in self.limits.items()},
            "answer": plain(self.answer) if isinstance(self.answer, Decimal) else self.answer,
            "venue_reply": None if self.venue_reply is None else dict(self.venue_reply),
        }


def check(change: Change, record: Record) -> None:
    """See that the change can be made there.

    Raises:
        UsageError: there is no such step, it holds nothing that is changed, or it comes too late.
    """
    if not 1 <= change.at <= len(record.events):
        raise UsageError(
            f"there is no step {change.at}",
            why=f"session {record.session_id} has {len(record.events)} steps",
            fix="`desk replay ID --step` walks through them",
            code="NO_STEP",
        )
    for role in (*change.models, *change.prompts):
        _require_silent(role, change.at, record)
    if change.venue_reply is not None and not venue_notes(record.events[change.at - 1]):
        found = [n for n, event in enumerate(record.events, start=1) if venue_notes(event)]
        raise UsageError(
            f"no venue answered in step {change.at}",
            fix="Steps in which one did: " + ", ".join(map(str, found)),
            code="NO_VENUE_REPLY",
        )


def _require_silent(role: str, at: int, record: Record) -> None:
    """A role has one prompt and one model for a whole session: it may not have spoken before."""
    spoke = [n for n, one in enumerate(record.events, start=1) if one.data.get("role") == role]
    if spoke and spoke[0] < at:
        raise UsageError(
            f"{role} had spoken before step {at}",
            why="a role keeps its prompt and its model for the whole session",
            fix=f"Use --at {spoke[0]} or less",
            code="SPOKEN",
        )


def venue_notes(event: Recorded) -> list[int]:
    """Places, among an event's inputs, of what a venue answered."""
    notes = event.data.get("inputs", ())
    assert isinstance(notes, list | tuple)
    return [
        place for place, note in enumerate(notes) if isinstance(note, dict) and note["port"] in VENUE_PORTS
    ]
