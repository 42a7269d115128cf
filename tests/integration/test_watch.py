"""An open trade stays behind its stop: a leg that fills closes it, a stop that is lost is placed again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from desk import bootstrap, reopening
from desk.bootstrap import Desk, Hands, Wishes
from desk.briefs.reader import read
from desk.cli.watch import Watch
from desk.config import Settings
from desk.deliberation.floor import drive
from desk.domain.market import OrderType
from desk.execution.closing import close_at_market
from desk.execution.held import kept
from desk.execution.room import Parts
from desk.home.paths import Home
from desk.replay.record import load
from desk.session import Session
from tests.kernel.fakes import Dark

SYMBOL = "SPX-PERP"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with bootstrap.opened(Settings(home=Home(tmp_path))) as desk:
        yield desk


async def traded(desk: Desk) -> tuple[str, str]:
    """A session that has bought: its id and its trade's."""
    hands = Hands(screen=Dark(), prompt=None, person="tester")
    given = replace(bootstrap.given(desk, Wishes(), read("@brexit-eve"), hands), chat=drive)
    report = await Session(given).run()
    await given.parts.venue.aclose()
    assert report.outcome == "executed"
    return report.session_id, moves(desk)[-1]["trade_id"]


def moves(desk: Desk) -> list[dict[str, str]]:
    return [dict(one.data) for one in desk.journal.events(types=("TradeMoved",))]


def states(desk: Desk) -> list[tuple[str, str]]:
    """Targets and reasons after the session has ended."""
    told = [(one["target"], one["reason"]) for one in moves(desk)]
    return told[told.index(("HOLDING", "STOP_ATTACHED")) + 1 :]


@asynccontextmanager
async def after(desk: Desk, session_id: str) -> AsyncIterator[Parts]:
    """What acts for the session now that it is over."""
    parts = reopening.afterwards(desk, load(desk.journal, session_id)).parts
    try:
        yield parts
    finally:
        await parts.venue.aclose()


async def at_the_venue(desk: Desk, session_id: str, *types: OrderType) -> None:
    """Somebody cancels working orders of these types, past the desk."""
    async with after(desk, session_id) as parts:
        for order in await parts.venue.orders(symbol=SYMBOL):
            if order.status.working and order.type in types:
                await parts.venue.cancel(order.order_id)


async def working(desk: Desk, session_id: str, *types: OrderType) -> list[str]:
    """Quantities of the working orders of these types."""
    async with after(desk, session_id) as parts:
        orders = await parts.venue.orders(symbol=SYMBOL)
    return [str(one.quantity) for one in orders if one.status.working and one.type in types]


async def look(desk: Desk, session_id: str, trade_id: str) -> str:
    async with after(desk, session_id) as parts:
        return (await kept(parts, trade_id)).target


async def test_a_look_at_a_trade_behind_its_stop_changes_nothing(desk: Desk):
    session_id, trade_id = await traded(desk)
    before = desk.journal.head()
    assert await look(desk, session_id, trade_id) == "HOLDING"
    assert desk.journal.head() == before


async def test_a_stop_that_is_lost_is_placed_again_for_what_is_held(desk: Desk):
    session_id, trade_id = await traded(desk)
    held = await working(desk, session_id, OrderType.STOP)
    await at_the_venue(desk, session_id, OrderType.STOP)
    assert await look(desk, session_id, trade_id) == "HOLDING"
    assert states(desk) == [("UNPROTECTED", "STOP_LOST"), ("HOLDING", "STOP_PLACED")]
    assert await working(desk, session_id, OrderType.STOP) == held


async def test_the_stop_that_was_placed_again_is_seen_the_next_time(desk: Desk):
    session_id, trade_id = await traded(desk)
    await at_the_venue(desk, session_id, OrderType.STOP)
    await look(desk, session_id, trade_id)
    before = desk.journal.head()
    await look(desk, session_id, trade_id)
    assert desk.journal.head() == before


async def test_a_position_that_was_closed_elsewhere_is_said_to_be_gone(desk: Desk):
    session_id, trade_id = await traded(desk)
    account = str(desk.journal.stream(f"session-{session_id}")[0].metadata["account"])
    store = bootstrap.paper_store(desk)
    with store.writing() as book:
        [holding] = book.holdings(account)
        book.save_holding(account, holding.symbol, None)
    store.close()
    await at_the_venue(desk, session_id, OrderType.STOP, OrderType.LIMIT)
    assert await look(desk, session_id, trade_id) == "CLOSED"
    assert states(desk) == [("CLOSED", "NOT_AT_THE_VENUE")]


async def test_where_neither_stop_nor_exit_can_be_had_the_desk_halts(desk: Desk):
    session_id, trade_id = await traded(desk)
    await at_the_venue(desk, session_id, OrderType.STOP)
    desk.halt.halt("nothing leaves", hard=True)
    assert await look(desk, session_id, trade_id) == "UNPROTECTED"
    assert [target for target, _ in states(desk)] == ["UNPROTECTED"]


async def test_the_tape_closes_a_trade_once_and_says_what_it_cost(desk: Desk):
    await traded(desk)
    [row] = await Watch(desk, fast=True, aloud=False).run()
    assert (row["state"], row["exit_reason"], str(row["r"])) == ("CLOSED", "stop", "-1.08")
    assert await Watch(desk, fast=True, aloud=False).run() == []


async def test_a_stop_that_was_placed_again_closes_the_trade_like_the_first(desk: Desk):
    session_id, trade_id = await traded(desk)
    await at_the_venue(desk, session_id, OrderType.STOP)
    await look(desk, session_id, trade_id)
    [row] = await Watch(desk, fast=True, aloud=False).run()
    assert (row["state"], row["exit_reason"]) == ("CLOSED", "stop")
    ended = [one.stream_id for one in desk.journal.events(types=("OrderFilled",))]
    assert len(ended) == 2, "the entry, and the stop that is an order of its own"


async def test_leaving_at_the_market_takes_the_legs_away(desk: Desk):
    session_id, trade_id = await traded(desk)
    async with after(desk, session_id) as parts:
        assert (await close_at_market(parts, trade_id))["state"] == "CLOSED"
    assert await working(desk, session_id, *OrderType) == []
