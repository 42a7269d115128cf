"""The kernel on a bench: real journal, tickets and door; everything outside made by hand."""

from __future__ import annotations

from typing import Any

from desk.domain.events import Event
from desk.domain.limits import CEILING
from desk.domain.policy import BUILT_IN
from desk.domain.proposal import Intent
from desk.execution.door import TradeDoor
from desk.execution.log import SessionLog
from desk.execution.room import Parts
from desk.execution.tape import Tape
from desk.execution.tickets import Tickets
from desk.execution.unknowns import Resolved, look_up, unresolved
from desk.journal import Key, SqliteJournal, memory_journal
from desk.journal.snapshots import Folding
from desk.ports import DoorRefused, ExecutionReport, TicketId, Waiting
from tests.kernel.fakes import CountedIds, Dark, HandClock, Switch, Yes
from tests.kernel.values import intent
from tests.kernel.venue import HandVenue

ACCOUNT = "paper:test"
KEY = Key(bytes(32))


class Bench:
    """One process's desk. Another one on the same journal and venue is ``Bench(journal=…, venue=…)``."""

    def __init__(
        self,
        *,
        journal: SqliteJournal | None = None,
        venue: Any = None,
        ids_from: int = 1,
        tickets: Tickets | None = None,
        key: Key = KEY,
        session: int = 0,
    ) -> None:
        self.journal = journal or memory_journal(key)
        self.tickets = tickets or Tickets(key)
        self.venue = venue or HandVenue(self.tickets.clear)
        self.clock, self.halt = HandClock(), Switch()
        new_ids = CountedIds(ids_from)
        self.parts = Parts(
            journal=self.journal,
            venue=self.venue,
            clock=self.clock,
            new_ids=new_ids,
            halt=self.halt,
            approver=Yes(),
            tickets=self.tickets,
            tape=Tape(),
            screen=Dark(),
            log=SessionLog(self.clock, new_ids, f"ses_{session:032x}", ACCOUNT),
            folds=Folding(),
            limits=CEILING,
            mode="paper",
            policy=BUILT_IN,
        )
        self.door = TradeDoor(self.parts)

    async def propose(self, proposed: Intent | None = None) -> DoorRefused | Waiting | TicketId:
        return await self.door.propose(proposed or intent())

    async def ticket(self, proposed: Intent | None = None) -> str:
        answer = await self.propose(proposed)
        assert isinstance(answer, TicketId), answer
        return answer.ticket_id

    async def run(self, proposed: Intent | None = None) -> ExecutionReport:
        """Propose and execute."""
        return await self.door.execute(await self.ticket(proposed))

    async def reconcile(self) -> list[Resolved]:
        found = unresolved(self.journal, venue=self.venue.name)
        return [await look_up(self.parts, one) for one in found]

    # ---- what is on record -----------------------------------------------------------------------

    def events(self, *types: str) -> list[Event]:
        return [record.event for record in self.journal.events(types=types)]

    def types(self) -> list[str]:
        return [record.event_type for record in self.journal.events()]

    def order_types(self) -> list[str]:
        """Types of the orders' events, in the order of the journal."""
        return [name for name in self.types() if name.startswith("Order")]

    def trade_states(self) -> list[str]:
        return [event.target for event in self.events("TradeMoved")]

    def flush(self) -> None:
        """Write what is held, as the session's close does."""
        with self.journal.transaction() as tx:
            self.parts.log.write(tx)
