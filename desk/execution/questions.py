"""The question put to humans: how it is recorded, and what their words amount to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from desk.domain import approval
from desk.domain.approval import Standing
from desk.domain.book import Assessment
from desk.domain.events import ApprovalDecided, ApprovalRequested, GateAssessed, Inputs, IntentMinted
from desk.domain.policy import NOBODY
from desk.domain.proposal import Intent
from desk.domain.shape import shaped
from desk.ports import Answer, DoorRefused, Instant, Transaction, Waiting

OUTCOMES = {approval.DENIED: "refused_by_human", approval.EXPIRED: "approval_expired"}


def gated(
    intent: Intent, assessment: Assessment, stage: str, venue_time: datetime | None, inputs: Inputs
) -> GateAssessed:
    """The gate's answer as a fact."""
    return GateAssessed(
        intent_id=intent.intent_id,
        intent_hash=intent.hash,
        stage=stage,
        cleared=assessment.cleared,
        reasons=assessment.reasons,
        checks=assessment.checks(),
        max_admissible_usdc=assessment.max_admissible_usdc,
        max_without_human_usdc=assessment.max_without_human_usdc,
        human_reasons=assessment.human_reasons,
        equity_usdc=assessment.equity_usdc,
        nav=assessment.nav,
        venue_time=venue_time,
        inputs=inputs,
    )


def refusal_of(assessment: Assessment) -> DoorRefused:
    """Denied by the gate; a halted desk is its own outcome."""
    if "STATE_HALTED" in assessment.reasons:
        return DoorRefused(outcome="halted", decided_by="system", reasons=assessment.reasons)
    return DoorRefused(outcome="denied", decided_by="gate", reasons=assessment.reasons)


def minted(intent: Intent) -> IntentMinted:
    """The intent as a fact."""
    return IntentMinted(
        intent_id=intent.intent_id,
        intent_hash=intent.hash,
        act=intent.act.document(),
        basis=shaped(intent.basis),
        parent=intent.parent,
    )


def waiting(request: ApprovalRequested) -> Waiting:
    return Waiting(approval_id=request.approval_id, expires_at=request.expires_at)


def nobody(request: ApprovalRequested) -> Answer:
    """What silence amounts to."""
    return Answer(
        card_hash=request.card_hash,
        decision=approval.EXPIRED,
        by=NOBODY,
        channel=request.channel,
        reason="NO_ANSWER",
    )


def decisions(tx: Transaction, stream: str) -> list[ApprovalDecided]:
    """What was said of any approval of a session, oldest first."""
    said = (record.event for record in tx.stream(stream) if record.event_type == "ApprovalDecided")
    return [event for event in said if isinstance(event, ApprovalDecided)]


def said_before(stands: Standing, answer: Answer) -> bool:
    """Has this person granted it before? A second word of theirs adds nothing."""
    return answer.decision == approval.GRANTED and answer.by in stands.granted_by


def expiry_of(request: ApprovalRequested) -> Instant:
    return Instant(
        wall=request.expires_at, boot_id=request.expires_boot, monotonic_s=Decimal(request.expires_monotonic)
    )


def judged(request: ApprovalRequested, answer: Answer, inputs: Inputs, *, over: bool) -> ApprovalDecided:
    """What an answer amounts to: to another card it is a denial, after the time it is an expiry."""
    decision, reason = answer.decision, answer.reason
    if answer.card_hash != request.card_hash or not approval.intact(request):
        decision, reason = approval.DENIED, "CARD_DIFFERS"
    elif over and decision == approval.GRANTED:
        decision, reason = approval.EXPIRED, "TOO_LATE"
    return ApprovalDecided(
        approval_id=request.approval_id,
        intent_id=request.intent_id,
        intent_hash=request.intent_hash,
        card_hash=request.card_hash,
        decision=decision,
        by=answer.by,
        channel=answer.channel,
        reason=reason,
        inputs=inputs,
    )


def refused(decision: ApprovalDecided) -> DoorRefused:
    """A human's no, or the end of their time."""
    outcome = OUTCOMES.get(decision.decision, "refused_by_human")
    by = "system" if outcome == "approval_expired" else "human"
    return DoorRefused(outcome=outcome, decided_by=by, reasons=(decision.reason or outcome.upper(),))
