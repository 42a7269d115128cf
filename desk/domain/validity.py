"""What a statement must satisfy beyond its own bounds: the facts exist, the levels fit, the turn is right.

Each problem is ``field: reason`` in our own words; it can be sent back to the speaker once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from desk.domain.dossier import Dossier
from desk.domain.levels import levels, price
from desk.domain.views import (
    Call,
    Claim,
    Condition,
    Forecast,
    MacroView,
    PriceRef,
    Rebuttal,
    Stance,
    Statement,
    TechnicalView,
    Verdict,
    View,
)

NO_SUCH_FACT = "names a fact that is not in the dossier"
NO_SUCH_NAME = "names a kind of fact that is not in the dossier"
NOT_A_PRICE = "cannot be evaluated: it must rest on a price of this symbol"
P_GAP = 10


def problems(statement: Statement, dossier: Dossier, stance: Stance | None = None) -> tuple[str, ...]:
    """Everything wrong with it. ``stance`` is the one that a rebuttal's speaker holds now."""
    found = [f"{path}: {NO_SUCH_FACT}" for path, ids in _cited(statement) if _unknown(ids, dossier)]
    found += _conditions(statement, dossier)
    match statement:
        case MacroView() | TechnicalView():
            found += _view(statement, dossier)
        case Rebuttal():
            if statement.changed != (statement.stance is not stance):
                found.append("changed: must say whether the stance differs from the one you hold")
        case Verdict():
            found += _verdict(statement)
    return tuple(found)


def _unknown(ids: Iterable[str], dossier: Dossier) -> bool:
    return not dossier.holds(ids)


def _claims(name: str, claims: Iterable[Claim]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for position, claim in enumerate(claims):
        yield f"{name}[{position}].facts", claim.facts


def _cited(statement: Statement) -> Iterator[tuple[str, tuple[str, ...]]]:
    match statement:
        case View():
            yield from _claims("claims", statement.claims)
            yield from _claims("against", statement.against)
            yield from _forecast(statement.forecast)
            if isinstance(statement, MacroView):
                yield "drivers", statement.drivers
        case Rebuttal():
            yield "new_facts", statement.new_facts
            yield from _claims("concedes", statement.concedes)
            yield from _forecast(statement.forecast)
        case Verdict():
            yield "facts", statement.facts
            yield from _claims("strongest_case_against", (statement.strongest_case_against,))
            if statement.base_rate_fact is not None:
                yield "base_rate_fact", (statement.base_rate_fact,)
            if statement.challenge is not None:
                yield "challenge.facts", (*statement.challenge.facts, *statement.challenge.disputed.facts)


def _forecast(forecast: Forecast | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    if forecast is not None and forecast.base_rate_fact is not None:
        yield "forecast.base_rate_fact", (forecast.base_rate_fact,)


def _conditions(statement: Statement, dossier: Dossier) -> Iterator[str]:
    for path, condition in _all_conditions(statement):
        if dossier.fact(condition.fact_name) is None:
            yield f"{path}.fact_name: {NO_SUCH_NAME}"
        if isinstance(condition.than, PriceRef) and price(condition.than, dossier) is None:
            yield f"{path}.than: {NOT_A_PRICE}"


def _all_conditions(statement: Statement) -> Iterator[tuple[str, Condition]]:
    if isinstance(statement, View):
        yield from ((f"change_my_mind[{n}]", one) for n, one in enumerate(statement.change_my_mind))
    if isinstance(statement, Verdict):
        yield from ((f"kill_if[{n}]", one) for n, one in enumerate(statement.kill_if))
        yield from (
            (f"pre_mortem[{n}].early_sign", one.early_sign) for n, one in enumerate(statement.pre_mortem)
        )


def _view(view: View, dossier: Dossier) -> Iterator[str]:
    if view.symbol != dossier.symbol:
        yield "symbol: must be the dossier's"
    if view.forecast is not None:
        yield from _explained(view.forecast, dossier)
    if isinstance(view, TechnicalView) and view.entry is not None:
        evaluated = levels(view, dossier)
        if evaluated is None:
            yield f"entry, stop, target: {NOT_A_PRICE}"
        elif not evaluated.fit(view.stance.sign):
            yield "entry, stop, target: the stop must lie on the losing side, the target on the winning one"


def _explained(forecast: Forecast, dossier: Dossier) -> Iterator[str]:
    """A forecast far from its base rate says why."""
    base = dossier.by_id(forecast.base_rate_fact or "")
    if base is not None and abs(forecast.p - base.value) * 100 > P_GAP and not forecast.why_differs:
        yield "forecast.why_differs: is required when p is more than 0.10 from the base rate"


def _verdict(verdict: Verdict) -> Iterator[str]:
    if verdict.decision is Call.APPROVE and verdict.base_rate_fact is None:
        yield "base_rate_fact: must be given on approve"
