"""The law of the debate: who speaks, what counts, when it ends. Pure, over its own typed state.

First views without sight of each other, one rebuttal each on conflict, the officer's word with at most
two challenges, then the door, the executor, the report. AutoGen only runs it: nothing that anybody
writes can make another role speak, end the run, or change what is done.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from desk.domain import dossier as names
from desk.domain import prompting
from desk.domain.canonical import Plain
from desk.domain.dossier import Dossier
from desk.domain.events import Document, Event, RebuttalGiven, VerdictGiven, ViewStated
from desk.domain.grounding import grounding
from desk.domain.levels import Levels, levels, price, round_trip_cost
from desk.domain.market import Side
from desk.domain.proposal import Kill
from desk.domain.roles import ANALYSTS, COMPLIANCE_PROXY, EXECUTOR, RISK_OFFICER, Analyst
from desk.domain.sizing import certainty, certainty_of_forecasts, halved
from desk.domain.validity import problems
from desk.domain.views import (
    Abstained,
    Call,
    Challenge,
    Condition,
    MacroView,
    PriceRef,
    Rebuttal,
    Setup,
    Stance,
    Statement,
    TechnicalView,
    Verdict,
    View,
)

MAX_CHALLENGES = 2
#: Turns an executor may take without anything coming of them.
MAX_IDLE_TURNS = 2
CONVICTION_FLOOR = Decimal("0.55")


class Phase(StrEnum):
    VIEWS = "VIEWS"
    REBUTTALS = "REBUTTALS"
    VERDICT = "VERDICT"
    CHALLENGED = "CHALLENGED"
    PROPOSE = "PROPOSE"
    EXECUTE = "EXECUTE"
    CLOSED = "CLOSED"


class Ask(Struct, frozen=True, kw_only=True):
    """What a role is asked: the typed answer wanted (None: a tool call) and the text it is shown."""

    role: str
    schema: str | None
    text: str


class Approval(Struct, frozen=True, kw_only=True):
    """What the officer approved, evaluated: everything an intent is made from except the account.

    ``x`` is the less certain analyst's certainty, 0..1; ``cost`` a fraction of the entry price.
    """

    side: Side
    levels: Levels
    cost: Decimal
    x: Decimal
    halve: bool
    size_step: int
    kill_if: tuple[Kill, ...]
    dissent: tuple[Document, ...]
    case_against: str


class Result(Struct, frozen=True, kw_only=True):
    """How it ended (DESIGN section 4)."""

    outcome: str
    decided_by: str
    reasons: tuple[str, ...]


class Debate:
    """One debate over one dossier. Deterministic: the same statements give the same events and result."""

    def __init__(self, dossier: Dossier) -> None:
        self.dossier = dossier
        self.phase = Phase.VIEWS
        self.result: Result | None = None
        self.approval: Approval | None = None
        self.ticket_id: str | None = None
        self._views: dict[Analyst, View | Abstained] = {}
        self._stances: dict[Analyst, Stance] = {}
        self._answers: list[tuple[Analyst, Rebuttal, bool]] = []
        self._heard: dict[Analyst, Statement | Abstained] = {}
        self._challenge: Challenge | None = None
        self._challenges = 0
        self._ungrounded = False
        self._idle = 0
        self._asked: dict[tuple[object, ...], Ask] = {}

    # ---- whose turn ------------------------------------------------------------------------------

    def next_speakers(self) -> tuple[str, ...]:
        """The roles that speak next; both analysts at once where neither may hear the other."""
        match self.phase:
            case Phase.VIEWS | Phase.REBUTTALS:
                return tuple([str(who) for who in ANALYSTS if who not in self._heard])
            case Phase.CHALLENGED:
                assert self._challenge is not None
                return (str(self._challenge.to),)
            case Phase.VERDICT:
                return (RISK_OFFICER,)
            case Phase.PROPOSE:
                return (COMPLIANCE_PROXY,)
            case Phase.EXECUTE:
                return (EXECUTOR,)
            case Phase.CLOSED:
                return ()

    def ask(self, role: str) -> Ask:
        """The question to a role whose turn it is."""
        self._require_turn(role)
        state = (role, self.phase, self._challenges, len(self._answers), self.ticket_id)
        if state not in self._asked:
            self._asked[state] = self._question_to(role)
        return self._asked[state]

    def _question_to(self, role: str) -> Ask:
        if role == EXECUTOR:
            return Ask(role=role, schema=None, text=prompting.execution(self.ticket_id or ""))
        if role == RISK_OFFICER:
            return Ask(role=role, schema=Verdict.__name__, text=self._case())
        who = Analyst(role)
        if self.phase is Phase.VIEWS:
            schema = MacroView if who is Analyst.MACRO else TechnicalView
            return Ask(role=role, schema=schema.__name__, text=prompting.first_view(self.dossier, who))
        return Ask(role=role, schema=Rebuttal.__name__, text=self._question(who))

    def _question(self, who: Analyst) -> str:
        own = self.view(who)
        assert own is not None
        other = Analyst.TECHNICAL if who is Analyst.MACRO else Analyst.MACRO
        theirs = self.view(other)
        if self.phase is Phase.REBUTTALS and theirs is not None:
            shown = [
                fact for fact in self.dossier if fact.id in own.cited | theirs.cited or _of(who, fact.name)
            ]
            return prompting.rebuttal(self.dossier, own, theirs, shown)
        assert self._challenge is not None
        cited = own.cited | set(self._challenge.facts) | set(self._challenge.disputed.facts)
        shown = [fact for fact in self.dossier if fact.id in cited or _of(who, fact.name)]
        return prompting.challenged(self.dossier, own, self._challenge, shown)

    def _case(self) -> str:
        macro, technical = self.view(Analyst.MACRO), self.view(Analyst.TECHNICAL)
        cited = frozenset[str]().union(*(view.cited for view in (macro, technical) if view is not None))
        shown = prompting.officer_facts(self.dossier, cited, self.stance(Analyst.TECHNICAL).sign)
        return prompting.verdict(
            self.dossier,
            macro if isinstance(macro, MacroView) else None,
            technical if isinstance(technical, TechnicalView) else None,
            self._answers,
            shown,
            MAX_CHALLENGES - self._challenges,
        )

    # ---- what was said ---------------------------------------------------------------------------

    def view(self, who: Analyst) -> View | None:
        """The view an analyst stated, if it stated a valid one."""
        view = self._views.get(who)
        return view if isinstance(view, View) else None

    def stance(self, who: Analyst) -> Stance:
        """The stance that counts now."""
        return self._stances.get(who, Stance.ABSTAIN)

    def problems(self, role: str, statement: Statement) -> tuple[str, ...]:
        """What is wrong with a statement, for the one repair round; empty when it may be heard."""
        found = problems(
            statement, self.dossier, self._stances.get(Analyst(role)) if role in _ANALYSTS else None
        )
        if isinstance(statement, Verdict) and statement.decision is Call.CHALLENGE:
            found += self._challenge_problems(statement)
        return found

    def _challenge_problems(self, verdict: Verdict) -> tuple[str, ...]:
        if self._challenges >= MAX_CHALLENGES:
            return ("decision: no challenge is left",)
        if verdict.challenge is not None and self.view(verdict.challenge.to) is None:
            return ("challenge.to: this analyst stated no view",)
        return ()

    def hear(self, role: str, statement: Statement | Abstained) -> tuple[Event, ...]:
        """Take a statement (or its absence) and return the events it makes, in role order.

        Raises:
            ValueError: it is not this role's turn, or the type is not what was asked.
        """
        self._require_turn(role)
        if role == RISK_OFFICER:
            return self._hear_verdict(statement)
        who = Analyst(role)
        if self.phase is Phase.CHALLENGED:
            return self._hear_challenged(who, statement)
        self._heard[who] = statement
        if len(self._heard) < len(ANALYSTS):
            return ()
        heard = [(one, self._heard[one]) for one in ANALYSTS]
        self._heard = {}
        return self._hear_views(heard) if self.phase is Phase.VIEWS else self._hear_rebuttals(heard)

    def _require_turn(self, role: str) -> None:
        if role not in self.next_speakers():
            raise ValueError(f"it is not the turn of {role}")

    def _hear_views(self, heard: list[tuple[Analyst, Statement | Abstained]]) -> tuple[Event, ...]:
        events = []
        for who, statement in heard:
            if isinstance(statement, View):
                self._views[who], self._stances[who] = statement, statement.stance
                found = grounding(statement, self.dossier)
                self._ungrounded = self._ungrounded or bool(found.faults)
                document, warnings = statement.document(), (*found.faults, *found.warnings)
            else:
                assert isinstance(statement, Abstained)
                self._views[who], self._stances[who] = statement, Stance.ABSTAIN
                document = Plain(stance="abstain", abstain_reason=statement.reason)
                warnings = ()
            events.append(ViewStated(who=who.value, view=document, warnings=warnings))
        self._after_views()
        return tuple(events)

    def _after_views(self) -> None:
        technical = self.view(Analyst.TECHNICAL)
        if not isinstance(technical, TechnicalView) or technical.stance is Stance.ABSTAIN:
            self._close("no_trade", "system", "ABSTAINED")
        elif technical.setup is Setup.NONE:
            reason = technical.abstain_reason
            self._close("no_trade", "system", reason if reason in ("COSTS",) else "NO_SETUP")
        elif self._ungrounded:
            self._close("no_trade", "system", "UNGROUNDED")
        elif self.stance(Analyst.MACRO).sign * technical.stance.sign < 0:
            self.phase = Phase.REBUTTALS
        else:
            self.phase = Phase.VERDICT

    def _hear_rebuttals(self, heard: list[tuple[Analyst, Statement | Abstained]]) -> tuple[Event, ...]:
        events = tuple(self._rebutted(who, statement) for who, statement in heard)
        self.phase = Phase.VERDICT
        return events

    def _hear_challenged(self, who: Analyst, statement: Statement | Abstained) -> tuple[Event, ...]:
        event = self._rebutted(who, statement)
        self.phase, self._challenge = Phase.VERDICT, None
        return (event,)

    def _rebutted(self, who: Analyst, statement: Statement | Abstained) -> RebuttalGiven:
        """A changed stance counts only on a fact that was not cited before."""
        if isinstance(statement, Abstained):
            return RebuttalGiven(who=who.value, rebuttal={}, accepted=False, reason=statement.reason)
        if not isinstance(statement, Rebuttal):
            raise ValueError("a rebuttal was asked for")
        own = self.view(who)
        new = set(statement.new_facts) - (own.cited if own is not None else frozenset())
        capitulates = statement.stance is not self.stance(who) and not new
        self._answers.append((who, statement, not capitulates))
        if not capitulates:
            self._stances[who] = statement.stance
        return RebuttalGiven(
            who=who.value,
            rebuttal=statement.document(),
            accepted=not capitulates,
            reason="CAPITULATION" if capitulates else None,
        )

    # ---- the verdict -----------------------------------------------------------------------------

    def _hear_verdict(self, statement: Statement | Abstained) -> tuple[Event, ...]:
        if not isinstance(statement, Verdict):
            reason = statement.reason if isinstance(statement, Abstained) else "NOT_A_VERDICT"
            self._close("no_trade", "system", "ABSTAINED")
            return (VerdictGiven(who=RISK_OFFICER, verdict={}, valid=False, reason=reason),)
        void = self._judge(statement)
        return (
            VerdictGiven(who=RISK_OFFICER, verdict=statement.document(), valid=void is None, reason=void),
        )

    def _judge(self, verdict: Verdict) -> str | None:
        """Act on the officer's word; the reason why it is void, if the law does not allow it."""
        if verdict.decision is Call.REJECT:
            self.result = Result(outcome="rejected", decided_by=RISK_OFFICER, reasons=verdict.reasons)
            self.phase = Phase.CLOSED
            return None
        if verdict.decision is Call.CHALLENGE:
            return self._take_challenge(verdict)
        void = self._void(verdict)
        if void is not None:
            self._close("no_trade", "system", void)
        return void

    def _take_challenge(self, verdict: Verdict) -> str | None:
        if self._challenge_problems(verdict) or verdict.challenge is None:
            self._close("no_trade", "system", "ABSTAINED")
            return "NO_CHALLENGE_LEFT"
        self._challenges += 1
        self._challenge, self.phase = verdict.challenge, Phase.CHALLENGED
        return None

    def _void(self, verdict: Verdict) -> str | None:
        """Why an approval is none; sets ``approval`` and the next phase when it is one."""
        signs = [self.stance(who).sign for who in ANALYSTS]
        if verdict.side is None or signs[0] * signs[1] < 0:
            return "CONFLICT"
        if any(sign != verdict.side.sign for sign in signs):
            return "NO_AGREEMENT"
        if grounding(verdict, self.dossier).faults:
            return "UNGROUNDED"
        technical = self.view(Analyst.TECHNICAL)
        evaluated = levels(technical, self.dossier) if isinstance(technical, TechnicalView) else None
        cost = round_trip_cost(self.dossier)
        if evaluated is None or cost is None or not evaluated.fit(verdict.side.sign):
            return "NO_LEVELS"
        self.approval = Approval(
            side=verdict.side,
            levels=evaluated,
            cost=cost,
            x=self._certainty(verdict.side),
            halve=halved(self.dossier),
            size_step=verdict.size_step or 25,
            kill_if=tuple(self._kill(condition) for condition in verdict.kill_if),
            dissent=tuple(one.document() for one in verdict.dissent),
            case_against=verdict.strongest_case_against.text,
        )
        self.phase = Phase.PROPOSE
        return None

    def _certainty(self, side: Side) -> Decimal:
        """The smaller certainty of the two: by conviction where a view has one, by forecast elsewhere."""
        suffix = "_long" if side is Side.BUY else "_short"
        base = self.dossier.value(names.BASE_TARGET + suffix)
        views = [view for view in (self.view(who) for who in ANALYSTS) if view is not None]
        return min(
            certainty(view.conviction - CONVICTION_FLOOR)
            if view.conviction is not None
            else certainty_of_forecasts((view.forecast,), base)
            for view in views
        )

    def _kill(self, condition: Condition) -> Kill:
        than = condition.than
        threshold = price(than, self.dossier) if isinstance(than, PriceRef) else than
        assert threshold is not None
        return Kill(
            fact_name=condition.fact_name,
            op=condition.op.value,
            threshold=threshold,
            known=self.dossier.value(condition.fact_name),
            by=condition.by,
        )

    # ---- after the verdict -----------------------------------------------------------------------

    def ticketed(self, ticket_id: str) -> None:
        """The door gave a ticket: the executor may speak."""
        self._require_turn(COMPLIANCE_PROXY)
        self.ticket_id, self.phase = ticket_id, Phase.EXECUTE

    def ended(self, outcome: str, decided_by: str, reasons: tuple[str, ...]) -> None:
        """The door, the budget or the executor's report ended it. A closed debate stays as it is."""
        if self.phase is not Phase.CLOSED:
            self.result = Result(outcome=outcome, decided_by=decided_by, reasons=reasons)
            self.phase = Phase.CLOSED

    def executor_idle(self) -> None:
        """The executor spoke and nothing came of it; the second time ends the session."""
        self._require_turn(EXECUTOR)
        self._idle += 1
        if self._idle >= MAX_IDLE_TURNS:
            self._close("failed", "system", "EXECUTOR_DID_NOT_ACT")

    def _close(self, outcome: str, decided_by: str, reason: str) -> None:
        self.ended(outcome, decided_by, (reason,))


_ANALYSTS = frozenset(who.value for who in ANALYSTS)


def _of(who: Analyst, name: str) -> bool:
    """Does a fact of this name belong to the analyst's trade?"""
    return (name in names.MACRO_FACTS) == (who is Analyst.MACRO)
