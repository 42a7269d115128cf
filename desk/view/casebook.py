"""Many sessions as one book: how they ended and why, who approved, what a decision cost, what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from desk.domain.aftermath import Left
from desk.domain.money import ZERO, parsed, plain
from desk.replay.hindsight import Hindsight
from desk.replay.record import Record
from desk.view.bars import Bars, Row
from desk.view.calibration import Calibration, calibration
from desk.view.cards import words_of
from desk.view.looks import LOOKS
from desk.view.markup import as_styles, el, written
from desk.view.prices import signed
from desk.view.table import Table

Doc = Mapping[str, Any]
OUTCOME_TONES: Final = {"executed": "good", "denied": "bad", "refused_by_human": "warn", "rejected": "warn"}


class Case(Struct, frozen=True, kw_only=True):
    """One session: its name in pictures, its public document, its record, and what the tape made of it."""

    name: str
    began_at: datetime
    document: Doc
    record: Record
    seen: Hindsight

    @property
    def outcome(self) -> str:
        return str(self.document["session"]["outcome"])

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(map(str, self.document["session"]["reasons"]))

    @property
    def r(self) -> Decimal | None:
        return None if self.seen.trade is None else self.seen.trade.r

    @property
    def models(self) -> Mapping[str, str]:
        """The model of each role, by its public name."""
        settings: Doc = self.record.opened.settings
        return {role: str(spec).removeprefix("openai:") for role, spec in settings["models"].items()}

    @property
    def by_rules(self) -> bool:
        """Did the rules model alone speak?"""
        return set(self.models.values()) == {"rules"}


class Casebook(Struct, frozen=True):
    """A book of sessions, each page of it a picture. A notebook shows the list itself."""

    cases: tuple[Case, ...]

    def __len__(self) -> int:
        return len(self.cases)

    def __repr__(self) -> str:
        return f"<Casebook of {len(self)} sessions>"

    def outcomes(self) -> Bars:
        """How the sessions ended."""
        found = Counter(case.outcome for case in self.cases)
        rows = [
            Row(label=words_of(name), value=Decimal(many), tone=OUTCOME_TONES.get(name, "dim"))
            for name, many in found.most_common()
        ]
        lead = f"{len(self.cases)} sessions, {found['executed']} of them led to an order that filled"
        return Bars(heading="How they ended", lead=lead, unit="sessions", rows=tuple(rows))

    def denials(self) -> Bars:
        """Why nothing was done, by rule: of the gate, of the officer, of the law of the debate."""
        found = Counter(
            (str(case.document["session"]["decided_by"]), reason)
            for case in self.cases
            if case.outcome not in ("executed", "refused_by_human")
            for reason in case.reasons
        )
        tones = {"gate": "bad", "risk_officer": "warn"}
        rows = [
            Row(label=reason, value=Decimal(many), tone=tones.get(who, "dim"), note=f"by {words_of(who)}")
            for (who, reason), many in sorted(found.items(), key=lambda one: (one[0][0], -one[1]))
        ]
        many = sum(case.outcome not in ("executed", "refused_by_human") for case in self.cases)
        lead = f"{many} sessions ended without an order by rule; one may give several reasons"
        return Bars(heading="Why nothing was done", lead=lead, unit="sessions", rows=tuple(rows))

    def approvals(self) -> Bars:
        """What humans said to the proposals that were theirs to decide, and after how many minutes."""
        rows = []
        for case in self.cases:
            for word, minutes in _answers(case.record):
                tone = {"granted": "good", "edited": "good", "denied": "bad"}.get(word, "dim")
                rows.append(Row(label=f"{word}: {case.name}", value=minutes, tone=tone))
        lead = f"{len(rows)} answers; an edit makes a smaller proposal, granted by whoever made it"
        return Bars(heading="What humans said", lead=lead, unit="minutes", rows=tuple(rows))

    def cost(self) -> Bars:
        """What each session's model calls cost, of those that asked a model with a price."""
        priced = [case for case in self.cases if not case.by_rules and case.document["usage"]["usd"]]
        rows = [
            Row(
                label=case.name,
                value=parsed(case.document["usage"]["usd"]),
                note=f"{case.document['usage']['calls']} calls, {words_of(case.outcome)}",
            )
            for case in priced
        ]
        total = sum((row.value for row in rows), ZERO)
        done = sum(case.outcome == "executed" for case in priced)
        each = f", {plain((total / len(rows)).quantize(Decimal('0.0001')))} a decision" if rows else ""
        per = f", {plain((total / done).quantize(Decimal('0.0001')))} an executed one" if done else ""
        free = sum(case.by_rules for case in self.cases)
        unknown = len(self.cases) - free - len(priced)
        rest = f", of {unknown} the price is not known" if unknown else ""
        lead = f"{plain(total)} USD in all{each}{per}; {free} sessions by rules cost nothing{rest}"
        return Bars(heading="What a decision costs", lead=lead, unit="USD", rows=tuple(rows))

    def results(self) -> Bars:
        """R of each closed trade: what it made or lost, in units of what its stop was to cost, after fees."""
        closed = [(case.name, case.r) for case in self.cases]
        rows = [
            Row(label=name, value=r, tone="good" if r > 0 else "bad") for name, r in closed if r is not None
        ]
        total = sum((row.value for row in rows), ZERO)
        won = sum(row.value > 0 for row in rows)
        lead = f"{len(rows)} closed trades, {won} won, {signed(total)} R in all, after fees"
        return Bars(heading="What came of the trades", lead=lead, unit="R", rows=tuple(rows), signs=True)

    def without(self) -> Bars:
        """What the market did with the levels of those that were not traded."""
        left: Counter[str] = Counter()
        for case in self.cases:
            if case.seen.levels is not None and case.seen.held is None:
                touched = case.seen.touched
                words = {Left.STOP: "stop first", Left.TARGET: "target first"}
                left["neither yet" if touched is None else words[touched.reason]] += 1
        tones = {"stop first": "bad", "target first": "good"}
        rows = [Row(label=name, value=Decimal(n), tone=tones.get(name, "dim")) for name, n in left.items()]
        lead = f"{sum(left.values())} setups were named and not traded"
        return Bars(heading="What was left alone", lead=lead, unit="setups", rows=tuple(rows))

    def calibration(self) -> Calibration:
        """Each analyst's forecasts against what came true, those of each model by themselves."""
        said = [
            (f"{words_of(one.who)}, {case.models.get(one.who, 'unknown')}", one)
            for case in self.cases
            for one in case.seen.outlooks
        ]
        return calibration(sorted(said, key=lambda one: one[0]))

    def table(self) -> Table:
        """A line a session."""
        rows = [
            (
                f"{case.began_at:%Y-%m-%d}",
                case.name,
                words_of(case.outcome),
                ", ".join(case.reasons),
                str((case.document["intent"] or {}).get("size", "")),
                "" if case.r is None else signed(case.r),
            )
            for case in self.cases
        ]
        columns = ("as of", "session", "outcome", "reasons", "USDC", "R")
        return Table(columns=columns, rows=rows, numeric=frozenset({4, 5}))

    def _repr_html_(self) -> str:
        heading = el("p", f"{len(self.cases)} sessions", look="p dim")
        return written(el("div", heading, self.table().node(), look="root"), as_styles(LOOKS))


def _answers(record: Record) -> Iterator[tuple[str, Decimal]]:
    """The last word on each question, and how many minutes it took."""
    asked: dict[str, datetime] = {}
    words: dict[str, tuple[str, Decimal]] = {}
    for one in record.events:
        if one.event_type == "ApprovalRequested":
            asked[str(one.data["approval_id"])] = one.occurred_at
        if one.event_type == "ApprovalDecided":
            id_ = str(one.data["approval_id"])
            took = (one.occurred_at - asked.get(id_, one.occurred_at)).total_seconds() / 60
            words[id_] = str(one.data["decision"]), Decimal(f"{took:.1f}")
    yield from words.values()


def casebook(cases: Iterable[Case]) -> Casebook:
    """A book of these sessions, in their order."""
    return Casebook(tuple(cases))
