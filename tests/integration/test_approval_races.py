"""Four processes and every channel answer the same question at once: one decision, the others are told."""

from __future__ import annotations

import os
import random
import sys
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from desk import bootstrap, reopening
from desk.approval.inbox import Inbox, Question
from desk.config import Settings
from desk.domain.approval import DENIED, EDITED, GRANTED, standing
from desk.domain.events import ApprovalDecided
from desk.errors import UsageError
from desk.home.identity import RandomIds
from desk.home.paths import Home
from desk.ports import Answer
from tests.integration.test_approval_tamper import asked

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
CHANNELS = ("console", "inbox", "slack", "page")
COUNTED, TOLD, BROKEN = 10, 11, 12


def said(question: Question, channel: str, decision: str) -> Answer:
    return Answer(
        card_hash=question.request.card_hash,
        decision=decision,
        by=f"{channel}-person",
        channel=channel,
        reason="no" if decision == DENIED else None,
        size_usdc=Decimal(100) if decision == EDITED else None,
    )


def answering(home: Path, channel: str, decision: str, start: int) -> int:
    """One process: waits for the start, answers, and says what it was told."""
    try:
        with bootstrap.opened(Settings(home=Home(home))) as desk:
            inbox = Inbox(desk.journal, RandomIds())
            question = inbox.asked()[-1]
            clock = reopening.clock_of(desk, question.session_id)
            os.read(start, 1)
            try:
                inbox.answer(question, clock, said(question, channel, decision))
            except UsageError as error:
                return TOLD if error.code == "ALREADY_DECIDED" else BROKEN
            return COUNTED
    except BaseException:  # noqa: BLE001 - a child must leave by _exit, whatever happens
        traceback.print_exc(file=sys.stderr)
        return BROKEN


def forked(work: Callable[[], int]) -> int:
    """The child's process id."""
    child = os.fork()
    if child == 0:
        os._exit(work())
    return child


def race(home: Path, decisions: dict[str, str]) -> list[int]:
    """All at once; each one's exit code."""
    start, go = os.pipe()
    children = [
        forked(lambda channel=channel, word=word: answering(home, channel, word, start))  # type: ignore[misc]
        for channel, word in decisions.items()
    ]
    os.write(go, b"x" * len(children))
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    os.close(start)
    os.close(go)
    return codes


def recorded(home: Path) -> tuple[list[ApprovalDecided], str | None]:
    """Every word about the newest question, and where it stands."""
    with bootstrap.opened(Settings(home=Home(home))) as desk:
        question = Inbox(desk.journal, RandomIds()).asked()[-1]
        events = [one.event for one in desk.journal.events(types=("ApprovalDecided",))]
        words = [one for one in events if isinstance(one, ApprovalDecided)]
        ours = [one for one in words if one.approval_id == question.request.approval_id]
        return ours, standing(question.request, ours).decision


async def rounds(root: Path, how_many: int, seed: int) -> None:
    rng = random.Random(seed)
    for n in range(how_many):
        home = root / f"{n % 8}"
        await asked(home)
        words = {channel: rng.choice((GRANTED, DENIED, EDITED)) for channel in CHANNELS}
        codes = race(home, words)
        assert sorted(codes) == [COUNTED, TOLD, TOLD, TOLD], (seed, n, words)
        [word], decision = recorded(home)
        assert (word.decision, decision) == (words[word.channel], word.decision)


async def test_one_answer_counts_and_three_are_told_so(tmp_path: Path) -> None:
    await rounds(tmp_path, 25, seed=1)


@pytest.mark.torture
async def test_one_answer_counts_a_thousand_times(tmp_path: Path) -> None:
    await rounds(tmp_path, 1000, seed=2)
