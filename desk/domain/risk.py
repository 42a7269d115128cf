"""The gate: a pure, total function that clears or denies an intent, with every reason.

Every rule is evaluated, none short-circuits another; an input that is missing or not finite denies
(``INPUT_UNKNOWN``, and then the rules that need it cannot be shown). There is no bypass. The rules,
their figures and sources are DESIGN section 7's: those on size are in ``caps``, the others in ``rules``.
"""

from __future__ import annotations

from decimal import Decimal

from desk.domain.book import Assessment, Book, Cap, Check, reasons_of
from desk.domain.caps import human_caps, minimum_check, size_caps
from desk.domain.limits import Limits
from desk.domain.money import ONE, ZERO
from desk.domain.portfolio import equity
from desk.domain.proposal import Intent
from desk.domain.rules import drawdown_check, level_checks, state_checks, time_checks, unknown_inputs


def assess(intent: Intent, book: Book, limits: Limits) -> Assessment:
    """Judge an opening trade. Pure and total: no values of its types make it raise.

    ``max_admissible_usdc`` is the largest whole size such that it and every smaller one down to the
    venue's minimum pass all rules; 0 if a rule that is not about size fails.
    """
    act, basis, snapshot = intent.act, intent.basis, book.snapshot
    checks = state_checks(act, book, limits)
    unknown = unknown_inputs(act, basis, book)
    market, quote, venue_time = snapshot.market, snapshot.quote(act.symbol), snapshot.venue_time
    worth = None if unknown else equity(snapshot)
    if market is None or quote is None or venue_time is None or worth is None:
        checks.append(Check("INPUT_UNKNOWN", False, ", ".join(unknown), None))
        return _denied(tuple(checks))
    nav = worth / book.ledger.units if book.ledger.units > 0 else ONE
    checks += level_checks(act, basis, market, quote, limits)
    checks += time_checks(act, basis, quote, venue_time, limits)
    checks.append(drawdown_check(worth, nav, book, limits))
    sound = all(check.ok for check in checks)
    caps = size_caps(act, basis, market, worth, nav, book, limits)
    checks += [cap.check(act.size_usdc) for cap in caps]
    checks.append(minimum_check(act, market))
    ask = human_caps(basis, book, limits)
    admissible = _largest(caps, market.min_notional_usdc) if sound else ZERO
    return Assessment(
        checks=tuple(checks),
        reasons=reasons_of(tuple(checks)),
        max_admissible_usdc=admissible,
        max_without_human_usdc=min(admissible, _largest(ask, market.min_notional_usdc)),
        human_reasons=tuple(cap.code for cap in ask if not cap.admits(act.size_usdc)),
        equity_usdc=worth,
        nav=nav,
    )


def _largest(caps: list[Cap], minimum: Decimal) -> Decimal:
    """The smallest of the caps, or 0 when the venue would not take so little."""
    largest = min(cap.largest_whole for cap in caps)
    return largest if largest >= minimum else ZERO


def _denied(checks: tuple[Check, ...]) -> Assessment:
    return Assessment(
        checks=checks, reasons=reasons_of(checks), max_admissible_usdc=ZERO, max_without_human_usdc=ZERO
    )
