"""What a person watches: one writer of plain lines, with colour where the terminal has it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import click

from desk.cli.output import inert, unread
from desk.domain import steps
from desk.domain.book import Assessment, Figure
from desk.domain.dossier import Dossier
from desk.domain.events import Document, RebuttalGiven, VerdictGiven, ViewStated
from desk.domain.money import plain
from desk.domain.proposal import Act

NAMES = {
    "macro_analyst": ("macro analyst", "cyan"),
    "technical_analyst": ("technical analyst", "blue"),
    "risk_officer": ("risk officer", "magenta"),
    "executor": ("executor", "yellow"),
}
KEY_FACTS = ("close", "ma20", "ma50", "rsi14", "atr14", "slope", "ext", "vix", "credit_spread", "wti")


class Silent:
    """Nobody is looking."""

    def show(self, step: object) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing was begun."""


class Lines:
    """``desk.ports.Screen`` as lines on a stream; good in a terminal, a pipe and a log."""

    def __init__(self, *, to_stderr: bool, words: bool) -> None:
        self._err = to_stderr
        self._words = words
        self._streaming: str | None = None

    def show(self, step: object) -> None:
        """One step of a session, which goes on if nobody reads of it any more."""
        show = _SHOW.get(type(step))
        try:
            if not isinstance(step, steps.Words):
                self._end_words()
            if show is not None:
                show(self, step)
        except BrokenPipeError:
            unread(sys.stderr if self._err else sys.stdout)

    def end(self) -> None:
        """End a line that was being streamed."""
        self._end_words()

    def line(self, text: str = "", **style: Any) -> None:
        click.secho(text, err=self._err, **style)

    # ---- steps -----------------------------------------------------------------------------------

    def opened(self, step: steps.Opened) -> None:
        models = sorted({str(spec) for spec in step.models.values()})
        self.line(f"session {step.session_id}", bold=True)
        self.line(f"  brief {inert(step.brief)} · venue {step.venue} · models {', '.join(models)}")

    def researched(self, step: steps.Researched) -> None:
        self.line()
        self.line(f"facts  {headline(step.dossier)}")
        if step.dossier.missing:
            names = dict.fromkeys(gone.name for gone in step.dossier.missing)
            self.line(f"       not available: {', '.join(names)}", dim=True)

    def speaking(self, step: steps.Speaking) -> None:
        name, colour = NAMES.get(step.role, (step.role, "white"))
        budget = f"call {step.calls + 1}/{step.max_calls}, {step.tokens} tokens so far"
        self.line()
        self.line(f"{name}", fg=colour, bold=True, nl=False)
        self.line(f"  ({budget})", dim=True)

    def words(self, step: steps.Words) -> None:
        if not self._words:
            return
        if self._streaming != step.role:
            self._end_words()
            self._streaming = step.role
        click.secho(inert(step.text), nl=False, dim=True, err=self._err)

    def _end_words(self) -> None:
        if self._streaming is not None:
            self._streaming = None
            self.line()

    def recalled(self, step: steps.Recalled) -> None:
        name = NAMES.get(step.role, (step.role, ""))[0]
        self.line(f"  {name}: (from the cache, {step.age_s} s old)", dim=True)

    def cache_unusable(self, step: steps.CacheUnusable) -> None:
        self.line(
            "  ! the decision cache is not used: cache.db is damaged, locked or not writable. "
            "Delete it if this goes on",
            fg="yellow",
        )

    def stated(self, step: steps.Stated) -> None:
        match step.event:
            case ViewStated():
                self._view(step.event.who, step.event.view, step.event.warnings)
            case RebuttalGiven():
                note = "" if step.event.accepted else f"  ({step.event.reason})"
                self.line(f"  {step.event.who}: {step.event.rebuttal.get('stance')}{note}")
            case VerdictGiven():
                self._verdict(step.event)

    def _view(self, who: str, view: Document, warnings: tuple[str, ...]) -> None:
        name = NAMES.get(who, (who, ""))[0]
        self.line(f"  {name}: {str(view.get('stance')).upper()}", bold=True)
        for mark, key in (("+", "claims"), ("-", "against")):
            for claim in _documents(view.get(key)):
                facts = " ".join(str(fact) for fact in _list(claim.get("facts")))
                self.line(f"    {mark} {inert(str(claim.get('text')))} [{facts}]")
        if view.get("abstain_reason"):
            self.line(f"    {inert(str(view['abstain_reason']))}")
        for warning in warnings:
            self.line(f"    ! {warning}", fg="yellow")

    def _verdict(self, event: VerdictGiven) -> None:
        verdict = event.verdict
        decision = str(verdict.get("decision", "no verdict")).upper()
        self.line(f"  {decision}: {', '.join(str(one) for one in _list(verdict.get('reasons')))}", bold=True)
        against = verdict.get("strongest_case_against")
        if isinstance(against, Mapping):
            self.line(f"    - {inert(str(against.get('text')))}")
        for loss in _documents(verdict.get("pre_mortem")):
            self.line(f"    ? {inert(str(loss.get('how_it_loses')))} (p {loss.get('p')})")
        if event.reason is not None:
            self.line(f"    void: {event.reason}", fg="yellow")

    def judged(self, step: steps.Judged) -> None:
        self.line()
        self.line(f"gate ({step.stage})  {act_line(step.intent.act)}", bold=True)
        for text, ok in waterfall(step.assessment):
            self.line(f"  {text}", fg=None if ok else "red")
        self.line(
            f"  {gate_line(step.assessment)}", fg="green" if step.assessment.cleared else "red", bold=True
        )

    def asked(self, step: steps.Asked) -> None:
        self.line()
        self.line(f"a human decides ({step.request.approval_id}, by {step.request.channel})", bold=True)

    def decided(self, step: steps.Decided) -> None:
        reason = f": {inert(step.reason)}" if step.reason else ""
        self.line(f"  {step.decision} by {inert(step.by)} ({step.channel}){reason}", bold=True)

    def sending(self, step: steps.Sending) -> None:
        self.line()
        self.line(f"sending  {act_line(step.intent.act)}", bold=True)

    def settled(self, step: steps.Settled) -> None:
        report = step.report
        self.line(
            f"  {report.get('filled')} filled at {report.get('avg_price')}, fee {report.get('fee_usdc')} USDC"
        )
        self.line(f"  stop {report.get('stop')} {report.get('protection')}, target {report.get('target')}")
        loss = report.get("worst_loss_at_stop")
        self.line(f"  most it loses at its stop: {loss} USDC; a gap can lose more", dim=True)

    def closed(self, step: steps.Closed) -> None:
        colour = {"executed": "green", "failed": "red", "unknown": "red", "halted": "red"}.get(step.outcome)
        reasons = f" ({', '.join(step.reasons)})" if step.reasons else ""
        cost = "unknown" if step.usd is None else f"{plain(step.usd)} USD"
        self.line()
        self.line(f"{step.outcome.upper()} by {step.decided_by}{reasons}", fg=colour, bold=True)
        self.line(f"  {step.calls} model calls, cost {cost}", dim=True)


