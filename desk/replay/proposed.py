"""What a recorded session proposed, and the book the gate judged it on: to judge it again under other limits.

Pure: it gives the answer of ``desk.domain.risk.assess`` and nothing that any door would take.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from desk.domain.book import Assessment, Book, TradingState
from desk.domain.limits import Limits
from desk.domain.market import Snapshot
from desk.domain.money import parsed
from desk.domain.portfolio import Ledger, SentAct, equity
from desk.domain.proposal import Basis, Intent, act_from
from desk.domain.risk import assess
from desk.domain.shape import unshaped
from desk.ports import Recorded
from desk.replay.record import Record

Data = Mapping[str, Any]


class Proposed(Struct, frozen=True, kw_only=True):
    """The first proposal of a session: intent, book and limits as they were."""

    intent: Intent
    book: Book
    limits: Limits

    def judged(self, **limits: Decimal) -> Assessment:
        """The gate's answer with some limits in the place of those in force, tighter or looser.

        Raises:
            TypeError: a name that is no limit.
        """
        return assess(self.intent, self.book, replace(self.limits, **limits))


def proposed(record: Record) -> Proposed | None:
    """What the session proposed first; None if it never came to that."""
    looked = next((one for one in record.events if _is_proposal(one)), None)
    if looked is None:
        return None
    minted = next(
        one
        for one in record.events
        if one.event_type == "IntentMinted" and one.data["intent_id"] == looked.data["intent_id"]
    )
    data: Data = minted.data
    return Proposed(
        intent=Intent(
            intent_id=str(data["intent_id"]),
            act=act_from(data["act"]),
            basis=unshaped(Basis, data["basis"]),
            parent=data["parent"],
        ),
        book=_book(looked.data, looked.occurred_at),
        limits=unshaped(Limits, record.opened.settings["limits"]),
    )


def _is_proposal(one: Recorded) -> bool:
    return one.event_type == "GateAssessed" and one.data["stage"] == "propose"


def _book(looked: Data, now: datetime) -> Book:
    """The book from what was read on the way to the assessment, the last reading of each kind."""
    read = {note["port"]: note["reply"].get("value") for note in looked["inputs"]}
    snapshot = unshaped(Snapshot, read["snapshot"])
    ledger = unshaped(Ledger, read["ledger"])
    worth = equity(snapshot)
    if not ledger.units and worth is not None and worth > 0:
        # An account's first look: what is in it was deposited, at a unit value of one.
        ledger = replace(ledger, units=worth)
    state = TradingState.HALTED if read["halt"] else TradingState(str(read["trading_state"]))
    return Book(
        now=now,
        snapshot=snapshot,
        snapshot_age_s=parsed(str(read["snapshot_age"])),
        ledger=ledger,
        trading_state=state,
        reserved=tuple(unshaped(SentAct, act) for act in read["reserved"]),
    )
