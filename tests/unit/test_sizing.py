"""How much is traded: code decides, from equity, distance, cost, certainty and the officer's step."""

from __future__ import annotations

from decimal import Decimal

import pytest

from desk.domain.sizing import certainty, certainty_of_convictions, certainty_of_forecasts, halved, size_usdc
from desk.domain.views import Forecast, ForecastEvent
from tests.dossier_samples import dossier, fact

D = Decimal


def size(**changes: object) -> Decimal:
    """10,000 USDC, d = 1.5 %, c = 0.13 %: 1.78 % of the size is at risk."""
    asked = {"equity": D(10_000), "distance": D("0.015"), "cost": D("0.0013"), "x": D(1), "size_step": 100}
    return size_usdc(**{**asked, "halve": False, **changes})  # type: ignore[arg-type]


def forecast(p: str, event: ForecastEvent = ForecastEvent.TARGET_BEFORE_STOP) -> Forecast:
    return Forecast(event=event, p=D(p), base_rate_fact=None, why_differs=None)


@pytest.mark.parametrize(
    ("changes", "usdc"),
    [
        ({}, "196"),  # 10,000 · 0.035 % / 1.78 % = 196.6
        ({"x": D(0)}, "28"),  # 10,000 · 0.005 % / 1.78 % = 28.09
        ({"x": D("0.5")}, "112"),  # 10,000 · 0.02 % / 1.78 % = 112.4
        ({"halve": True}, "98"),  # half the risk, then rounded down
        ({"size_step": 75}, "147"),
        ({"size_step": 50}, "98"),
        ({"size_step": 25}, "49"),
        ({"distance": D("0.001")}, "300"),  # 3.5 / 0.24 % = 1458: never more than 3 % of equity
        ({"distance": D("0.2")}, "16"),  # s stops at 1 %: 3.5 / (20 % + 1 % + 0.13 %)
        ({"equity": D(0)}, "0"),
        ({"equity": D(-5)}, "0"),
        ({"equity": D(100)}, "1"),
    ],
)
def test_the_size_is_the_risk_over_what_a_stop_costs_in_whole_usdc(
    changes: dict[str, object], usdc: str
) -> None:
    assert size(**changes) == D(usdc)


def test_nothing_at_risk_sizes_nothing() -> None:
    assert size(distance=D(0), cost=D(0)) == 0


@pytest.mark.parametrize(
    ("lead", "x"), [("-1", "0"), ("0", "0"), ("0.05", "0.5"), ("0.10", "1"), ("0.5", "1")]
)
def test_certainty_is_the_lead_over_a_tenth_between_nothing_and_one(lead: str, x: str) -> None:
    assert certainty(D(lead)) == D(x)


def test_the_less_certain_conviction_counts() -> None:
    assert certainty_of_convictions([D("0.632"), D("0.755")]) == D("0.82")
    assert certainty_of_convictions([D("0.9"), D("0.55")]) == 0


@pytest.mark.parametrize(
    ("given", "base", "x"),
    [
        ([forecast("0.25"), forecast("0.22")], "0.20", "0.2"),
        ([forecast("0.50"), forecast("0.19")], "0.20", "0"),
        ([forecast("0.50"), None], "0.20", "0"),
        ([forecast("0.50"), forecast("0.90", ForecastEvent.CLOSE_ABOVE_ENTRY)], "0.20", "0"),
        ([forecast("0.50"), forecast("0.50")], None, "0"),
        ([], "0.20", "0"),
    ],
)
def test_the_less_certain_forecast_counts_and_no_forecast_is_no_certainty(
    given: list[Forecast | None], base: str | None, x: str
) -> None:
    assert certainty_of_forecasts(given, None if base is None else D(base)) == D(x)


@pytest.mark.parametrize(
    ("percentile", "event", "half"),
    [("0.949", None, False), ("0.95", None, True), (None, None, False), ("0.1", "FOMC", True)],
)
def test_a_storm_or_a_listed_event_halves_the_risk(
    percentile: str | None, event: str | None, half: bool
) -> None:
    assert halved(dossier({"vix_percentile": percentile}, event_within_24h=event)) is half


def test_a_percentile_in_percent_halves_too() -> None:
    in_percent = fact(99, "vix_percentile", "96", unit="percent")

    assert halved(dossier({"vix_percentile": None}, more=(in_percent,)))
