"""What the gate looks at and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import NamedTuple

from desk.domain.market import Snapshot
from desk.domain.portfolio import Ledger, SentAct


class TradingState(StrEnum):
    """Of the home: what may be sent. HALTED is the file ``HALT``; the others are journaled."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


class Check(NamedTuple):
    """One rule's result: what it looked at and what it was held against."""

    code: str
    ok: bool
    value: Decimal | str | None
    limit: Decimal | str | None

    def document(self) -> dict[str, object]:
        return self._asdict()


class Cap(NamedTuple):
    """A rule on size alone: sizes up to ``usdc`` pass (below it, if ``strict``), and those past ``gap``."""

    code: str
    usdc: Decimal
    strict: bool = False
    gap: Decimal | None = None

    def admits(self, size: Decimal) -> bool:
        if self.gap is not None and size > self.gap:
            return True
        return size < self.usdc if self.strict else size <= self.usdc

    @property
    def largest_whole(self) -> Decimal:
        """The largest whole size such that it and every smaller one pass; may be negative."""
        if self.strict:
            return self.usdc.to_integral_value(ROUND_CEILING) - 1
        return self.usdc.to_integral_value(ROUND_FLOOR)

    def check(self, size: Decimal) -> Check:
        return Check(self.code, self.admits(size), size, self.usdc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A venue snapshot, the journal's fold, and the desk's own state and time.

    ``snapshot_age_s`` is how old the snapshot is by desk time; ``reserved`` are acts that hold a ticket.
    """

    now: datetime
    snapshot: Snapshot
    snapshot_age_s: Decimal
    ledger: Ledger
    trading_state: TradingState
    reserved: tuple[SentAct, ...] = ()

    @property
    def acts(self) -> tuple[SentAct, ...]:
        """Everything sent or about to be, opening acts and protective ones."""
        return (*self.ledger.acts, *self.reserved)

    @property
    def openings(self) -> list[SentAct]:
        return [act for act in self.acts if act.opening]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The gate's answer. ``max_*`` are whole USDC; ``human_reasons`` say why a person must decide."""

    checks: tuple[Check, ...]
    reasons: tuple[str, ...]
    max_admissible_usdc: Decimal
    max_without_human_usdc: Decimal
    human_reasons: tuple[str, ...] = ()
    equity_usdc: Decimal | None = None
    nav: Decimal | None = None

    @property
    def cleared(self) -> bool:
        return not self.reasons


def reasons_of(checks: tuple[Check, ...]) -> tuple[str, ...]:
    """Codes of the rules that failed, each once, in the order of the rules."""
    return tuple(dict.fromkeys(check.code for check in checks if not check.ok))
