"""The pictures of a card: in scale, and true about what is tight."""

from __future__ import annotations

from itertools import pairwise

import pytest

from desk.serve.gate import RULES, waterfall
from desk.serve.sketch import APART, HEIGHT, ladder, losses

ACT = {"target": "110", "limit": "100", "stop": "96"}


def check(code: str, value: str | None, limit: str | None, *, ok: bool = True) -> dict[str, object]:
    return {"code": code, "ok": ok, "value": value, "limit": limit}


def picture(*checks: dict[str, object]) -> list[tuple[str, int, str]]:
    drawn = waterfall({"cleared": True, "checks": list(checks)})
    assert drawn is not None
    return [(bar.code, bar.used, bar.tone) for bar in drawn.bars]


def test_the_tightest_rule_comes_first_and_a_failed_one_before_it() -> None:
    drawn = picture(
        check("TRADE_SIZE", "226", "300"),
        check("DAILY_NOTIONAL", "2600", "2500", ok=False),
        check("REWARD_RISK", "2.52", "2.5"),
    )

    assert drawn == [("DAILY_NOTIONAL", 100, "bad"), ("REWARD_RISK", 99, "close"), ("TRADE_SIZE", 75, "fine")]


def test_a_floor_is_nearly_used_up_when_the_value_is_close_above_it() -> None:
    [(_, used, _)] = picture(check("STOP_IN_NOISE", "40", "10"))

    assert used == 25


@pytest.mark.parametrize(
    ("code", "value", "limit"),
    [
        ("LEVERAGE", "1", "1"),
        ("KILL_IF", None, None),
        ("STATE_HALTED", "ACTIVE", "ACTIVE"),
        ("SYMBOL_FROZEN", "0", "0"),
        ("TRADE_SIZE", "NaN", "300"),
        ("TRADE_SIZE", "-1", "300"),
    ],
)
def test_what_has_no_measure_is_a_flag(code: str, value: str | None, limit: str | None) -> None:
    drawn = waterfall({"cleared": True, "checks": [check(code, value, limit)]})

    assert drawn is not None
    assert (drawn.bars, drawn.flags[0].code) == ((), code)


def test_a_share_is_shown_in_percent_and_money_to_the_cent() -> None:
    drawn = waterfall(
        {
            "cleared": True,
            "checks": [
                check("STOP_DISTANCE", "0.0117395", "0.05"),
                check("CASH_RESERVE", "226", "4997.2515"),
            ],
        }
    )

    assert drawn is not None
    assert [(bar.value, bar.limit) for bar in drawn.bars] == [
        ("1.17 %", "at most 5 %"),
        ("226 USDC", "at most 4997.25 USDC"),
    ]


def test_a_rule_nobody_has_worded_is_shown_under_its_code() -> None:
    drawn = waterfall({"cleared": True, "checks": [check("NEW_RULE", "1", "2")]})

    assert "NEW_RULE" not in RULES
    assert drawn is not None
    assert drawn.bars[0].label == "NEW_RULE"


@pytest.mark.parametrize("act", [ACT, {"target": "90", "limit": "100", "stop": "104"}])
def test_prices_are_in_scale_whichever_way_the_trade_goes(act: dict[str, str]) -> None:
    drawn = ladder(act)

    assert drawn is not None
    at = {rung.name: rung.y for rung in drawn.rungs}
    assert abs(abs(at["target"] - at["limit"]) - 2.5 * abs(at["limit"] - at["stop"])) <= 3
    assert (at["target"] < at["stop"]) == (act is ACT)
    assert all(0 < y < HEIGHT for y in at.values())
    assert (drawn.gain[1], drawn.risk[1]) == (abs(at["target"] - at["limit"]), abs(at["limit"] - at["stop"]))


def test_words_of_prices_that_are_close_do_not_touch() -> None:
    drawn = ladder({"target": "200", "limit": "100", "stop": "99.9"})

    assert drawn is not None
    words = sorted(rung.text_y for rung in drawn.rungs)
    assert min(b - a for a, b in pairwise(words)) >= APART


@pytest.mark.parametrize("lack", [{"stop": None}, {"target": "x"}, {"stop": "100"}])
def test_without_three_prices_there_is_no_ladder(lack: dict[str, str | None]) -> None:
    assert ladder({**ACT, **lack}) is None


def test_the_three_losses_are_to_one_scale() -> None:
    card = {
        "worst_loss": {"at_stop_usdc": "2.91", "at_worst_bar_usdc": None, "notional_usdc": "unbounded"},
        "equity_usdc": "10000",
    }
    shown = [(one.usdc, one.share, one.width) for one in losses(card)]

    assert shown == [("2.91", "0.03% of equity", 100), ("unknown", "", 100), ("unbounded", "", 100)]
