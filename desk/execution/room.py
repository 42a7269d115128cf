"""Everything the door's two halves share for one session."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct, field
from msgspec.structs import replace

from desk.domain.lifecycle import SESSION, SessionState, move
from desk.domain.limits import Limits
from desk.domain.money import parsed
from desk.domain.policy import Policy
from desk.domain.proposal import Intent
from desk.execution.dispatch import Dispatch
from desk.execution.guard import Guard
from desk.execution.log import SessionLog
from desk.execution.look import Look
from desk.execution.orders import Purpose
from desk.execution.protection import Protection
from desk.execution.recovery import Recovery
from desk.execution.tape import Tape
from desk.execution.tickets import Tickets
from desk.execution.trades import Trade
from desk.ports import Approver, Clock, Folds, HaltSwitch, Ids, Journal, Screen, Venue


class Parts(Struct, frozen=True, kw_only=True):
    """What a session's door is made from. ``mode`` is what every order is sent with: paper or live."""

    journal: Journal
    venue: Venue
    clock: Clock
    new_ids: Ids
    halt: HaltSwitch
    approver: Approver
    tickets: Tickets
    tape: Tape
    screen: Screen
    log: SessionLog
    folds: Folds
    limits: Limits
    mode: str
    policy: Policy
    #: Limits that were tightened since the session was opened: they hold from then on, and are recorded.
    tightened: Mapping[str, Decimal] = field(default_factory=dict)
    #: The version of the policy in force now; an approval that was asked for under another one is void.
    policy_now: str | None = None


class Cleared(Struct, frozen=True, kw_only=True):
    """A ticket's other half, kept in the process: the intent it is for and its trade."""

    intent: Intent
    purpose: Purpose
    trade: Trade


class Room(Struct, kw_only=True):
    """The parts at work, the session machine, and the tickets that were issued here."""

    parts: Parts
    look: Look
    guard: Guard
    dispatch: Dispatch
    protection: Protection
    state: SessionState = SessionState.IDLE
    cleared: dict[str, Cleared] = field(default_factory=dict)

    def limits(self) -> Limits:
        """What is in force now: the session's limits, and what was tightened since."""
        tightened = self.parts.tape.note("limits", lambda: self.parts.tightened, dict, _decimals)
        return replace(self.parts.limits, **tightened) if tightened else self.parts.limits

    def policy_changed(self) -> bool:
        """Was the policy changed since the session was opened?"""
        now, version = self.parts.policy_now, self.parts.policy.version
        return self.parts.tape.note("policy_changed", lambda: now not in (None, version), bool, bool)

    def move(self, target: SessionState) -> None:
        """Move the session machine.

        Raises:
            InvalidTransition: the table lacks the move.
        """
        self.state = move(SESSION, self.state, target)


def _decimals(plain: object) -> Mapping[str, Decimal]:
    assert isinstance(plain, dict)
    return {str(name): parsed(str(value)) for name, value in plain.items()}


def furnished(parts: Parts) -> Room:
    """A room with everything wired up."""
    look = Look(parts.venue, parts.halt, parts.clock, parts.log, parts.tape, parts.folds)
    guard = Guard(f"trading@{parts.venue.name}", parts.log, parts.tape)
    recovery = Recovery(parts.venue, look, parts.clock, parts.tape)
    dispatch = Dispatch(parts.journal, parts.venue, parts.log, parts.tape, look, guard, recovery)
    protection = Protection(
        parts.journal,
        look,
        dispatch,
        parts.tickets,
        parts.clock,
        parts.log,
        parts.tape,
        parts.venue.name,
        parts.mode,
    )
    return Room(parts=parts, look=look, guard=guard, dispatch=dispatch, protection=protection)
