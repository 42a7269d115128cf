"""The journal against the simplest model of one: a list of facts and a dictionary of versions."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from desk.errors import VersionConflict
from desk.journal import open_journal
from desk.ports import ANY, TicketRow
from tests.journal_samples import new, ticket

#: How far from the truth the expected version is: mostly not at all.
OFFSETS = st.sampled_from([0, 0, 0, 1, -1])
STREAMS = st.sampled_from(["account-a", "order-1", "session-s"])


class Rollback(Exception):
    """What a caller's own code may raise in a transaction."""


class JournalMachine(RuleBasedStateMachine):
    """Appends, conflicts, rollbacks, tickets and restarts in any order."""

    tickets = Bundle("tickets")

    @initialize()
    def start(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="journal-model-"))
        self.journal = open_journal(self.home)
        self.facts: list[tuple[str, int, str]] = []
        self.rows: dict[str, TicketRow] = {}
        self.count = 0

    def teardown(self) -> None:
        self.journal.close()
        shutil.rmtree(self.home)

    def _next(self) -> int:
        self.count += 1
        return self.count

    def _version(self, stream: str) -> int:
        return sum(1 for name, _, _ in self.facts if name == stream)

    @rule(
        stream=STREAMS,
        size=st.integers(0, 3),
        off=OFFSETS,
        any_version=st.booleans(),
    )
    def append(self, stream: str, size: int, off: int, any_version: bool) -> None:
        at = self._version(stream)
        events = [new(self._next()) for _ in range(size)]
        expected = ANY if any_version else at + off
        try:
            version = self.journal.append(stream, expected, events)
        except VersionConflict:
            assert expected not in (ANY, at)
            return
        assert expected in (ANY, at)
        assert version == at + size
        self.facts += [(stream, at + n, event.event_id) for n, event in enumerate(events, start=1)]

    @rule(stream=STREAMS)
    def roll_back(self, stream: str) -> None:
        try:
            with self.journal.transaction() as transaction:
                transaction.append(stream, ANY, [new(self._next())])
                transaction.insert_ticket(ticket(ticket_id="tkt_undone", intent_id="int_undone"))
                raise Rollback
        except Rollback:
            pass

    @rule(target=tickets)
    def issue(self) -> str:
        n = self._next()
        row = ticket(ticket_id=f"tkt_{n}", intent_id=f"int_{n}")
        with self.journal.transaction() as transaction:
            transaction.insert_ticket(row)
        self.rows[row.ticket_id] = row
        return row.ticket_id

    @rule(ticket_id=tickets, revoke=st.booleans())
    def finish(self, ticket_id: str, revoke: bool) -> None:
        row = self.rows[ticket_id]
        is_open = row.used_at is None and not row.revoked
        with self.journal.transaction() as transaction:
            if revoke:
                transaction.revoke_ticket(ticket_id)
            else:
                assert transaction.burn_ticket(ticket_id, "now") == is_open
        if is_open:
            changes = {"revoked": True} if revoke else {"used_at": "now"}
            self.rows[ticket_id] = ticket(ticket_id=ticket_id, intent_id=row.intent_id, **changes)

    @rule()
    def restart(self) -> None:
        self.journal.close()
        self.journal = open_journal(self.home)

    @invariant()
    def it_holds_what_the_model_holds(self) -> None:
        held = [(each.stream_id, each.version, each.event_id) for each in self.journal.events()]
        assert held == self.facts
        assert {key: self.journal.ticket(key) for key in self.rows} == self.rows

    @invariant()
    def it_verifies(self) -> None:
        report = self.journal.verify()
        assert (report.events, report.anchor_seq) == (len(self.facts), len(self.facts))
        used = sum(1 for row in self.rows.values() if row.used_at)
        assert [problem.code for problem in report.problems] == ["TICKET_WITHOUT_ORDER"] * used


JournalMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestJournal = JournalMachine.TestCase
