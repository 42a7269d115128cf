"""An account's cash by the journal alone is what the embedded venue has booked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

import desk
from desk import bootstrap, reopening
from desk.bootstrap import Desk, Hands, Wishes
from desk.briefs.reader import read
from desk.cli.watch import Watch
from desk.config import Settings
from desk.deliberation.floor import drive
from desk.domain.events import TradeMoved
from desk.domain.market import OrderType
from desk.errors import JournalUnavailable, UsageError
from desk.execution.closing import close_at_market
from desk.execution.held import kept
from desk.execution.room import Parts
from desk.home.paths import Home
from desk.replay.record import load
from desk.session import Session
from tests.fakes.paper_wire import faulty_venue
from tests.kernel.fakes import Dark, Yes
from tools.paper.plan import Fault, FaultPlan

#: The bundled briefs that trade once a human agrees.
TRADING = ("@brexit-eve", "@year-end-rally")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Desk]:
    with bootstrap.opened(Settings(home=Home(tmp_path))) as opened:
        yield opened


def traded(opened: Desk, brief: str = "@brexit-eve", account: str = "fund") -> str:
    """A session whose human says yes; its id."""

    async def run() -> str:
        hands = Hands(screen=Dark(), prompt=None, person="tester")
        given = bootstrap.given(opened, Wishes(account=account), read(brief), hands)
        parts = replace(given.parts, approver=Yes())
        report = await Session(replace(given, chat=drive, parts=parts)).run()
        await parts.venue.aclose()
        assert report.outcome == "executed", report
        return report.session_id

    return asyncio.run(run())


def watched(opened: Desk) -> None:
    asyncio.run(Watch(opened, fast=True, aloud=False).run())


def booked(opened: Desk, account: str = "fund") -> Decimal:
    """What the embedded venue says."""
    store = bootstrap.paper_store(opened)
    with store.reading() as book:
        balance: Decimal = store.account(book, account).balance_usdc
    store.close()
    return balance


def account(opened: Desk, name: str = "fund") -> desk.Account:
    return desk.account(name, opened.home.path)


@pytest.mark.parametrize("brief", TRADING)
def test_a_trade_that_the_tape_closes_leaves_what_the_venue_has_booked(opened: Desk, brief: str) -> None:
    traded(opened, brief)
    assert account(opened).balance_at() == booked(opened) < 10_000
    watched(opened)
    after = account(opened)
    assert after.balance_at() == booked(opened)
    assert (after.balance.open, after.balance.unknown) == ((), ())


def test_an_account_that_lives_on_adds_its_trades_up(opened: Desk) -> None:
    for brief in TRADING:
        traded(opened, brief)
        watched(opened)
    assert account(opened).balance_at() == booked(opened)
    kinds = [one.what for one in account(opened).balances()]
    assert kinds == ["FundsDeposited", *["TradeMoved"] * 4]


def parts_after(opened: Desk, session_id: str) -> Parts:
    return reopening.afterwards(opened, load(opened.journal, session_id)).parts


def test_a_trade_left_by_hand_is_booked_alike(opened: Desk) -> None:
    session_id = traded(opened)
    parts = parts_after(opened, session_id)
    asyncio.run(close_at_market(parts, account(opened).balance.open[0].trade_id))
    assert account(opened).balance_at() == booked(opened)
    assert account(opened).balance.open == ()


def test_a_trade_left_because_no_stop_could_be_had_is_booked_alike(opened: Desk) -> None:
    session_id = traded(opened)
    [trade] = account(opened).balance.open

    async def lose_the_stop() -> TradeMoved:
        parts, plan = parts_after(opened, session_id), FaultPlan()
        for order in await parts.venue.orders(symbol="SPX-PERP"):
            if order.type is OrderType.STOP:
                await parts.venue.cancel(order.order_id)
        plan.arm(Fault.REJECT)
        now = read("@brexit-eve").as_of
        refusing = replace(parts, venue=faulty_venue(opened, "fund", lambda: now, plan))
        return await kept(refusing, trade.trade_id)

    moved = asyncio.run(lose_the_stop())
    assert (moved.target, moved.exit_reason) == ("CLOSED", "STOP_NOT_PROVEN")
    assert account(opened).balance_at() == booked(opened)
    assert account(opened).balance.unknown == ()


# ---- questions about the past --------------------------------------------------------------------


def test_an_account_is_asked_what_it_would_be_without_its_loss(opened: Desk) -> None:
    traded(opened)
    watched(opened)
    lost = account(opened).balances()[-1]
    assert account(opened).without(lost.event_id).balance_at() == lost.balance_usdc - lost.change_usdc
    assert account(opened).balance_at(lost.at) == lost.balance_usdc


def test_an_event_that_is_not_the_accounts_cannot_be_left_out(opened: Desk) -> None:
    traded(opened)
    traded(opened, account="other")
    foreign = account(opened, "other").events[0].event_id
    for unknown in (foreign, "evt_nothing", ""):
        with pytest.raises(UsageError) as refused:
            account(opened).without(unknown)
        assert refused.value.code == "NO_EVENT"


def test_a_time_without_an_offset_is_refused(opened: Desk) -> None:
    traded(opened)
    with pytest.raises(UsageError, match="offset"):
        account(opened).balance_at(datetime(2016, 6, 24))  # noqa: DTZ001 - that is the point


def test_an_account_nobody_ever_used_is_said_to_be_unknown(opened: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        account(opened)
    assert refused.value.code == "NO_ACCOUNT"
    with pytest.raises(JournalUnavailable):
        desk.account("fund", tmp_path / "nowhere")
