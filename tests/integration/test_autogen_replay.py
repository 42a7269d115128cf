"""The plain chat and the AutoGen team run one law: a record of either re-drives through the other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from desk import bootstrap
from desk.bootstrap import Desk, Hands, Wishes
from desk.briefs.reader import read
from desk.config import Settings
from desk.deliberation.floor import Floor, drive
from desk.deliberation.team import deliberate
from desk.domain.roles import EXECUTOR
from desk.home.paths import Home
from desk.journal import memory_journal
from desk.journal.digest import session_digest
from desk.ports import Answers, ModelReply, ModelRequest
from desk.reopening import without_world
from desk.replay.record import Record, load
from desk.replay.resume import Replayed, replay
from desk.session import Chat, Session
from tests.kernel.fakes import Dark

HANDS = Hands(screen=Dark(), prompt=None, person="tester")
CHATS = [
    pytest.param(drive, deliberate, id="plain_to_autogen"),
    pytest.param(deliberate, drive, id="autogen_to_plain"),
]
BRIEFS = ["@brexit-eve", "@year-end-rally", "@boxing-day", "@euro-pause", "@opec-whisper"]


async def recorded(desk: Desk, brief: str, chat: Chat, wishes: Wishes) -> Record:
    """Run a brief on this chat; its record."""
    given = bootstrap.given(desk, wishes, read(brief), HANDS)
    report = await Session(replace(given, chat=chat)).run()
    await given.parts.venue.aclose()
    return load(desk.journal, report.session_id)


async def redriven(desk: Desk, record: Record, chat: Chat) -> Replayed:
    """The record once more, on another chat, with nothing outside to reach."""
    shadow = memory_journal()
    given = without_world(record, desk.journal, shadow, Dark())
    return await replay(record, replace(given, chat=chat), shadow)


@pytest.mark.parametrize("brief", BRIEFS)
@pytest.mark.parametrize(("first", "again"), CHATS)
async def test_a_record_re_driven_through_the_other_chat_has_the_same_digest(
    tmp_path: Path, brief: str, first: Chat, again: Chat
) -> None:
    with bootstrap.opened(Settings(home=Home(tmp_path))) as desk:
        record = await recorded(desk, brief, first, Wishes())
        replayed = await redriven(desk, record, again)

    assert replayed.divergences == ()
    assert replayed.session_digest == session_digest(record.events)


@pytest.mark.parametrize("brief", BRIEFS)
async def test_a_seeded_run_is_the_same_to_the_byte_on_either_chat(tmp_path: Path, brief: str) -> None:
    digests = set()
    for name, chat in (("plain", drive), ("autogen", deliberate)):
        with bootstrap.opened(Settings(home=Home(tmp_path / name))) as desk:
            record = await recorded(desk, brief, chat, Wishes(seed="s", clock="brief"))
            digests.add(session_digest(record.events))

    assert len(digests) == 1


class Contrary:
    """Live answers, but the macro analyst's view is turned round: a conflict, and two rebuttals at once."""

    def __init__(self, live: Answers) -> None:
        self._live = live

    async def answer(self, role: str, n: int, request: ModelRequest, *rest: Any) -> ModelReply:
        reply = await self._live.answer(role, n, request, *rest)
        if request.schema != "MacroView":
            return reply
        await asyncio.sleep(0)
        return replace(reply, content=reply.content.replace('"stance":"bullish"', '"stance":"bearish"'))


@pytest.mark.parametrize(("first", "again"), CHATS)
async def test_a_conflict_re_drives_through_the_other_chat_too(
    tmp_path: Path, first: Chat, again: Chat
) -> None:
    with bootstrap.opened(Settings(home=Home(tmp_path))) as desk:
        given = bootstrap.given(desk, Wishes(), read("@brexit-eve"), HANDS)
        live = given.answers
        contrary = replace(given, chat=first, answers=lambda debate: Contrary(live(debate)))
        report = await Session(contrary).run()
        await given.parts.venue.aclose()
        replayed = await redriven(desk, load(desk.journal, report.session_id), again)
        rebuttals = list(desk.journal.events(types=("RebuttalGiven",)))

    assert (report.outcome, report.reasons, len(rebuttals)) == ("rejected", ("CONFLICT",), 2)
    assert replayed.ok


async def test_a_chat_that_lets_another_role_speak_is_stopped_by_the_law(tmp_path: Path) -> None:
    """The negative control: a thread in which the executor pushes in gives no record that could be equal."""

    async def rushing(floor: Floor) -> None:
        floor.turn()
        await asyncio.wait_for(floor.speak(EXECUTOR), 5)

    with bootstrap.opened(Settings(home=Home(tmp_path))) as desk:
        given = bootstrap.given(desk, Wishes(), read("@brexit-eve"), HANDS)
        with pytest.raises(ValueError, match="not the turn of executor"):
            await Session(replace(given, chat=rushing)).run()
        orders = list(desk.journal.events(types=("OrderSubmitted", "ModelReplied")))
        await given.parts.venue.aclose()

    assert orders == []
