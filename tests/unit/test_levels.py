"""Prices are expressions over facts; code evaluates them, and only over prices of the brief's own market."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from desk.deliberation.rules import technical_view
from desk.domain.levels import Levels, levels, price, reward_multiple, round_trip_cost, stop_distance
from desk.domain.views import PriceRef
from tests.dossier_samples import dossier, fact, id_of

D = Decimal


def ref(name: str = "close", *, atr: str | None = None, pct: str | None = None) -> PriceRef:
    return PriceRef(
        fact=id_of(name), atr=None if atr is None else D(atr), pct=None if pct is None else D(pct)
    )


@pytest.mark.parametrize(
    ("given", "usdc"),
    [
        (ref(atr="0"), "2000"),
        (ref(atr="-1.5"), "1970"),
        (ref(atr="4.95"), "2099"),
        (ref(pct="-4.5"), "1910"),
        (ref(pct="20"), "2400"),
        (ref("ma20", atr="1"), "2000"),
        (ref("ma50", pct="0"), "1960"),
    ],
)
def test_a_price_is_a_fact_and_an_offset_in_atr_or_percent(given: PriceRef, usdc: str) -> None:
    assert price(given, dossier()) == D(usdc)


@pytest.mark.parametrize("name", ["rsi14", "atr14", "vix", "base_n_long", "spread", "slope"])
def test_a_fact_that_is_no_price_of_the_market_is_no_level(name: str) -> None:
    assert price(ref(name, atr="0"), dossier()) is None


def test_another_markets_price_is_no_level() -> None:
    other = fact(99, "close", "1.1", symbol="EURUSD-PERP")
    seen = dossier(more=(other,), others=("EURUSD-PERP",))

    assert price(PriceRef(fact="F99", atr=D(0), pct=None), seen) is None


def test_a_fact_that_is_not_there_and_an_atr_that_is_not_known_give_no_price() -> None:
    assert price(PriceRef(fact="F99", atr=D(0), pct=None), dossier()) is None
    assert price(ref(atr="0"), dossier({"atr14": None})) is None
    assert price(ref(pct="0"), dossier({"atr14": None})) == D(2000)


def test_one_level_that_cannot_be_evaluated_leaves_none() -> None:
    view = technical_view(dossier())

    assert levels(view, dossier()) == Levels(entry=D(2000), stop=D(1970), target=D(2096))
    assert levels(replace(view, stop=ref("rsi14", atr="0")), dossier()) is None


@pytest.mark.parametrize(
    ("stop", "target", "sign", "fits"),
    [
        ("1970", "2096", 1, True),
        ("1970", "2096", -1, False),
        ("2030", "1904", -1, True),
        ("2000", "2096", 1, False),
        ("1970", "2000", 1, False),
        ("2030", "2096", 1, False),
        ("1970", "1990", 1, False),
        ("-1", "2096", 1, False),
        ("1970", "2096", 0, False),
    ],
)
def test_a_stop_lies_on_the_losing_side_and_a_target_on_the_winning_one(
    stop: str, target: str, sign: int, fits: bool
) -> None:
    assert Levels(entry=D(2000), stop=D(stop), target=D(target)).fit(sign) is fits


def test_distance_is_a_share_of_the_entry_and_the_target_counts_in_distances() -> None:
    found = Levels(entry=D(2000), stop=D(1970), target=D(2096))

    assert (found.distance, found.multiple) == (D("0.015"), D("3.2"))


def test_a_round_trip_is_two_fees_and_one_spread_whatever_the_unit() -> None:
    in_bps = fact(98, "spread", "2", unit="bps")

    assert round_trip_cost(dossier()) == D("0.0013")
    assert round_trip_cost(dossier({"spread": None}, more=(in_bps,))) == D("0.0013")
    assert round_trip_cost(dossier({"taker_fee": None})) is None


@pytest.mark.parametrize(
    ("distance", "cost", "multiple"),
    [
        ("0.045", "0.0013", "3"),
        ("0.015", "0.0013", "3.2"),
        ("0.01", "0", "3"),  # (3·1 − 0.1)/(1 + 0.1) = 2.64
        ("0.004", "0.0013", "4"),  # (4·0.4 − 0.17)/(0.4 + 0.17) = 2.51
        ("0.0039", "0.0013", None),
        ("0.001", "0.0013", None),
    ],
)
def test_the_target_is_the_nearest_that_pays_two_and_a_half_times_the_risk(
    distance: str, cost: str, multiple: str | None
) -> None:
    assert reward_multiple(D(distance), D(cost)) == (None if multiple is None else D(multiple))


@pytest.mark.parametrize(("atr", "distance"), [("20", "0.015"), ("60", "0.045"), ("60.01", "0.045")])
def test_the_stop_is_one_and_a_half_atr_and_capped(atr: str, distance: str) -> None:
    assert stop_distance(D(2000), D(atr)) == D(distance)
