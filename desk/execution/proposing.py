"""The first half of the door: gate, human, ticket."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from desk.domain import approval, ids
from desk.domain.book import Assessment
from desk.domain.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    GateAssessed,
    Inputs,
    IntentMinted,
)
from desk.domain.lifecycle import SessionState, TradeState
from desk.domain.market import Market
from desk.domain.proposal import Intent
from desk.domain.risk import assess
from desk.domain.shape import shaped, unshaped
from desk.domain.steps import Asked, Decided, Judged
from desk.execution.look import Seen
from desk.execution.orders import entry_request, issued, opening, ticket_row
from desk.execution.room import Cleared, Room
from desk.execution.trades import Trade
from desk.ports import Answer, DoorRefused, Instant, TicketId, Transaction, Waiting

REFUSED = {approval.DENIED: "refused_by_human", approval.EXPIRED: "approval_expired"}


class Proposing:
    """Turns an intent into a refusal, a question to a human, or a ticket."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._parts = room.parts
        self._log = room.parts.log
        self._pending: tuple[Intent, ApprovalRequested] | None = None

    async def propose(self, intent: Intent) -> DoorRefused | Waiting | TicketId:
        """Judge the intent on a fresh look; ask a human if one must decide."""
        self._room.move(SessionState.SIZING)
        seen = await self._room.look.look(intent.act.symbol)
        with self._parts.journal.transaction() as tx:
            now = self._log.now()
            assessment = self._assess(tx, intent, seen, now)
            minted = IntentMinted(
                intent_id=intent.intent_id,
                intent_hash=intent.hash,
                act=intent.act.document(),
                basis=shaped(intent.basis),
            )
            events = [minted, self._gated(intent, assessment, "propose")]
            market = seen.snapshot.market
            if not assessment.cleared or market is None:
                self._log.write(tx, *events, at=now)
                return self._denied(intent, assessment, "propose")
            if not assessment.human_reasons:
                return self._ticket(tx, intent, market, now, events, card_hash="", approved_by=None)
            request = self._request(intent, assessment, market, now)
            self._log.write(tx, *events, request, at=now)
        self._show(intent, assessment, "propose")
        self._parts.screen.show(Asked(request=request))
        self._pending = (intent, request)
        return await self.decide()

    async def decide(self) -> DoorRefused | Waiting | TicketId:
        """Take the first valid answer to the open question; look at everything again before a ticket."""
        assert self._pending is not None
        intent, request = self._pending
        answer = await self._parts.approver.ask(request)
        if answer is None:
            return Waiting(approval_id=request.approval_id, expires_at=request.expires_at)
        seen = await self._room.look.look(intent.act.symbol)
        with self._parts.journal.transaction() as tx:
            decision = self._decided(tx, request, answer)
            if decision.decision != approval.GRANTED:
                return self._refused(decision)
            now = self._log.now()
            assessment = self._assess(tx, intent, seen, now)
            events: list[Event] = [self._gated(intent, assessment, "approved")]
            market = seen.snapshot.market
            if not assessment.cleared or market is None:
                self._log.write(tx, *events, at=now)
                return self._denied(intent, assessment, "approved")
            return self._ticket(
                tx, intent, market, now, events, card_hash=request.card_hash, approved_by=decision.by
            )

    # ---- the gate --------------------------------------------------------------------------------

    def _assess(self, tx: Transaction, intent: Intent, seen: Seen, now: Instant) -> Assessment:
        book = self._room.look.book(tx, seen, now)
        self._venue_time = seen.snapshot.venue_time
        return assess(intent, book, self._room.limits())

    def _gated(self, intent: Intent, assessment: Assessment, stage: str) -> GateAssessed:
        return gated(intent, assessment, stage, self._venue_time, self._parts.tape.take())

    def _denied(self, intent: Intent, assessment: Assessment, stage: str) -> DoorRefused:
        self._room.move(SessionState.IDLE)
        self._show(intent, assessment, stage)
        return refusal_of(assessment)

    def _show(self, intent: Intent, assessment: Assessment, stage: str) -> None:
        self._parts.screen.show(Judged(intent=intent, assessment=assessment, stage=stage))

    # ---- the human -------------------------------------------------------------------------------

    def _request(
        self, intent: Intent, assessment: Assessment, market: Market, now: Instant
    ) -> ApprovalRequested:
        expires = self._parts.tape.note(
            "expiry", lambda: now.later(self._ttl_s(intent)), shaped, lambda plain: unshaped(Instant, plain)
        )
        approval_id = self._log.new_id(ids.APPROVAL)
        card = approval.card(
            intent,
            assessment,
            market,
            approval_id=approval_id,
            session_id=self._log.session_id,
            expires_at=expires.wall,
            policy_version=self._parts.policy_version,
        )
        return ApprovalRequested(
            approval_id=approval_id,
            intent_id=intent.intent_id,
            intent_hash=intent.hash,
            card=card,
            card_hash=approval.card_hash(card),
            policy_version=self._parts.policy_version,
            channel=self._parts.approver.channel,
            expires_at=expires.wall,
            expires_boot=expires.boot_id,
            expires_monotonic=expires.monotonic_s,
            inputs=self._parts.tape.take(),
        )

    def _ttl_s(self, intent: Intent) -> int:
        """As long as the channel gives, but never past the intent's own validity by the venue's clock."""
        if self._venue_time is None:
            return 0
        left = int((intent.act.valid_until - self._venue_time).total_seconds())
        return max(0, min(self._parts.approver.ttl_s, left))

    def _decided(self, tx: Transaction, request: ApprovalRequested, answer: Answer) -> ApprovalDecided:
        """The decision on record: one that another channel wrote first, or this answer, written now."""
        first = recorded_decision(tx, self._log.stream, request.approval_id)
        now = self._log.now()
        over = self._parts.tape.note("expired", lambda: expiry_of(request).reached(now), bool, bool)
        decision = first or self._judged(request, answer, over=over)
        if first is None:
            self._log.write(tx, decision, at=now)
        self._parts.screen.show(
            Decided(
                decision=decision.decision,
                by=decision.by,
                channel=decision.channel,
                reason=decision.reason,
            )
        )
        return decision

    def _judged(self, request: ApprovalRequested, answer: Answer, *, over: bool) -> ApprovalDecided:
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
        )

    def _refused(self, decision: ApprovalDecided) -> DoorRefused:
        self._room.move(SessionState.IDLE)
        outcome = REFUSED.get(decision.decision, "refused_by_human")
        by = "system" if outcome == "approval_expired" else "human"
        return DoorRefused(outcome=outcome, decided_by=by, reasons=(decision.reason or outcome.upper(),))

    # ---- the ticket ------------------------------------------------------------------------------

    def _ticket(
        self,
        tx: Transaction,
        intent: Intent,
        market: Market,
        now: Instant,
        events: list[Event],
        *,
        card_hash: str,
        approved_by: str | None,
    ) -> TicketId:
        trade = Trade(self._log.new_id(ids.TRADE), intent.act, self._log)
        purpose = opening(intent, trade.trade_id, market.taker_fee, approved_by)
        request = entry_request(intent.act, self._log.new_id(ids.CLIENT_ORDER), self._parts.mode)
        row = ticket_row(
            purpose, request, self._log, now, card_hash=card_hash, policy_hash=self._parts.policy_version
        )
        self._parts.tickets.issue(tx, row)
        self._log.write(tx, *events, issued(row, purpose, request), at=now)
        trade.moved(tx, TradeState.SETUP_DETECTED, TradeState.ENTRY_APPROVED, reason="GATE_CLEARED")
        self._room.cleared[row.ticket_id] = Cleared(intent=intent, purpose=purpose, trade=trade)
        return TicketId(ticket_id=row.ticket_id)


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
        checks=tuple(check.document() for check in assessment.checks),
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


def recorded_decision(tx: Transaction, stream: str, approval_id: str) -> ApprovalDecided | None:
    """The decision that is already on record for this approval, whoever wrote it."""
    for record in tx.stream(stream):
        if record.event_type == "ApprovalDecided" and record.data["approval_id"] == approval_id:
            event = record.event
            assert isinstance(event, ApprovalDecided)
            return event
    return None


def expiry_of(request: ApprovalRequested) -> Instant:
    return Instant(
        wall=request.expires_at, boot_id=request.expires_boot, monotonic_s=Decimal(request.expires_monotonic)
    )
