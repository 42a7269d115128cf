"""Hindsight computed from the record's tape is what the embedded venue does when time passes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desk import recorded
from desk.api import Session, load_sessions
from desk.briefs.catalog import BUNDLED
from desk.domain.money import plain
from tests.e2e.conftest import Desk, desk, home
from tests.notebooks.takes import TAKES

__all__ = ["desk", "home"]

OIL = sorted(one.name for one in TAKES if one.name.startswith("wti-2015") and one.temper is None)


def figures(trade: Any) -> tuple[str, str, str, str]:
    return trade.exit.reason.value, plain(trade.exit.price), plain(trade.pnl_usdc), plain(trade.r)


def test_it_agrees_with_the_venue_on_every_bundled_brief(desk: Desk, home: Path, tmp_path: Path) -> None:
    desk("run", *(f"@{name}" for name in BUNDLED), "--approve", "deny", "--quiet")
    watched = desk("watch", "--fast", "--json").json["trades"]
    seen = [one.hindsight.trade for one in load_sessions(home) if one.hindsight.trade is not None]

    assert [figures(one) for one in seen] == [
        (one["exit_reason"], one["exit_price"], one["pnl_usdc"], one["r"]) for one in watched
    ]
    assert [one.r for one in seen] == [Decimal("-1.08")]


def test_it_agrees_on_short_trades_that_reach_their_target(desk: Desk, home: Path, tmp_path: Path) -> None:
    briefs = [take.brief.written(tmp_path) for take in TAKES if take.name in OIL]  # type: ignore[union-attr]
    desk("run", *map(str, dict.fromkeys(briefs)), "--approve", "deny", "--quiet")
    watched = {one["r"] for one in desk("watch", "--fast", "--json").json["trades"]}
    seen = {plain(one.hindsight.trade.r) for one in load_sessions(home) if one.hindsight.trade}

    assert seen == watched == {"3.12", "3.48", "-1.11"}


def named(name: str) -> Session:
    return min(recorded(name), key=lambda one: one.document["usage"]["usd"])


def test_a_session_that_did_not_trade_has_no_trade_but_knows_what_the_market_did() -> None:
    seen = named("spx-2017-08-01").hindsight

    assert (seen.held, seen.trade) == (None, None)
    assert seen.touched is not None
    assert (seen.touched.reason.value, seen.touched.bar) == ("stop", 7)


def test_forecasts_are_judged_within_their_horizon() -> None:
    assert [one.came_true for one in named("year-end-rally").hindsight.outlooks] == [True, True]
    assert [one.came_true for one in named("brexit-eve").hindsight.outlooks] == [False, False]


def test_a_forecast_whose_tape_ends_too_early_is_not_judged() -> None:
    assert [one.came_true for one in named("boxing-day").hindsight.outlooks] == [None, None]
    assert [one.came_true for one in named("euro-pause").hindsight.outlooks] == [None]


def test_an_answer_that_counts_replaces_the_first_forecast() -> None:
    macro, technical = named("wti-2015-12-30").hindsight.outlooks

    assert (macro.p, technical.p) == (Decimal("0.4155"), Decimal("0.3855"))
    assert technical.base == Decimal("0.35552597")


@pytest.mark.parametrize("name", ["halted", "no_trade"])
def test_a_session_without_levels_has_none_in_hindsight(name: str) -> None:
    one = next(it for it in recorded() if it.outcome == name and it.hindsight.levels is None)

    assert (one.hindsight.touched, one.hindsight.trade) == (None, None)
    assert one.prices().summary
