"""What became of a trade on the bars after it, by the rules of the embedded venue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk.domain.aftermath import Exit, Held, Left, brier, came_true, closed, first_touch
from desk.domain.levels import Levels
from desk.domain.market import Bar, Side
from desk.domain.views import Forecast, ForecastEvent

D = Decimal
START = datetime(2020, 1, 1, tzinfo=UTC)
LONG = Levels(entry=D(100), stop=D(95), target=D(110))
SHORT = Levels(entry=D(100), stop=D(105), target=D(90))


def bars(*rows: str) -> list[Bar]:
    """``open high low close`` each."""
    made = []
    for day, row in enumerate(rows, start=1):
        figures = (D(one) for one in row.split())
        prices = dict(zip(("open", "high", "low", "close"), figures, strict=True))
        made.append(
            Bar(start=START + timedelta(days=day - 1), available_at=START + timedelta(days=day), **prices)
        )
    return made


def touch(side: Side, levels: Levels, *rows: str) -> tuple[str, str, int] | None:
    found = first_touch(side, levels.stop, levels.target, bars(*rows))
    return None if found is None else (found.reason.value, str(found.price), found.bar)


@pytest.mark.parametrize(
    ("row", "left"),
    [
        ("100 109 96 105", None),
        ("100 110 96 105", ("target", "110", 1)),
        ("100 101 95 99", ("stop", "95", 1)),
        ("100 111 94 99", ("stop", "95", 1)),
        ("93 94 90 91", ("stop", "93", 1)),
        ("112 115 111 113", ("target", "112", 1)),
    ],
)
def test_a_long_is_left_at_stop_or_target_the_stop_first_a_gap_at_the_open(
    row: str, left: tuple[str, str, int] | None
) -> None:
    assert touch(Side.BUY, LONG, row) == left


@pytest.mark.parametrize(
    ("row", "left"),
    [
        ("100 104 91 95", None),
        ("100 104 90 95", ("target", "90", 1)),
        ("100 105 96 99", ("stop", "105", 1)),
        ("100 106 89 99", ("stop", "105", 1)),
        ("107 108 106 107", ("stop", "107", 1)),
        ("88 89 85 86", ("target", "88", 1)),
    ],
)
def test_a_short_is_the_mirror_of_it(row: str, left: tuple[str, str, int] | None) -> None:
    assert touch(Side.SELL, SHORT, row) == left


def test_the_first_bar_that_touches_counts() -> None:
    assert touch(Side.BUY, LONG, "100 101 99 100", "100 111 100 110", "100 100 90 90") == ("target", "110", 2)


def held(side: Side, levels: Levels, **changed: D) -> Held:
    figures = {"quantity": D(2), "entry_fee_usdc": D("0.11"), "taker_fee": D("0.00055")} | changed
    return Held(side=side, entry=levels.entry, stop=levels.stop, target=levels.target, **figures)


def test_r_counts_both_fees_the_one_of_the_exit_rounded_up() -> None:
    ended = closed(held(Side.BUY, LONG), bars("100 101 95 99"))

    assert ended is not None
    assert ended.fees_usdc == D("0.2145")
    assert (ended.pnl_usdc, ended.r) == (D("-10.21"), D("-1.02"))
    odd = closed(held(Side.BUY, LONG, quantity=D("0.000333")), bars("100 101 95 99"))
    assert odd is not None
    assert odd.fees_usdc - D("0.11") == D("0.000018")


def test_a_short_that_reaches_its_target_gains() -> None:
    ended = closed(held(Side.SELL, SHORT), bars("100 101 89 90"))

    assert ended is not None
    assert (ended.pnl_usdc, ended.r) == (D("19.79"), D("1.98"))


def test_a_trade_still_open_after_the_last_bar_has_no_end() -> None:
    assert closed(held(Side.BUY, LONG), bars("100 101 99 100")) is None
    assert closed(held(Side.BUY, LONG), []) is None


def forecast(event: ForecastEvent = ForecastEvent.TARGET_BEFORE_STOP) -> Forecast:
    return Forecast(event=event, p=D("0.3"), base_rate_fact=None, why_differs=None)


@pytest.mark.parametrize(
    ("rows", "horizon", "truth"),
    [
        (("100 110 99 105",), 5, True),
        (("100 111 94 105",), 5, False),
        (("100 101 99 100",), 5, None),
        (("100 101 99 100", "100 102 99 101"), 2, False),
        (("100 101 99 100", "100 120 99 101"), 1, False),
    ],
)
def test_a_target_counts_within_the_horizon_and_a_tape_too_short_says_nothing(
    rows: tuple[str, ...], horizon: int, truth: bool | None
) -> None:
    assert came_true(forecast(), LONG, Side.BUY, horizon, bars(*rows)) is truth


@pytest.mark.parametrize(("close", "truth"), [("101", True), ("100", False), ("99", False)])
def test_a_close_above_entry_is_that_of_the_last_bar_of_the_horizon(close: str, truth: bool) -> None:
    event, rows = forecast(ForecastEvent.CLOSE_ABOVE_ENTRY), ("100 103 98 102", f"100 103 98 {close}")

    assert came_true(event, SHORT, Side.SELL, 2, bars(*rows)) is truth
    assert came_true(event, SHORT, Side.SELL, 3, bars(*rows)) is None


def test_the_brier_score_is_the_mean_squared_distance() -> None:
    assert brier([(D("0.7"), True), (D("0.2"), False)]) == D("0.065")
    assert brier([(D("0.5"), True), (D("0.5"), False)]) == D("0.25")
    assert brier([]) is None


def test_reasons_to_leave_are_public_words() -> None:
    left = Exit(price=D(1), reason=Left.FLATTEN, at=START, bar=0)

    assert [one.value for one in Left] == ["stop", "target", "flatten"]
    assert left.bar == 0
