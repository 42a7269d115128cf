"""What the server knows of waiting sessions, and how it lets them go on."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

from desk import bootstrap
from desk.approval.inbox import Inbox
from desk.config import Settings
from desk.domain.approval import DENIED, GRANTED
from desk.home.clock import WallClock
from desk.home.identity import RandomIds
from desk.home.lock import SessionLock
from desk.ports import Answer
from desk.serve.board import Board
from desk.serve.closer import closer
from tests.page_samples import say, served, settings_in, wait_in


def answered(settings: Settings, approval_id: str, decision: str = GRANTED) -> None:
    """An answer from another process, as far as the server can tell."""
    with bootstrap.opened(settings) as desk:
        inbox = Inbox(desk.journal, RandomIds())
        question = inbox.find(approval_id)
        word = Answer(
            card_hash=question.request.card_hash, decision=decision, by="carl", channel="inbox", reason="x"
        )
        inbox.answer(question, WallClock(), word)


# ---- the board -----------------------------------------------------------------------------------


async def test_the_board_knows_what_the_inbox_knows_and_reads_on_from_where_it_was(tmp_path: Path) -> None:
    settings, board = settings_in(tmp_path), Board()
    first, second = await wait_in(settings, sessions=2)
    with bootstrap.opened(settings) as desk:
        assert board.read(desk.journal)
        assert not board.read(desk.journal)
        assert [one.request.approval_id for _, one in board.waiting()] == [first, second]
        answered(settings, first)
        assert board.read(desk.journal)

        inbox = Inbox(desk.journal, RandomIds())
        assert [one for _, one in board.waiting()] == inbox.waiting()
        assert [one.request.approval_id for _, one in board.decided()] == [first]
        assert board.ready(WallClock().stamp("x")) == [inbox.find(first).session_id]


async def test_a_question_that_the_board_has_forgotten_still_has_its_page(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [old] = await wait_in(settings)
    answered(settings, old, DENIED)
    async with served(settings) as it:
        await it.until("SessionClosed")
        shown = await it.parts.worker.do(lambda desk: closer(desk, Board(recent=0), old))

    assert not shown.open
    assert shown.row.line == "denied by carl (inbox): x"
    assert [(one["what"], one["by"]) for one in shown.said] == [("denied", "carl")]


# ---- going on ------------------------------------------------------------------------------------


async def test_an_answer_given_while_no_server_ran_is_acted_on_when_one_starts(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    answered(settings, approval)
    async with served(settings) as it:
        [closed] = await it.until("SessionClosed")

    assert closed["outcome"] == "executed"


async def test_an_answer_from_elsewhere_is_noticed(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    async with served(settings) as it:
        await asyncio.to_thread(answered, settings, approval)
        [closed] = await it.until("SessionClosed")

    assert closed["outcome"] == "executed"


async def test_a_session_that_another_process_works_on_is_left_alone_until_it_is_free(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.person() as ann:
        session = str((await it.events("SessionOpened"))[0]["session_id"])
        with SessionLock(settings.home.lock(session)):
            await say(ann, approval, "approve")
            await asyncio.sleep(0.4)
            assert await it.events("OrderSubmitted") == []
        [closed] = await it.until("SessionClosed")

    assert closed["outcome"] == "executed"
    assert [line for line in it.log if "could not" in line] == []


async def test_a_session_that_cannot_go_on_is_tried_again_and_holds_up_no_other(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    broken, whole = await wait_in(settings, sessions=2)
    (tmp_path / "paper.db").rename(tmp_path / "away.db")
    (tmp_path / "paper.db").mkdir()
    async with served(settings) as it, it.person() as ann, it.person("bob") as bob:
        await say(ann, broken, "approve")
        end = time.monotonic() + 10
        while not it.log and time.monotonic() < end:
            await asyncio.sleep(0.02)
        (tmp_path / "paper.db").rmdir()
        (tmp_path / "away.db").rename(tmp_path / "paper.db")
        await say(bob, whole, "approve")
        closed = await it.until("SessionClosed", 2)

    assert "could not go on, next try in" in it.log[0]
    assert "\n" not in it.log[0]
    assert [one["outcome"] for one in closed] == ["executed", "executed"]


async def test_the_page_answers_while_another_program_holds_the_journal(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.person() as ann:
        with sqlite3.connect(tmp_path / "journal.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            sent = asyncio.create_task(say(ann, approval, "approve"))
            await asyncio.sleep(0.3)
            began = time.monotonic()
            assert (await ann.get("/healthz")).status_code == 200
            waited_s = time.monotonic() - began
            other.execute("ROLLBACK")
        assert (await sent).status_code == 303

    assert waited_s < 0.5
