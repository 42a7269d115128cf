"""The gate: a pure, total function that clears or denies an intent, with every reason.

Every rule is evaluated, none short-circuits another; an input that is missing or not finite denies
(``INPUT_UNKNOWN``, and then the rules that need it cannot be shown). There is no bypass. The rules,
their figures and sources are DESIGN section 7's: those on size are in ``caps``, the others in ``rules``.
"""

from __future__ import annotations

from operator import lt

from desk.domain.book import Assessment, Book, Result, broken
from desk.domain.caps import duplicate_bands, human_caps, largest_within, minimum_rule, size_caps
from desk.domain.case import Case, case_of
from desk.domain.inputs import unknown_inputs
from desk.domain.limits import Limits
from desk.domain.money import ZERO
from desk.domain.proposal import Intent
from desk.domain.rules import level_rules, standing_rules, state_rules


def assess(intent: Intent, book: Book, limits: Limits) -> Assessment:
    """Judge an opening trade. Pure and total: no values of its types make it raise.

    ``max_admissible_usdc`` is the largest whole size such that it and every smaller one down to the
    venue's minimum pass all rules; 0 if a rule that is not about size fails.
    """
    results = state_rules(intent.act, book, limits)
    case = case_of(intent, book, limits)
    if case is None:
        unknown = unknown_inputs(intent.act, intent.basis, book)
        results.append(("INPUT_UNKNOWN", False, ", ".join(unknown), None))
        return Assessment(
            results=tuple(results),
            reasons=tuple(broken(results)),
            max_admissible_usdc=ZERO,
            max_without_human_usdc=ZERO,
        )
    return _judged(case, [*results, *level_rules(case), *standing_rules(case)])


def _judged(case: Case, fixed: list[Result]) -> Assessment:
    size, least = case.act.size_usdc, case.market.min_notional_usdc
    caps, ask, taken = size_caps(case), human_caps(case), duplicate_bands(case)
    sized: list[Result] = [(code, within(size, cap), size, cap) for code, within, cap in caps]
    sized += [("DUPLICATE", not low <= size <= high, size, low) for low, high in taken]
    sized.append(minimum_rule(case))
    caps += [("DUPLICATE", lt, low) for low, _ in taken]
    wrong, too_large = broken(fixed), broken(sized)
    admissible = ZERO if wrong else largest_within(caps, least)
    return Assessment(
        results=(*fixed, *sized),
        reasons=tuple(dict.fromkeys(wrong + too_large)),
        max_admissible_usdc=admissible,
        max_without_human_usdc=min(admissible, largest_within(ask, least)),
        human_reasons=tuple([code for code, within, cap in ask if not within(size, cap)]),
        equity_usdc=case.worth,
        nav=case.nav,
    )