_SHOW: Mapping[type, Callable[[Lines, Any], None]] = {
    steps.Opened: Lines.opened,
    steps.Researched: Lines.researched,
    steps.Speaking: Lines.speaking,
    steps.Words: Lines.words,
    steps.Recalled: Lines.recalled,
    steps.CacheUnusable: Lines.cache_unusable,
    steps.Stated: Lines.stated,
    steps.Judged: Lines.judged,
    steps.Asked: Lines.asked,
    steps.Decided: Lines.decided,
    steps.Sending: Lines.sending,
    steps.Settled: Lines.settled,
    steps.Closed: Lines.closed,
}


def headline(dossier: Dossier) -> str:
    """The dossier in one line."""
    shown = [fact for name in KEY_FACTS if (fact := dossier.fact(name)) is not None]
    facts = ", ".join(f"{fact.name} {plain(fact.value)}" for fact in shown)
    return f"{dossier.symbol} {dossier.as_of:%Y-%m-%d %H:%MZ}: {facts}"


def act_line(act: Act) -> str:
    """What will be sent, in one line."""
    return (
        f"{act.side.value.upper()} {plain(act.size_usdc)} USDC {act.symbol}, limit {plain(act.limit)}, "
        f"stop {_price(act.stop)}, target {_price(act.target)}"
    )


def _price(value: object) -> str:
    return "none" if value is None else plain(value)  # type: ignore[arg-type]  # Decimal or None


def gate_line(assessment: Assessment) -> str:
    if not assessment.cleared:
        return f"DENIED: {', '.join(assessment.reasons)}"
    alone = plain(assessment.max_without_human_usdc)
    return f"CLEARED: at most {plain(assessment.max_admissible_usdc)} USDC, {alone} without a human"


def waterfall(assessment: Assessment) -> list[tuple[str, bool]]:
    """Rule by rule, failing ones in full, the others counted by their name."""
    passed = [code for code, ok, _, _ in assessment.results if ok]
    lines = [
        (f"✗ {code}: {_value(value)}, limit {_value(limit)}", False)
        for code, ok, value, limit in assessment.results
        if not ok
    ]
    rows = [passed[start : start + 6] for start in range(0, len(passed), 6)]
    return lines + [("✓ " + "  ".join(row), True) for row in rows]


def _value(value: Figure) -> str:
    if isinstance(value, Decimal):
        return plain(value.quantize(Decimal("0.0001")) if value.is_finite() else Decimal(0))
    if isinstance(value, datetime):
        return value.isoformat()
    return "none" if value is None else value


def _documents(value: object) -> list[Mapping[str, object]]:
    return [item for item in _list(value) if isinstance(item, Mapping)]


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
