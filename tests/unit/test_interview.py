"""Asking a model: recorded at once, repaired once, then an abstention; and never asked past its budget."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from msgspec.structs import replace

from desk.deliberation.floor import Floor, drive
from desk.deliberation.interview import Interview
from desk.deliberation.roles import load
from desk.deliberation.rules import macro_view, technical_view
from desk.domain.budget import Budget
from desk.domain.debate import Debate
from desk.domain.views import Abstained, MacroView
from desk.execution.log import SessionLog
from desk.execution.tape import Tape
from desk.journal import SqliteJournal, memory_journal
from desk.ports import ModelReply, ModelRequest
from tests.dossier_samples import dossier
from tests.kernel.fakes import CountedIds, Dark, HandClock

MACRO, TECHNICAL = "macro_analyst", "technical_analyst"
SESSION = "ses_" + "1" * 32
GOOD = {
    MACRO: json.dumps({**macro_view(dossier()).document(), "conviction": None}),
    TECHNICAL: json.dumps({**technical_view(dossier()).document(), "conviction": None}),
}


class Queue:
    """Answers in order, for any role; what was asked is kept."""

    def __init__(
        self, *replies: ModelReply | str, takes_s: float = 0, clock: HandClock | None = None
    ) -> None:
        self._replies = list(replies)
        self._takes_s, self._clock = takes_s, clock
        self.asked: list[ModelRequest] = []
        self.within_s: list[float] = []

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        self.asked.append(request)
        self.within_s.append(within_s)
        if self._clock is not None:
            self._clock.pass_s(self._takes_s)
        reply = self._replies.pop(0) if self._replies else GOOD.get(role, "{}")
        return ModelReply(content=reply, usd=Decimal(0)) if isinstance(reply, str) else reply


def interview(answers: Queue, journal: SqliteJournal, clock: HandClock | None = None) -> Interview:
    log = SessionLog(clock or HandClock(), CountedIds(), SESSION, "paper:test")
    models = dict.fromkeys(("macro_analyst", "technical_analyst", "risk_officer", "executor"), "openai:x")
    return Interview(journal, log, answers, load(), models, Dark())


async def asked(*replies: ModelReply | str) -> tuple[object, Queue, SqliteJournal]:
    """What the macro analyst's answer comes to."""
    queue, journal, debate = Queue(*replies), memory_journal(), Debate(dossier())
    statement = await interview(queue, journal).statement(debate, debate.ask(MACRO), 10)
    return statement, queue, journal


async def test_a_valid_answer_is_the_statement_and_one_call() -> None:
    statement, queue, journal = await asked(GOOD[MACRO])

    assert isinstance(statement, MacroView)
    assert len(queue.asked) == 1
    (event,) = journal.events(types=("ModelReplied",))
    assert event.stream_id == f"call-{SESSION}-{MACRO}-1"


@pytest.mark.parametrize(
    "bad", ["not JSON", "{}", GOOD[TECHNICAL], GOOD[MACRO][:-40], GOOD[MACRO].replace("SPX", "BTC")]
)
async def test_an_answer_that_cannot_be_heard_is_repaired_once(bad: str) -> None:
    statement, queue, journal = await asked(bad, GOOD[MACRO])

    assert isinstance(statement, MacroView)
    assert len(queue.asked) == len(list(journal.events(types=("ModelReplied",)))) == 2
    assert [message["role"] for message in queue.asked[1].messages] == ["user", "assistant", "user"]


async def test_the_second_bad_answer_is_an_abstention_and_nobody_is_asked_a_third_time() -> None:
    statement, queue, _ = await asked("not JSON", "still not", GOOD[MACRO])

    assert statement == Abstained(reason="INVALID_REPLY")
    assert len(queue.asked) == 2


async def test_a_repair_names_the_faults_in_our_words_and_few_of_them() -> None:
    _, queue, _ = await asked('{"note": "sk-secret, buy 5000"}', "x")

    told = str(queue.asked[1].messages[-1]["content"])
    assert told.startswith("Your reply was not accepted: symbol: is required; ")
    assert told.count("; ") == 7
    assert not any(word in told for word in ("sk-secret", "5000", "note"))


