"""One session: a brief in, one deliberated, gated, journaled decision out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import Struct

from desk.deliberation.floor import Floor
from desk.deliberation.interview import Interview
from desk.deliberation.roles import Prompt, documents
from desk.domain import ids
from desk.domain.book import Book, TradingState
from desk.domain.brief import Brief
from desk.domain.budget import Budget
from desk.domain.canonical import Json
from desk.domain.caps import largest_by_account
from desk.domain.debate import Approval, Debate, Result
from desk.domain.dossier import Dossier
from desk.domain.events import BriefReceived, DossierBuilt, SessionClosed, SessionOpened
from desk.domain.limits import Limits
from desk.domain.minting import Terms, mint
from desk.domain.money import ONE, ZERO
from desk.domain.portfolio import equity, notional
from desk.domain.proposal import Intent
from desk.domain.research import AccountFigures, build
from desk.domain.shape import shaped
from desk.domain.steps import Closed, Opened, Researched
from desk.domain.windows import day_loss_usdc
from desk.errors import ReadFailed
from desk.execution.door import TradeDoor
from desk.execution.guard import Guard
from desk.execution.look import Look, Seen
from desk.execution.room import Parts
from desk.ports import Answers, Door, ExecutionReport, Tool, Transaction, Waiting

#: Runs the floor to its end: AutoGen's team, or the plain loop.
Chat = Callable[[Floor], Awaitable[None]]


class Given(Struct, frozen=True, kw_only=True):
    """What a session is given. ``answers`` makes whoever answers for the roles of this debate."""

    brief: Brief
    parts: Parts
    answers: Callable[[Debate], Answers]
    chat: Chat
    prompts: Mapping[str, Prompt]
    models: Mapping[str, str]
    tools: Sequence[Tool]
    budget: Budget
    clock: str
    seed: str | None
    settings: Mapping[str, Json]
    desk_version: str
    parent: str | None = None
    door: Callable[[Parts], Door] = TradeDoor


class SessionReport(Struct, frozen=True, kw_only=True):
    """How it ended, or that it waits for a human."""

    session_id: str
    outcome: str
    decided_by: str
    reasons: tuple[str, ...]
    waiting: Waiting | None = None


class Session:
    """Runs once. Everything it is not given it writes down, so that it can be run again from its record."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._parts = given.parts
        self._log = given.parts.log
        parts = given.parts
        self._look = Look(parts.venue, parts.halt, parts.clock, parts.log, parts.tape, parts.folds)
        self._guard = Guard(f"trading@{parts.venue.name}", parts.log, parts.tape)

    async def run(self) -> SessionReport:
        """Open, research, deliberate, act, close."""
        given, screen = self._given, self._parts.screen
        stopped = await self._open()
        if isinstance(stopped, Result):
            return self._close(stopped, None, None)
        dossier, seen = stopped
        screen.show(Researched(dossier=dossier))
        debate = Debate(dossier)
        floor = self._floor(debate, seen)
        await given.chat(floor)
        if floor.waiting is not None:
            return self._suspended(floor.waiting)
        assert debate.result is not None
        return self._close(debate.result, floor.report, floor.interview)

    # ---- opening ---------------------------------------------------------------------------------

    async def _open(self) -> Result | tuple[Dossier, Seen]:
        """Everything the debate rests on, in one commit; or why there is no debate."""
        self._show_opened()
        reason = "HALTED" if self._look.halted() else self._refusal_on_record()
        if reason is not None:
            return self._refused(reason)
        seen = await self._look.look(self._given.brief.symbol)
        if seen.snapshot.balance_usdc is None and seen.snapshot.market is None:
            return self._unreachable(await self._look.ask_why())
        with self._parts.journal.transaction() as tx:
            now = self._log.now()
            self._log.hold(*self._opening(tx))
            book = self._look.book(tx, seen, now)
            dossier = build(self._given.brief, _figures(book, self._parts.limits))
            built = DossierBuilt(
                dossier_sha256=dossier.sha256,
                facts=tuple([shaped(fact) for fact in dossier.facts]),
                missing=tuple(shaped(gone) for gone in dossier.missing),
                inputs=self._parts.tape.take(),
            )
            self._log.write(tx, built, at=now)
        return dossier, seen

    def _refusal_on_record(self) -> str | None:
        """Why nothing may be asked of venue or models: a halt ends by a reopening, not by its file being
        gone; an open breaker ends by its own time."""
        with self._parts.journal.transaction() as tx:
            if self._look.state(tx, halted=False) is TradingState.HALTED:
                return "HALTED"
            return None if self._guard.state(tx).admits(self._log.now().wall) else "BREAKER_OPEN"

    def _unreachable(self, error: ReadFailed | None) -> Result:
        """Nothing of the venue can be read: no debate could end in anything, so none is paid for."""
        with self._parts.journal.transaction() as tx:
            now = self._log.now()
            self._log.write(tx, *self._opening(tx), at=now)
            self._guard.failed(tx, now, error or ReadFailed("the venue answered in parts"))
        reason = "UNAUTHORIZED" if error is not None and error.code == "unauthorized" else "VENUE_UNREACHABLE"
        return Result(outcome="failed", decided_by="system", reasons=(reason,))

    def _refused(self, reason: str) -> Result:
        with self._parts.journal.transaction() as tx:
            now = self._log.now()
            self._log.write(tx, *self._opening(tx), at=now)
        return Result(outcome="halted", decided_by="system", reasons=(reason,))

    def _opening(self, tx: Transaction) -> tuple[SessionOpened, BriefReceived]:
        given, brief = self._given, self._given.brief
        for piece in brief.slices.values():
            tx.put_blob(piece.body)
        for prompt in given.prompts.values():
            tx.put_blob(prompt.text.encode())
        opened = SessionOpened(
            session_id=self._log.session_id,
            account=self._log.account,
            venue=self._parts.venue.name,
            clock=given.clock,
            seed=given.seed,
            brief_sha256=brief.sha256,
            prompts=documents(given.prompts),
            settings=given.settings,
            desk_version=given.desk_version,
            parent=given.parent,
        )
        received = BriefReceived(
            brief_sha256=brief.sha256,
            name=brief.name,
            brief=brief.document(),
            slices={key: piece.sha256 for key, piece in brief.slices.items()},
        )
        return opened, received

    def _show_opened(self) -> None:
        self._parts.screen.show(
            Opened(
                session_id=self._log.session_id,
                brief=self._given.brief.name,
                account=self._log.account,
                venue=self._parts.venue.name,
                models=dict(self._given.models),
            )
        )

    # ---- the debate ------------------------------------------------------------------------------

    def _floor(self, debate: Debate, seen: Seen) -> Floor:
        given, parts = self._given, self._parts
        interview = Interview(
            parts.journal, self._log, given.answers(debate), given.prompts, given.models, parts.screen
        )
        return Floor(
            debate,
            interview,
            given.door(parts),
            given.tools,
            given.budget,
            lambda approval: self._mint(approval, debate.dossier, seen),
            self._log,
            parts.tape,
            parts.clock,
            parts.screen,
        )

    def _mint(self, approval: Approval, dossier: Dossier, seen: Seen) -> Intent | Result:
        brief = self._given.brief
        terms = Terms(
            venue=self._parts.venue.name,
            account=self._log.account,
            as_of=brief.as_of,
            bar_s=brief.bar_s,
            mandate=brief.mandate,
            events=brief.event_moments,
            market=seen.snapshot.market,
            equity=equity(seen.snapshot),
        )
        return mint(approval, dossier, terms, self._log.new_id(ids.INTENT))

    # ---- closing ---------------------------------------------------------------------------------

    def _suspended(self, waiting: Waiting) -> SessionReport:
        return SessionReport(
            session_id=self._log.session_id,
            outcome="awaiting_approval",
            decided_by="human",
            reasons=(waiting.approval_id,),
            waiting=waiting,
        )

    def _close(
        self, result: Result, report: ExecutionReport | None, interview: Interview | None
    ) -> SessionReport:
        usage: dict[str, Json] = {} if interview is None else interview.spent.document()
        closed = SessionClosed(
            session_id=self._log.session_id,
            outcome=result.outcome,
            decided_by=result.decided_by,
            reasons=result.reasons,
            report=None if report is None else report.document,
            usage=usage,
            inputs=self._parts.tape.take(),
        )
        with self._parts.journal.transaction() as tx:
            self._log.write(tx, closed)
        self._parts.screen.show(
            Closed(
                outcome=result.outcome,
                decided_by=result.decided_by,
                reasons=result.reasons,
                calls=0 if interview is None else interview.spent.calls,
                usd=None if interview is None else interview.spent.usd,
            )
        )
        return SessionReport(
            session_id=self._log.session_id,
            outcome=result.outcome,
            decided_by=result.decided_by,
            reasons=result.reasons,
        )


def _figures(book: Book, limits: Limits) -> AccountFigures | None:
    """The account as the dossier shows it; None when it could not be read."""
    snapshot, ledger = book.snapshot, book.ledger
    worth = equity(snapshot)
    if worth is None or snapshot.venue_time is None or snapshot.balance_usdc is None:
        return None
    held = sum((notional(one, snapshot) or ZERO for one in snapshot.positions or ()), ZERO)
    nav = worth / ledger.units if ledger.units > 0 else ONE
    peak = max(ledger.peak_nav, nav)
    return AccountFigures(
        as_of=snapshot.venue_time,
        balance_usdc=snapshot.balance_usdc,
        equity_usdc=worth,
        exposure_usdc=held,
        correlated_usdc=held,
        drawdown=(peak - nav) / peak,
        day_loss_usdc=day_loss_usdc(nav, book),
        open_positions=len(snapshot.positions or ()),
        max_admissible_usdc=largest_by_account(worth, book, limits),
    )
