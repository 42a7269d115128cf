"""The session: its brief, what was said in it, what was decided, and how it ended."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from desk.domain.events.fact import Document, Event, Informed


class SessionOpened(Event, frozen=True, kw_only=True):
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


class BriefReceived(Event, frozen=True, kw_only=True):
    """``slices`` names the data series by sha256; their bytes lie in the journal's blob table."""

    brief_sha256: str
    name: str
    brief: Document
    slices: Document


class DossierBuilt(Informed, frozen=True, kw_only=True):
    """Every fact of the dossier, and every one that could not be had."""

    dossier_sha256: str
    facts: tuple[Document, ...]
    missing: tuple[Document, ...]


class ModelReplied(Event, frozen=True, kw_only=True):
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


class ViewStated(Event, frozen=True, kw_only=True):
    """What an analyst holds; ``warnings`` is what grounding found amiss in it."""

    who: str
    view: Document
    warnings: tuple[str, ...] = ()


class RebuttalGiven(Event, frozen=True, kw_only=True):
    """``accepted`` is false for a change of stance without a newly cited fact (``CAPITULATION``)."""

    who: str
    rebuttal: Document
    accepted: bool
    reason: str | None = None


class VerdictGiven(Event, frozen=True, kw_only=True):
    """What the risk officer decided. What is not ``valid`` counts for nothing; ``reason`` says why."""

    who: str
    verdict: Document
    valid: bool = True
    reason: str | None = None


class IntentMinted(Event, frozen=True, kw_only=True):
    """``act`` is the canonical act that ``intent_hash`` covers; ``basis`` is what it rests on.

    ``parent`` is the intent that a human made smaller, if this one came from that.
    """

    intent_id: str
    intent_hash: str
    act: Document
    basis: Document
    parent: str | None = None


class GateAssessed(Informed, frozen=True, kw_only=True):
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


class ApprovalRequested(Informed, frozen=True, kw_only=True):
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


class ApprovalDecided(Informed, frozen=True, kw_only=True):
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


class TicketIssued(Event, frozen=True, kw_only=True):
    """The public fact of a ticket; its seal and parameters stay in the ticket table."""

    ticket_id: str
    intent_id: str
    intent_hash: str
    attempt: int
    purpose: str
    trade_id: str
    client_order_id: str
    expires_at: datetime


class SessionSuspended(Informed, frozen=True, kw_only=True):
    """The question stands in the journal, and the session waits for its answer."""

    approval_id: str
    expires_at: datetime


class SessionClosed(Informed, frozen=True, kw_only=True):
    """``report`` is the execution report, or null when nothing was sent."""

    session_id: str
    outcome: str
    decided_by: str
    reasons: tuple[str, ...]
    report: Document | None
    usage: Document
