"""The session: its brief, what was said in it, what was decided, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desk.domain.events.fact import Document, Event, Informed


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened(Event):
    """Everything the session was given except the brief. ``settings`` holds limits, budget, models."""

    session_id: str
    account: str
    venue: str
    clock: str
    seed: str | None
    brief_sha256: str
    prompts: Document
    settings: Document
    desk_version: str
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefReceived(Event):
    """``slices`` names the data series by sha256; their bytes lie in the journal's blob table."""

    brief_sha256: str
    name: str
    brief: Document
    slices: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierBuilt(Informed):
    """Every fact of the dossier, and every one that could not be had."""

    dossier_sha256: str
    facts: tuple[Document, ...]
    missing: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReplied(Event):
    """One reply, durable at once in a stream of its own. ``request`` is what was asked, prompts by sha."""

    session_id: str
    role: str
    n: int
    model: str
    request_sha256: str
    request: Document
    reply: Document
    prompt_tokens: int
    completion_tokens: int
    usd: Decimal | None
    latency_ms: int
    from_cache: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewStated(Event):
    """What an analyst holds; ``warnings`` is what grounding found amiss in it."""

    who: str
    view: Document
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuttalGiven(Event):
    """``accepted`` is false for a change of stance without a newly cited fact (``CAPITULATION``)."""

    who: str
    rebuttal: Document
    accepted: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictGiven(Event):
    """What the risk officer decided. What is not ``valid`` counts for nothing; ``reason`` says why."""

    who: str
    verdict: Document
    valid: bool = True
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentMinted(Event):
    """``act`` is the canonical act that ``intent_hash`` covers; ``basis`` is what it rests on.

    ``parent`` is the intent that a human made smaller, if this one came from that.
    """

    intent_id: str
    intent_hash: str
    act: Document
    basis: Document
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAssessed(Informed):
    """``stage`` is ``propose``, ``send`` or ``recovery``; ``checks`` is every rule, value and limit."""

    intent_id: str
    intent_hash: str
    stage: str
    cleared: bool
    reasons: tuple[str, ...]
    checks: tuple[Document, ...]
    max_admissible_usdc: Decimal
    max_without_human_usdc: Decimal
    human_reasons: tuple[str, ...]
    equity_usdc: Decimal | None
    nav: Decimal | None
    venue_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested(Informed):
    """``quorum`` different humans must grant it; ``parent`` is the approval it was edited from."""

    approval_id: str
    intent_id: str
    intent_hash: str
    card: Document
    card_hash: str
    policy_version: str
    channel: str
    expires_at: datetime
    expires_boot: str
    expires_monotonic: Decimal
    quorum: int = 1
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided(Informed):
    """One person's word: ``granted``, ``denied`` or ``edited``; or ``expired``, which is the clock's.

    ``by`` is the person, ``channel`` where they said it. An edit names the smaller size and the hash of
    the act that it makes.
    """

    approval_id: str
    intent_id: str
    intent_hash: str
    card_hash: str
    decision: str
    by: str
    channel: str
    reason: str | None = None
    size_usdc: Decimal | None = None
    edited_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketIssued(Event):
    """The public fact of a ticket; its seal and parameters stay in the ticket table."""

    ticket_id: str
    intent_id: str
    intent_hash: str
    attempt: int
    purpose: str
    trade_id: str
    client_order_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSuspended(Informed):
    """The question stands in the journal, and the session waits for its answer."""

    approval_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed(Informed):
    """``report`` is the execution report, or null when nothing was sent."""

    session_id: str
    outcome: str
    decided_by: str
    reasons: tuple[str, ...]
    report: Document | None
    usage: Document
