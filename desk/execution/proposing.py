"""The first half of the door: gate, humans, ticket."""

from __future__ import annotations

from msgspec.structs import replace

from desk.domain import approval, ids
from desk.domain.approval import Standing
from desk.domain.book import Assessment
from desk.domain.events import ApprovalDecided, ApprovalRequested, Event, GateAssessed, SessionSuspended
from desk.domain.lifecycle import SessionState, TradeState
from desk.domain.market import Market
from desk.domain.policy import Requirement, Situation
from desk.domain.proposal import Intent
from desk.domain.risk import assess
from desk.domain.shape import shaped, unshaped
from desk.domain.steps import Asked, Decided, Judged
from desk.execution.look import Seen
from desk.execution.orders import entry_request, issued, opening, ticket_row
from desk.execution.questions import (
    decisions,
    expiry_of,
    gated,
    judged,
    minted,
    nobody,
    refusal_of,
    refused,
    said_before,
    waiting,
)
from desk.execution.room import Cleared, Room
from desk.execution.situation import TELLING, situation
from desk.execution.trades import Trade
from desk.ports import Answer, DoorRefused, Instant, TicketId, Transaction, Waiting


class Proposing:
    """Turns an intent into a refusal, a question to humans, or a ticket."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._parts = room.parts
        self._log = room.parts.log
        self._pending: tuple[Intent, ApprovalRequested] | None = None
        self._suspended: set[str] = set()

    async def propose(self, intent: Intent) -> DoorRefused | Waiting | TicketId:
        """Judge the intent on a fresh look; ask a human if one must decide."""
        self._room.move(SessionState.SIZING)
        seen = await self._room.look.look(intent.act.symbol)
        with self._parts.journal.transaction() as tx:
            now = self._log.now()
            assessment = self._assess(tx, intent, seen, now)
            events: list[Event] = [minted(intent), self._gated(intent, assessment, "propose")]
            market = seen.snapshot.market
            if not assessment.cleared or market is None:
                self._log.write(tx, *events, at=now)
                return self._denied(intent, assessment, "propose")
            required = self._required(tx, intent, assessment)
            if not required.humans:
                return self._ticket(tx, intent, market, now, events, card_hash="", approved_by=None)
            request = self._request(intent, assessment, market, now, required)
            left = [self._left_open(request)] if self._parts.approver.suspends else []
            self._log.write(tx, *events, request, *left, at=now)
        self._show(intent, assessment, "propose")
        self._parts.screen.show(Asked(request=request))
        self._pending = (intent, request)
        if self._parts.approver.suspends:
            return waiting(request)
        answer = await self._parts.approver.ask(request)
        return waiting(request) if answer is None else await self._heard(intent, request, answer)

    async def decide(self) -> DoorRefused | Waiting | TicketId:
        """Look once more for the answer to the open question; a question that nobody answered expires."""
        assert self._pending is not None
        intent, request = self._pending
        answer = await self._parts.approver.ask(request)
        return await self._heard(intent, request, answer)

    async def _heard(
        self, intent: Intent, request: ApprovalRequested, answer: Answer | None
    ) -> DoorRefused | Waiting | TicketId:
        """Take an answer (or the end of the time); look at everything again before a ticket."""
        now = self._log.now()  # Drawn on every way: a brief's clock counts its stamps.
        over = self._parts.tape.note("over", lambda: expiry_of(request).reached(now), bool, bool)
        if answer is None and not over:
            return waiting(request)
        seen = await self._room.look.look(intent.act.symbol)
        with self._parts.journal.transaction() as tx:
            tx.prove(self._log.stream)  # A word counts by what stands on record: that must be genuine.
            stands = self._decided(tx, request, answer or nobody(request), over=over)
            if not stands.settled or stands.last is None:
                if request.approval_id not in self._suspended:
                    self._log.write(tx, self._left_open(request))
                return waiting(request)
            if stands.decision not in (approval.GRANTED, approval.EDITED):
                self._room.move(SessionState.IDLE)
                return refused(stands.last)
            if self._room.policy_changed():
                return self._void(tx, "POLICY_CHANGED")
            if stands.decision == approval.EDITED:
                return self._edited(tx, intent, request, stands.last, seen)
            return self._approved(tx, intent, request, stands, seen, [], "approved")

    def _approved(
        self,
        tx: Transaction,
        intent: Intent,
        request: ApprovalRequested,
        stands: Standing,
        seen: Seen,
        events: list[Event],
        stage: str,
    ) -> DoorRefused | TicketId:
        """Everything is looked at again: what a human granted is void if it no longer passes."""
        now = self._log.now()
        assessment = self._assess(tx, intent, seen, now)
        events = [*events, self._gated(intent, assessment, stage)]
        market = seen.snapshot.market
        if not assessment.cleared or market is None:
            self._log.write(tx, *events, at=now)
            return self._denied(intent, assessment, stage)
        by = " + ".join(stands.granted_by)
        return self._ticket(tx, intent, market, now, events, card_hash=request.card_hash, approved_by=by)

    def _void(self, tx: Transaction, reason: str) -> DoorRefused:
        self._log.write(tx)
        self._room.move(SessionState.IDLE)
        return DoorRefused(outcome="denied", decided_by="gate", reasons=(reason,))

    # ---- a smaller one ---------------------------------------------------------------------------

    def _edited(
        self, tx: Transaction, parent: Intent, asked: ApprovalRequested, edit: ApprovalDecided, seen: Seen
    ) -> DoorRefused | Waiting | TicketId:
        """A new intent of the size a human named, gated like any other; their word approves it, and
        counts as the first of the new quorum. What is edited once cannot be edited again."""
        if asked.parent is not None or edit.size_usdc is None:
            return self._void(tx, "CARD_DIFFERS")
        act = approval.edited_act(asked.card, edit.size_usdc)
        child = Intent(
            intent_id=self._log.new_id(ids.INTENT), act=act, basis=parent.basis, parent=parent.intent_id
        )
        now = self._log.now()
        assessment = self._assess(tx, child, seen, now)
        events: list[Event] = [minted(child), self._gated(child, assessment, "edited")]
        market = seen.snapshot.market
        if child.hash != edit.edited_hash or not assessment.cleared or market is None:
            self._log.write(tx, *events, at=now)
            return self._denied(child, assessment, "edited")
        required = self._required(tx, child, assessment)
        request = self._request(child, assessment, market, now, required, parent=asked)
        granted = replace(
            edit,
            approval_id=request.approval_id,
            intent_id=child.intent_id,
            intent_hash=child.hash,
            card_hash=request.card_hash,
            decision=approval.GRANTED,
            size_usdc=None,
            edited_hash=None,
            inputs=(),
        )
        events += [request, granted]
        self._pending = (child, request)
        stands = approval.standing(request, [granted])
        if stands.settled:
            by = " + ".join(stands.granted_by)
            return self._ticket(tx, child, market, now, events, card_hash=request.card_hash, approved_by=by)
        self._log.write(tx, *events, self._left_open(request), at=now)
        return waiting(request)

    def _left_open(self, request: ApprovalRequested) -> SessionSuspended:
        """Goes into the very transaction that leaves the question open: an answer from elsewhere comes
        before both or after both, and a re-drive meets it at the same place."""
        self._suspended.add(request.approval_id)
        return SessionSuspended(
            approval_id=request.approval_id,
            expires_at=request.expires_at,
            inputs=self._parts.tape.take(),
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

    def _required(self, tx: Transaction, intent: Intent, assessment: Assessment) -> Requirement:
        """How many humans: what the code asks for, or more if the policy does."""
        it = self._parts.tape.note(
            "situation",
            lambda: situation(
                [record.event for record in tx.of_account(self._log.account, TELLING)],
                intent.act,
                intent.basis.agreement,
                assessment.human_reasons,
            ),
            shaped,
            lambda plain: unshaped(Situation, plain),
        )
        return self._parts.policy.requires(it, assessment.human_reasons)

    def _request(
        self,
        intent: Intent,
        assessment: Assessment,
        market: Market,
        now: Instant,
        required: Requirement,
        parent: ApprovalRequested | None = None,
    ) -> ApprovalRequested:
        """The question. An edited one may be answered for as long as the first one could."""
        expires = self._parts.tape.note(
            "expiry",
            lambda: now.later(self._ttl_s(intent)) if parent is None else expiry_of(parent),
            shaped,
            lambda plain: unshaped(Instant, plain),
        )
        approval_id = self._log.new_id(ids.APPROVAL)
        version, quorum = self._parts.policy.version, max(1, required.humans)
        card = approval.card(
            intent,
            assessment,
            market,
            approval_id=approval_id,
            session_id=self._log.session_id,
            expires_at=expires.wall,
            policy_version=version,
            why_asked=required.reasons,
            quorum=quorum,
            parent=None if parent is None else parent.approval_id,
        )
        return ApprovalRequested(
            approval_id=approval_id,
            intent_id=intent.intent_id,
            intent_hash=intent.hash,
            card=card,
            card_hash=approval.card_hash(card),
            policy_version=version,
            channel=self._parts.approver.channel,
            expires_at=expires.wall,
            expires_boot=expires.boot_id,
            expires_monotonic=expires.monotonic_s,
            quorum=quorum,
            parent=None if parent is None else parent.approval_id,
            inputs=self._parts.tape.take(),
        )

    def _ttl_s(self, intent: Intent) -> int:
        """As long as the channel gives, but never past the intent's own validity by the venue's clock."""
        if self._venue_time is None:
            return 0
        left = int((intent.act.valid_until - self._venue_time).total_seconds())
        return max(0, min(self._parts.approver.ttl_s, left))

    def _decided(
        self, tx: Transaction, request: ApprovalRequested, answer: Answer, *, over: bool
    ) -> Standing:
        """Where the approval stands with this answer. What is on record already counts first, a word said
        before adds nothing, and the end of the time settles what words have left open."""
        stands = approval.standing(request, decisions(tx, self._log.stream))
        again = said_before(stands, answer)
        if not stands.settled and (over or not again):
            word = nobody(request) if again else answer
            inputs = self._parts.tape.take()
            self._log.write(tx, judged(request, word, inputs, over=over), at=self._log.now())
            stands = approval.standing(request, decisions(tx, self._log.stream))
        if stands.last is not None:
            last = stands.last
            self._parts.screen.show(
                Decided(decision=last.decision, by=last.by, channel=last.channel, reason=last.reason)
            )
        return stands

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
            purpose, request, self._log, now, card_hash=card_hash, policy_hash=self._parts.policy.version
        )
        self._parts.tickets.issue(tx, row)
        self._log.write(tx, *events, issued(row, purpose, request), at=now)
        trade.moved(tx, TradeState.SETUP_DETECTED, TradeState.ENTRY_APPROVED, reason="GATE_CLEARED")
        self._room.cleared[row.ticket_id] = Cleared(intent=intent, purpose=purpose, trade=trade)
        return TicketId(ticket_id=row.ticket_id)
