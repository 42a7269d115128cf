"""The venue of a session: Purple Flea, or the embedded one on the brief's own tape and time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from desk.bootstrap.desk import Desk
from desk.bootstrap.guard import tools_module
from desk.bootstrap.wishes import FLEA, Wishes
from desk.domain.brief import Brief
from desk.errors import ConfigError
from desk.ports import Permit, Venue


def venue_for(
    desk: Desk,
    wishes: Wishes,
    brief: Brief,
    account: str,
    elapsed: Callable[[], timedelta],
    *,
    again: bool = False,
) -> Venue:
    """The venue a session trades on, its account opened; ``again``: by the session that opened it."""
    if wishes.venue == FLEA:
        return flea_venue(desk, account, mode="live" if wishes.live else "paper")
    return paper_venue(desk, brief, account, elapsed, again=again)


def flea_venue(desk: Desk, account: str, mode: str) -> Venue:
    """Purple Flea itself, or whatever answers at its base URL."""
    settings = desk.settings
    if settings.flea_key is None:
        raise ConfigError(
            "PURPLE_FLEA_API_KEY is not set",
            fix="Set it, or use --venue paper, which needs no key",
            code="NO_KEY",
        )
    client = tools_module("purple_flea")
    agent = account.partition(":")[2] or account
    return cast(
        Venue,
        client.PurpleFlea(
            settings.flea_url, settings.flea_key, agent, mode, desk.tickets.clear, pace=desk.pace
        ),
    )


def paper_store(desk: Desk) -> Any:
    """The embedded venue's file of this home (``tools.paper.PaperStore``)."""
    return tools_module("paper").PaperStore(desk.home.paper)


def paper_venue(
    desk: Desk, brief: Brief, account: str, elapsed: Callable[[], timedelta], *, again: bool
) -> Venue:
    """The embedded twin, in this process, on the brief's own tape and time."""
    store = paper_store(desk)
    if not again or store.clock(account) is None:
        open_paper_account(store, account, brief, brief.balance_usdc)
    return in_process(store, account, lambda: brief.as_of + elapsed(), desk.tickets.clear)


def open_paper_account(store: Any, account: str, brief: Brief, balance_usdc: Decimal | None) -> None:
    """An account on the brief's own tape and time; with the venue's usual balance if none is given."""
    paper = tools_module("paper")
    opening = {} if balance_usdc is None else {"balance_usdc": balance_usdc}
    tapes = {
        symbol: paper.Tape((*series.bars, *(brief.tape[symbol].bars if symbol in brief.tape else ())))
        for symbol, series in brief.bars.items()
    }
    store.open_account(account, as_of=brief.as_of, tapes=tapes, **opening)


def in_process(
    store: Any, account: str, now: Callable[[], datetime], clear: Callable[[Permit], None]
) -> Venue:
    """The embedded twin behind the usual client, whose transport is a call in this process."""
    paper, client = tools_module("paper"), tools_module("purple_flea")
    return cast(
        Venue,
        client.PurpleFlea(
            "http://127.0.0.1/api/v1",
            None,
            account,
            "paper",
            clear,
            paper.InProcess(store, now),
            name="paper",
            pace=client.Pace(rates=None),
        ),
    )


def elapsed_since_now(clock: str) -> Callable[[], timedelta]:
    """How far the embedded venue's time has come: with the wall, or not at all under the brief's clock."""
    return elapsed_since(clock, datetime.now(UTC))


def elapsed_since(clock: str, began: datetime) -> Callable[[], timedelta]:
    if clock == "brief":
        return timedelta
    return lambda: max(timedelta(), datetime.now(UTC) - began)
