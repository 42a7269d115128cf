"""What a screen can be shown while a session runs. Values only: a screen never reaches back."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from desk.domain.book import Assessment
from desk.domain.dossier import Dossier
from desk.domain.events import ApprovalRequested, Document, Event
from desk.domain.proposal import Intent


class Opened(Struct, frozen=True, kw_only=True):
    """The session exists in the journal."""

    session_id: str
    brief: str
    account: str
    venue: str
    models: Document


class Researched(Struct, frozen=True, kw_only=True):
    """The dossier is built."""

    dossier: Dossier


class Speaking(Struct, frozen=True, kw_only=True):
    """A role has the floor; ``calls`` and ``tokens`` are what was spent before."""

    role: str
    calls: int
    max_calls: int
    tokens: int


class Words(Struct, frozen=True, kw_only=True):
    """Streamed text of a role, as it comes."""

    role: str
    text: str


class Recalled(Struct, frozen=True, kw_only=True):
    """A role's reply came from the decision cache, where it was for ``age_s`` seconds."""

    role: str
    age_s: int


class CacheUnusable(Struct, frozen=True, kw_only=True):
    """The decision cache is damaged, locked or not writable: everybody is asked instead."""


class Stated(Struct, frozen=True, kw_only=True):
    """A view, rebuttal or verdict entered the session."""

    role: str
    event: Event


class Judged(Struct, frozen=True, kw_only=True):
    """The gate has spoken; ``stage`` is ``propose``, ``approved`` or ``send``."""

    intent: Intent
    assessment: Assessment
    stage: str


class Asked(Struct, frozen=True, kw_only=True):
    """A human is being asked."""

    request: ApprovalRequested


class Decided(Struct, frozen=True, kw_only=True):
    """A human (or the clock) has answered."""

    decision: str
    by: str
    channel: str
    reason: str | None


class Sending(Struct, frozen=True, kw_only=True):
    """The ticket is burned; the request goes out."""

    intent: Intent
    client_order_id: str


class Settled(Struct, frozen=True, kw_only=True):
    """What the venue made of it, and how the position is protected."""

    report: Document


class Closed(Struct, frozen=True, kw_only=True):
    """The session is over."""

    outcome: str
    decided_by: str
    reasons: tuple[str, ...]
    calls: int
    usd: Decimal | None