@pytest.mark.parametrize("code", ["TIMEOUT", "RATE_LIMITED", "CUT_SHORT", "UNREACHABLE"])
async def test_a_model_that_failed_abstains_by_its_code_without_a_repair(code: str) -> None:
    statement, queue, _ = await asked(ModelReply(content="", error=code))

    assert statement == Abstained(reason=code)
    assert len(queue.asked) == 1


async def test_what_a_call_cost_is_counted_and_an_unknown_price_stays_unknown() -> None:
    queue, debate = Queue(), Debate(dossier())
    free = ModelReply(content="x", prompt_tokens=100, completion_tokens=7, usd=Decimal("0.01"))
    queue._replies = [free, replace(free, usd=None)]
    table = interview(queue, memory_journal())

    await table.statement(debate, debate.ask(MACRO), 10)

    assert (table.spent.calls, table.spent.tokens, table.spent.usd) == (2, 214, None)


# ---- the budget, before each call ------------------------------------------------------------------


class Nobody:
    """A door that must not be reached."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(name)


async def debated(budget: Budget, queue: Queue, clock: HandClock) -> tuple[Sequence[str], int]:
    """Reasons and number of calls of a debate under this budget."""
    journal, debate = memory_journal(), Debate(dossier())
    log = SessionLog(clock, CountedIds(), SESSION, "paper:test")
    floor = Floor(
        debate,
        interview(queue, journal, clock),
        Nobody(),  # type: ignore[arg-type]
        (),
        budget,
        Nobody(),  # type: ignore[arg-type]
        log,
        Tape(),
        clock,
        Dark(),
    )
    await drive(floor)
    assert debate.result is not None
    assert (debate.result.outcome, debate.result.decided_by) == ("no_trade", "system")
    return debate.result.reasons, len(queue.asked)


SAID = [
    ModelReply(content=GOOD[role], prompt_tokens=1400, usd=Decimal("0.02")) for role in (MACRO, TECHNICAL)
]


@pytest.mark.parametrize(
    ("budget", "code", "calls"),
    [
        (Budget(calls=1), "MAX_CALLS", 0),
        (Budget(calls=2), "MAX_CALLS", 2),
        (Budget(tokens=3000), "MAX_TOKENS", 0),
        (Budget(tokens=5000), "MAX_TOKENS", 2),
        (Budget(seconds=20), "MAX_SECONDS", 2),
        (Budget(usd=Decimal("0.03")), "BUDGET_USD", 2),
    ],
)
async def test_a_budget_is_looked_at_before_anybody_is_asked(budget: Budget, code: str, calls: int) -> None:
    """Two analysts of 10 s each; both are weighed together, and neither is asked if both cannot be."""
    clock = HandClock()

    reasons, made = await debated(budget, Queue(*SAID, takes_s=10, clock=clock), clock)

    assert (reasons, made) == (("BUDGET", code), calls)


async def test_money_that_cannot_be_counted_is_spent() -> None:
    unknown = [replace(reply, usd=None) for reply in SAID]

    reasons, made = await debated(Budget(usd=Decimal(100)), Queue(*unknown), HandClock())

    assert (reasons, made) == (("BUDGET", "BUDGET_USD"), 2)


@pytest.mark.parametrize(("calls", "made"), [(2, 2), (3, 3), (4, 4), (12, 4)])
async def test_a_repair_is_a_call_too_and_the_first_analyst_has_the_first_claim_to_one(
    calls: int, made: int
) -> None:
    queue = Queue(*["not JSON"] * 4)

    reasons, asked_for = await debated(Budget(calls=calls), queue, HandClock())

    assert (reasons, asked_for) == (("ABSTAINED",), made)
    assert Counter(request.role for request in queue.asked) == {
        MACRO: min(made, 3) - 1,
        TECHNICAL: max(made, 3) - 2,
    }


async def test_a_repair_has_the_time_that_the_first_answer_left() -> None:
    clock = HandClock()
    slow = ModelReply(content="not JSON", latency_ms=9_000)
    queue = Queue(slow, slow, "not JSON", "not JSON", clock=clock)

    await debated(Budget(seconds=10), queue, clock)

    assert sorted(queue.within_s) == [1, 1, 10, 10]


async def test_an_answer_that_took_all_the_time_is_not_repaired() -> None:
    late = ModelReply(content="not JSON", latency_ms=10_000)

    _, made = await debated(Budget(seconds=10), Queue(late, late), HandClock())

    assert made == 2
