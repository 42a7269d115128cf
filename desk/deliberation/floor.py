"""Whose turn it is, and what a turn does. The chat (AutoGen's or a plain loop) only calls it.

A turn asks a role, hears the typed answer, or goes to the door. The law in ``desk.domain.debate`` says
who is next; nothing in the chat's messages can.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from desk.deliberation.interview import Interview
from desk.domain.budget import CHARS_A_TOKEN, REPLY_TOKENS, Budget, exceeded
from desk.domain.debate import Approval, Debate, Result
from desk.domain.events import Event
from desk.domain.proposal import Intent
from desk.domain.roles import COMPLIANCE_PROXY, EXECUTOR
from desk.domain.steps import Speaking, Stated
from desk.execution.log import SessionLog
from desk.execution.tape import Tape
from desk.ports import (
    Clock,
    Door,
    DoorRefused,
    ExecutionReport,
    Screen,
    TicketId,
    Tool,
    ToolCall,
    Waiting,
)

#: Calls of one executor reply that are looked at; a ticket works once, so more cannot matter.
MAX_CALLS_A_REPLY = 4
#: Refusals after which the executor may try again: it named something that is no ticket of this session.
MISTAKEN = frozenset({"TICKET_FORGED"})


class Floor:
    """The running of one debate.

    Args:
        mint: makes the exact intent from what was approved, or says why there is none.
    """

    def __init__(
        self,
        debate: Debate,
        interview: Interview,
        door: Door,
        tools: Sequence[Tool],
        budget: Budget,
        mint: Callable[[Approval], Intent | Result],
        log: SessionLog,
        tape: Tape,
        clock: Clock,
        screen: Screen,
    ) -> None:
        self.debate = debate
        self.interview = interview
        self.waiting: Waiting | None = None
        self.report: ExecutionReport | None = None
        self._door = door
        self._tools = {tool.name: tool for tool in tools}
        self._budget = budget
        self._mint = mint
        self._log = log
        self._tape = tape
        self._clock = clock
        self._screen = screen
        self._began_s = clock.monotonic_s()
        self._elapsed_s = Decimal(0)
        self._with_human_s = Decimal(0)
        self._repairable: frozenset[str] = frozenset()

    def turn(self) -> tuple[str, ...]:
        """The roles that speak now; none when it is over. The budget is looked at before anybody does."""
        if self.waiting is not None:
            return ()
        speakers = self.debate.next_speakers()
        asked = [role for role in speakers if role != COMPLIANCE_PROXY]
        if asked:
            self._elapsed_s = self._tape.note("elapsed_s", self._elapsed, lambda s: s, _decimal)
            chars = {role: self.interview.chars(self.debate.ask(role)) for role in asked}
            total = sum(chars.values())
            broken = exceeded(self._budget, self.interview.spent, len(asked), total, self._elapsed_s)
            if broken is not None:
                self._over_budget(broken)
                return ()
            self._repairable = self._bearing_repair(chars)
        return speakers

    def _bearing_repair(self, asked: Mapping[str, int]) -> frozenset[str]:
        """The roles whose repair round the budget bears as well, weighed before any of them is asked.

        In role order and not as they come to need it, so that a re-drive decides the same. ``asked`` has
        the characters of each role's prompt.
        """
        borne: list[str] = []
        chars = sum(asked.values())
        for role in (role for role in asked if role != EXECUTOR):
            chars += asked[role] + REPLY_TOKENS * CHARS_A_TOKEN
            calls = len(asked) + len(borne) + 1
            if exceeded(self._budget, self.interview.spent, calls, chars, self._elapsed_s) is None:
                borne.append(role)
        return frozenset(borne)

    def _elapsed(self) -> Decimal:
        return self._clock.monotonic_s() - self._began_s - self._with_human_s

    def _over_budget(self, broken: str) -> None:
        """A spent budget ends the debate; with a ticket in hand it is a failure to act, never an order."""
        if self.debate.ticket_id is not None:
            self.debate.ended("failed", "system", ("BUDGET", broken))
        else:
            self.debate.ended("no_trade", "system", ("BUDGET", broken))

    @property
    def left_s(self) -> float:
        return max(0.001, float(self._budget.seconds - self._elapsed_s))

    async def speak(self, role: str) -> None:
        """One role's turn. What it says goes on record and to the screen; the chat has no use for it."""
        if role == COMPLIANCE_PROXY:
            await self._propose()
            return
        self._announce(role)
        if role == EXECUTOR:
            await self._execute()
        else:
            await self._state(role)

    async def _state(self, role: str) -> None:
        ask = self.debate.ask(role)
        repairable = role in self._repairable
        statement = await self.interview.statement(self.debate, ask, self.left_s, repairable=repairable)
        events = self.debate.hear(role, statement)
        self._heard(role, events)

    def _announce(self, role: str) -> None:
        spent = self.interview.spent
        self._screen.show(
            Speaking(role=role, calls=spent.calls, max_calls=self._budget.calls, tokens=spent.tokens)
        )

    def _heard(self, role: str, events: Sequence[Event]) -> None:
        self._log.hold(*events)
        for event in events:
            self._screen.show(Stated(role=str(getattr(event, "who", role)), event=event))

    # ---- the door --------------------------------------------------------------------------------

    async def _propose(self) -> None:
        assert self.debate.approval is not None
        intent = self._mint(self.debate.approval)
        if isinstance(intent, Result):
            self.debate.ended(intent.outcome, intent.decided_by, intent.reasons)
            return
        began_s = self._clock.monotonic_s()
        answer = await self._door.propose(intent)
        if isinstance(answer, Waiting):
            answer = await self._decided(answer)
        self._with_human_s += self._clock.monotonic_s() - began_s
        match answer:
            case Waiting():
                self.waiting = answer
            case DoorRefused():
                self.debate.ended(answer.outcome, answer.decided_by, answer.reasons)
            case TicketId():
                self.debate.ticketed(answer.ticket_id)

    async def _decided(self, asked: Waiting) -> DoorRefused | Waiting | TicketId:
        """What people said of the question, and of the smaller one that they may have made of it."""
        answer = await self._door.decide()
        if isinstance(answer, Waiting) and answer.approval_id != asked.approval_id:
            answer = await self._door.decide()
        return answer

    # ---- the executor ----------------------------------------------------------------------------

    async def _execute(self) -> None:
        """Run the calls of one reply until one of them has an effect."""
        schemas = tuple(tool.schema for tool in self._tools.values())
        reply = await self.interview.tool_call(self.debate.ask(EXECUTOR), schemas, self.left_s)
        for call in reply.tool_calls[:MAX_CALLS_A_REPLY]:
            report = await self._call(call)
            if report is None or set(report.reasons) & MISTAKEN:
                continue
            self.report = report
            self.debate.ended(report.outcome, report.decided_by, report.reasons)
            return
        self.debate.executor_idle()

    async def _call(self, call: ToolCall) -> ExecutionReport | None:
        tool, ticket_id = self._tools.get(call.name), _ticket_id(call.arguments)
        if tool is None or ticket_id is None:
            return None
        return await tool.call(self._door, ticket_id)


def _ticket_id(arguments: str) -> str | None:
    """The one argument there is; anything else beside it, or in its place, is no call at all."""
    try:
        parsed: object = json.loads(arguments) if len(arguments) <= 1000 else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict) or set(parsed) != {"ticket_id"}:
        return None
    ticket_id = parsed["ticket_id"]
    return ticket_id if isinstance(ticket_id, str) else None


def _decimal(plain: object) -> Decimal:
    return Decimal(str(plain))


async def drive(floor: Floor) -> None:
    """The plain chat: turn after turn, speakers of one turn at the same time."""
    while speakers := floor.turn():
        await asyncio.gather(*(floor.speak(role) for role in speakers))
