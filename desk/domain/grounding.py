"""Grounding: every figure an argument states must be one of the facts it cites (DESIGN section 5).

A figure matches a fact at the precision it is shown with: ``61`` is 61.16 and ``61.2`` is too, ``61.3``
is not. A fraction may be written as percent. The direction may be left to words; a sign that is written
must be the fact's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from msgspec import Struct

from desk.domain.dossier import Dossier, Fact
from desk.domain.figures import Figure, Scale, figures
from desk.domain.views import (
    Claim,
    Forecast,
    MacroView,
    Rebuttal,
    Statement,
    Verdict,
    View,
)

HUNDRED = Decimal(100)
REASON = "states a figure that none of its facts shows"


class Grounding(Struct, frozen=True, kw_only=True):
    """``faults`` forbid an intent; ``warnings`` are kept with the statement. Both are ``path: reason``."""

    faults: tuple[str, ...]
    warnings: tuple[str, ...]


def grounding(statement: Statement, dossier: Dossier) -> Grounding:
    """Both kinds of mismatch in ``statement``."""
    names = dossier.names
    deciding = [
        f"{path}: {REASON}"
        for path, claim in _deciding(statement)
        if not _grounded(claim.text, _cited(claim, dossier), names)
    ]
    telling = [
        f"{path}: {REASON}"
        for path, text in _narrative(statement)
        if text and not _grounded(text, dossier.facts, names)
    ]
    return Grounding(faults=tuple(deciding), warnings=tuple(telling))


def matches(figure: Figure, fact: Fact) -> bool:
    """True iff ``figure`` is ``fact`` at the precision it is shown with."""
    if figure.value is None or figure.sign * fact.value < 0:
        return False
    return any(abs(abs(value) - figure.value) <= figure.half_step for value in _readings(fact, figure.scale))


def _readings(fact: Fact, scale: Scale) -> tuple[Decimal, ...]:
    """The numbers by which ``fact`` may be written on this scale."""
    value = fact.value
    if scale is Scale.BARE:
        return (value, value * HUNDRED) if fact.name.endswith("percentile") else (value,)
    if fact.unit not in ("fraction", "percent", "ratio"):
        return ()
    in_percent = value if fact.unit == "percent" else value * HUNDRED
    return (in_percent,) if scale is Scale.PERCENT else (in_percent * HUNDRED,)


def _grounded(text: str, facts: Iterable[Fact], names: tuple[str, ...]) -> bool:
    known = tuple(facts)
    return all(any(matches(figure, fact) for fact in known) for figure in figures(text, names))


def _cited(claim: Claim, dossier: Dossier) -> list[Fact]:
    return [fact for fact in map(dossier.by_id, claim.facts) if fact is not None]


def _deciding(statement: Statement) -> Iterator[tuple[str, Claim]]:
    if isinstance(statement, View):
        yield from _numbered("claims", statement.claims)
        yield from _numbered("against", statement.against)
    if isinstance(statement, Verdict):
        yield "strongest_case_against.text", statement.strongest_case_against


def _numbered(name: str, claims: tuple[Claim, ...]) -> Iterator[tuple[str, Claim]]:
    for position, claim in enumerate(claims):
        yield f"{name}[{position}].text", claim


def _narrative(statement: Statement) -> Iterator[tuple[str, str]]:
    """What is told and decides nothing. It may rest on any fact of the dossier."""
    if isinstance(statement, View):
        yield "abstain_reason", statement.abstain_reason or ""
    if isinstance(statement, MacroView):
        yield from ((f"event_risk[{n}]", text) for n, text in enumerate(statement.event_risk))
    if isinstance(statement, View | Rebuttal):
        yield from _forecast(statement.forecast)
    if isinstance(statement, Rebuttal):
        yield from ((path, claim.text) for path, claim in _numbered("concedes", statement.concedes))
    if isinstance(statement, Verdict):
        yield from _of_verdict(statement)


def _forecast(forecast: Forecast | None) -> Iterator[tuple[str, str]]:
    yield "forecast.why_differs", (forecast.why_differs if forecast else None) or ""


def _of_verdict(verdict: Verdict) -> Iterator[tuple[str, str]]:
    if verdict.challenge is not None:
        yield "challenge.disputed.text", verdict.challenge.disputed.text
        yield "challenge.question", verdict.challenge.question
    yield from (
        (f"pre_mortem[{n}].how_it_loses", loss.how_it_loses) for n, loss in enumerate(verdict.pre_mortem)
    )
    yield from ((f"dissent[{n}].claim", item.claim) for n, item in enumerate(verdict.dissent))
