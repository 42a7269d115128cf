"""What a screen can be shown while a session runs. Values only: a screen never reaches back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from desk.domain.book import Assessment
from desk.domain.dossier import Dossier
from desk.domain.events import ApprovalRequested, Document, Event
from desk.domain.proposal import Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The session exists in the journal."""

    session_id: str
    brief: str
    account: str
    venue: str
    models: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Researched:
    """The dossier is built."""

    dossier: Dossier


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """A role has the floor; ``calls`` and ``tokens`` are what was spent before."""

    role: str
    calls: int
    max_calls: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Streamed text of a role, as it comes."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A role's reply came from the decision cache, where it was for ``age_s`` seconds."""

    role: str
    age_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUnusable:
    """The decision cache is damaged, locked or not writable: everybody is asked instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A view, rebuttal or verdict entered the session."""

    role: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The gate has spoken; ``stage`` is ``propose``, ``approved`` or ``send``."""

    intent: Intent
    assessment: Assessment
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A human is being asked."""

    request: ApprovalRequested


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A human (or the clock) has answered."""

    decision: str
    by: str
    channel: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The ticket is burned; the request goes out."""

    intent: Intent
    client_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the venue made of it, and how the position is protected."""

    report: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The session is over."""

    outcome: str
    decided_by: str
    reasons: tuple[str, ...]
    calls: int
    usd: Decimal | None
