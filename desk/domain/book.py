"""What the gate looks at and what it answers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct

from desk.domain.canonical import Plain
from desk.domain.market import Snapshot
from desk.domain.money import plain
from desk.domain.portfolio import Ledger, SentAct


class TradingState(StrEnum):
    """Of the home: what may be sent. HALTED is the file ``HALT``; the others are journaled."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


#: What a rule looked at, or held that against, as computed.
Figure = Decimal | datetime | str | None
#: One rule's code, whether it holds, what it looked at, and what that was held against.
Result = tuple[str, bool, Figure, Figure]


class Book(Struct, frozen=True, kw_only=True, dict=True):
    """A venue snapshot, the journal's fold, and the desk's own state and time.

    ``snapshot_age_s`` is how old the snapshot is by desk time; ``reserved`` are acts that hold a ticket.
    """

    now: datetime
    snapshot: Snapshot
    snapshot_age_s: Decimal
    ledger: Ledger
    trading_state: TradingState
    reserved: tuple[SentAct, ...] = ()

    @cached_property
    def acts(self) -> tuple[SentAct, ...]:
        """Everything sent or about to be: opening acts and protective ones."""
        return (*self.ledger.acts, *self.reserved)

    @cached_property
    def openings(self) -> tuple[SentAct, ...]:
        """The opening acts of them."""
        return tuple([act for act in self.acts if act.opening])


class Assessment(NamedTuple):
    """The gate's answer. ``max_*`` are whole USDC; ``human_reasons`` say why a person must decide.

    ``results`` are those of every rule, in their order, as computed.
    """

    results: tuple[Result, ...]
    reasons: tuple[str, ...]
    max_admissible_usdc: Decimal
    max_without_human_usdc: Decimal
    human_reasons: tuple[str, ...] = ()
    equity_usdc: Decimal | None = None
    nav: Decimal | None = None

    @property
    def cleared(self) -> bool:
        return not self.reasons

    def checks(self) -> tuple[Plain, ...]:
        """The results as public JSON: made for whoever reads them, not by each look."""
        return tuple(
            [
                Plain(
                    code=code,
                    ok=ok,
                    value=plain(value) if isinstance(value, Decimal) else _text(value),
                    limit=plain(limit) if isinstance(limit, Decimal) else _text(limit),
                )
                for code, ok, value, limit in self.results
            ]
        )


def _text(figure: datetime | str | None) -> str | None:
    return figure.isoformat() if isinstance(figure, datetime) else figure


def broken(results: list[Result]) -> list[str]:
    """Codes of the rules that failed, in the order of the rules."""
    return [code for code, ok, _, _ in results if not ok]
