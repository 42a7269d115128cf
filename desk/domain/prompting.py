"""What each role is shown: built from the desk's own state, never from the chat's thread.

An analyst sees the facts of its trade and, for a rebuttal, what it must answer; the officer sees both
views and the facts they rest on; the executor sees a ticket id and nothing else to act on.
"""

from __future__ import annotations

from collections.abc import Iterable

from desk.domain import dossier as names
from desk.domain.canonical import timestamp, written
from desk.domain.dossier import MACRO_FACTS, Dossier, Fact
from desk.domain.envelope import enveloped
from desk.domain.roles import Analyst
from desk.domain.views import Challenge, MacroView, Rebuttal, TechnicalView, Typed

#: Facts about the account; only the officer weighs them.
ACCOUNT_FACTS = frozenset(
    {
        names.BALANCE,
        names.EQUITY,
        names.EXPOSURE,
        names.DRAWDOWN,
        names.DAY_LOSS,
        names.OPEN_POSITIONS,
        names.CORRELATED,
        names.MAX_SIZE,
    }
)
#: Everything else is the technical analyst's, the close included, whoever else may be shown it.
NOT_TECHNICAL = (MACRO_FACTS | ACCOUNT_FACTS) - {names.CLOSE}
#: What the officer is shown besides the facts that were cited.
OFFICER_FACTS = frozenset({names.CLOSE, names.ATR14, names.EXTENSION, names.VIX_PERCENTILE}) | ACCOUNT_FACTS
BASE_RATES = (
    names.BASE_TARGET,
    names.BASE_STOP,
    names.BASE_TIME,
    names.BASE_N,
    names.BREAK_EVEN,
    names.COST_IN_R,
)


def head(dossier: Dossier) -> str:
    as_of = timestamp(dossier.as_of)[:16] + "Z"
    return f"{dossier.symbol} as of {as_of}, bars {dossier.timeframe}, horizon {dossier.horizon_bars} bars."


def facts(title: str, shown: Iterable[Fact]) -> str:
    """Each fact in one short line; when and whence is said once above."""
    lines = [
        f"{one.id} {one.name} {one.symbol} {one.timeframe} {one.shown} {one.unit}"
        + (" proxy" if one.proxy else "")
        for one in shown
    ]
    return "\n".join([f"{title}:", *lines]) if lines else f"{title}: none"


def first_view(dossier: Dossier, who: Analyst) -> str:
    """An analyst's first question: neither sees what the other says."""
    if who is Analyst.MACRO:
        shown = [fact for fact in dossier.facts if fact.name in MACRO_FACTS]
    else:
        shown = [fact for fact in dossier.facts if fact.name not in NOT_TECHNICAL]
    parts = [head(dossier), facts("Facts", shown), _missing(dossier, who)]
    parts.append(enveloped("question", dossier.question))
    parts.append(enveloped("brief text", dossier.text))
    return "\n".join(part for part in parts if part)


def _missing(dossier: Dossier, who: Analyst) -> str:
    """Facts that do not exist here, so that nobody rests on what is not known."""
    macro = who is Analyst.MACRO
    gone = [m.name for m in dossier.missing if (m.name in MACRO_FACTS) == macro]
    gone = [name for name in gone if name not in ACCOUNT_FACTS]
    return f"Not available: {', '.join(dict.fromkeys(gone))}." if gone else ""


def rebuttal(dossier: Dossier, own: Typed, theirs: Typed, shown: Iterable[Fact]) -> str:
    """On conflict: your view, the other's, and the facts either rests on."""
    return "\n".join(
        [
            head(dossier),
            "The other analyst says the opposite. Answer it (answers: conflict).",
            f"Your view: {written(own.document())}",
            f"Their view: {written(theirs.document())}",
            facts("Facts", shown),
        ]
    )


def challenged(dossier: Dossier, own: Typed, challenge: Challenge, shown: Iterable[Fact]) -> str:
    """What the officer disputes, and the facts that bear on it."""
    return "\n".join(
        [
            head(dossier),
            "The risk officer challenges you. Answer it (answers: challenge).",
            f"Your view: {written(own.document())}",
            f"Challenge: {written(challenge.document())}",
            facts("Facts", shown),
        ]
    )


def verdict(
    dossier: Dossier,
    macro: MacroView | None,
    technical: TechnicalView | None,
    answers: Iterable[tuple[Analyst, Rebuttal, bool]],
    shown: Iterable[Fact],
    challenges_left: int,
) -> str:
    """Everything the officer weighs."""
    parts = [head(dossier)]
    for who, view in ((Analyst.MACRO, macro), (Analyst.TECHNICAL, technical)):
        parts.append(f"{who.value}: {written(view.document()) if view is not None else 'abstains'}")
    for who, answer, accepted in answers:
        note = "" if accepted else " (no new fact: the first stance stands)"
        parts.append(f"{who.value} answers: {written(answer.document())}{note}")
    parts.append(facts("Facts", shown))
    parts.append(f"Challenges left: {challenges_left}.")
    if dossier.event_within_24h is not None:
        parts.append("A listed event is within 24 h.")
    return "\n".join(parts)


def execution(ticket_id: str) -> str:
    return f"Execute ticket {ticket_id}"


def officer_facts(dossier: Dossier, cited: frozenset[str], sign: int) -> list[Fact]:
    """The cited facts, those an officer always needs, and the base rates of this direction."""
    suffix = "_long" if sign >= 0 else "_short"
    rates = {name + suffix for name in BASE_RATES} | set(BASE_RATES)
    return [fact for fact in dossier if fact.id in cited or fact.name in OFFICER_FACTS or fact.name in rates]
