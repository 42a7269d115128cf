"""A process may end right after any of its commits: what it leaves on record replays, and can be resumed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from desk.deliberation.floor import drive
from desk.deliberation.team import deliberate
from desk.domain.approval import DENIED, EXPIRED, GRANTED
from desk.domain.events import ApprovalRequested
from desk.domain.roles import Analyst
from desk.ports import Answer, Answers, ModelReply, ModelRequest
from desk.session import Chat, Given
from tests.fakes.deaths import Death, MortalJournal
from tests.kernel.asked import TWO, Asked

#: More commits than any of these sessions has.
COMMITS = range(1, 12)


class AtTheTerminal:
    """Ann at the terminal: what she says to the first question; she is asked only once."""

    channel = "console"
    ttl_s = 600
    suspends = False

    def __init__(self, decision: str) -> None:
        self._decision = decision

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        decision, self._decision = self._decision, ""
        if not decision:
            return None
        return Answer(card_hash=request.card_hash, decision=decision, by="ann", channel="console")


class Late:
    """One analyst's answer comes a while after the other's."""

    def __init__(self, inner: Answers, who: str) -> None:
        self._inner, self._who = inner, who

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        await asyncio.sleep(0.05 if role == self._who else 0)
        return await self._inner.answer(role, n, request, within_s, on_text)


def dying(commits: int, **parts: Any) -> Callable[[Given], Given]:
    """A process that ends after so many commits."""

    def around(given: Given) -> Given:
        mortal = MortalJournal(given.parts.journal, commits)
        return replace(given, parts=replace(given.parts, journal=mortal, **parts))

    return around


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(home=tmp_path)


@pytest.mark.parametrize("humans", [1, 2])
@pytest.mark.parametrize("decision", [DENIED, EXPIRED, GRANTED])
@pytest.mark.parametrize("commits", COMMITS)
async def test_what_a_dead_process_leaves_replays(asked: Asked, decision: str, humans: int, commits: int):
    if humans == 2:
        asked.settings = {"policy": TWO}
    asked.around = dying(commits, approver=AtTheTerminal(decision))
    with contextlib.suppress(Death):
        await asked.run(approve="console")
    assert (await asked.replays()).divergences == ()


@pytest.mark.parametrize(
    ("decision", "outcome"), [(DENIED, "refused_by_human"), (EXPIRED, "approval_expired")]
)
async def test_a_word_of_which_the_process_died_ends_the_session(asked: Asked, decision: str, outcome: str):
    commits = 0
    while not asked.session_id or not asked.decisions():
        commits += 1
        asked.around = dying(commits, approver=AtTheTerminal(decision))
        with pytest.raises(Death):
            await asked.run(approve="console")
    asked.around = lambda given: given
    assert (await asked.resume()).outcome == outcome
    assert (await asked.replays()).ok
    assert asked.orders() == []


@pytest.mark.parametrize("chat", [drive, deliberate], ids=["plain", "autogen"])
@pytest.mark.parametrize(("late", "first"), [tuple(Analyst), tuple(Analyst)[::-1]])
async def test_one_of_two_first_views_may_be_on_record_alone(asked: Asked, chat: Chat, late: str, first: str):
    def around(given: Given) -> Given:
        given = dying(2)(given)
        return replace(given, answers=lambda debate, live=given.answers: Late(live(debate), late))

    asked.around = around
    with pytest.raises(Death):
        await asked.run(chat=chat)
    assert [one.role for one in asked.events("ModelReplied")] == [first]
    assert (await asked.replays()).divergences == ()

    asked.around = lambda given: given
    assert (await asked.resume(chat)).outcome == "awaiting_approval"
    asked.answer()
    assert (await asked.resume(chat)).outcome == "executed"
    assert asked.calls() == 4, "what was paid for was not asked again"
    assert (await asked.replays()).ok
