"""The rules model against its published formulas and figures, each worked out here in exact fractions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.deliberation.rules import macro_view, technical_view
from desk.domain.levels import Levels
from desk.domain.signals import climate, trend, vetoes
from desk.domain.stamps import Timeframe
from desk.domain.views import Stance
from tests.dossier_samples import TREND, dossier
from tests.published_rules import WEIGHTS, setup, votes

D = Decimal
F = Fraction
Facts = Mapping[str, str | Decimal | None]

# ---- technical -----------------------------------------------------------------------------------


def numbers(low: str, high: str, step: str = "0.01") -> st.SearchStrategy[str]:
    """Decimal text from ``low`` to ``high`` on a grid, so that thresholds are met exactly."""
    unit = D(step)
    return st.integers(int(D(low) / unit), int(D(high) / unit)).map(lambda n: str(n * unit))


SLOPES = numbers("-0.2", "1.5") | st.sampled_from(["0.09", "0.1", "-0.1", "-0.09"])
PRICES = {
    "close": numbers("1900", "2100", "1"),
    "ma20": numbers("1900", "2100", "1"),
    "ma50": numbers("1900", "2100", "1"),
    "rsi14": numbers("29", "71", "0.5"),
    "atr14": numbers("1", "90", "0.5"),
    "slope": SLOPES,
    "ext": numbers("-4", "4"),
    "volume_ratio": st.none() | numbers("0.9", "1.1"),
}


@st.composite
def markets(draw: st.DrawFn) -> dict[str, str | None]:
    """Market facts, half of them in the order of an up- or a down-trend."""
    facts = {name: draw(values) for name, values in PRICES.items()}
    falling = draw(st.sampled_from((None, True, False)))
    if falling is not None:
        names = ("close", "ma20", "ma50")
        ranked = sorted((F(str(facts[name])) for name in names), reverse=not falling)
        facts |= {name: str(value) for name, value in zip(names, ranked, strict=True)}
        facts["slope"] = str((-1 if falling else 1) * abs(D(str(facts["slope"]))))
        facts["rsi14"] = draw(numbers("29", "51", "0.5") if falling else numbers("49", "71", "0.5"))
    return facts


@given(markets())
def test_a_setup_is_the_published_one(facts: dict[str, str | None]) -> None:
    found, expected = trend(dossier(facts)), setup({**TREND, **facts})  # type: ignore[arg-type]

    if isinstance(expected, str) or isinstance(found, str):
        assert found == expected
        return
    assert (found.sign, F(found.multiple)) == (expected.sign, expected.g)
    assert F(found.conviction) == F(expected.thousandths, 1000)
    assert abs(F(found.distance) - expected.d) < F(1, 10**20)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, True),
        ({"slope": "0.10"}, True),
        ({"slope": "0.0999"}, False),
        ({"rsi14": "50"}, True),
        ({"rsi14": "49.99"}, False),
        ({"rsi14": "70"}, True),
        ({"rsi14": "70.01"}, False),
        ({"close": "1980"}, False),
        ({"ma50": "1980"}, False),
    ],
)
def test_a_long_needs_the_order_the_slope_and_the_band(change: Facts, found: bool) -> None:
    assert (trend(dossier(change)) != "NO_SETUP") is found


@pytest.mark.parametrize("change", [{"rsi14": "30"}, {"rsi14": "50"}, {"slope": "-0.10"}])
def test_a_short_is_its_mirror_image(change: Facts) -> None:
    down = {"close": "1940", "ma20": "1960", "ma50": "1980", "slope": "-0.5", "rsi14": "40", "ext": "-1"}
    found = trend(dossier({**down, **change}))

    assert not isinstance(found, str)
    assert found.sign == -1


def test_a_stop_too_near_to_pay_for_its_costs_is_no_setup() -> None:
    """d = 0.15 %: nearly as much again is lost in costs, and no target to 4 d can make up for that."""
    assert trend(dossier({"atr14": "2"})) == "COSTS"


@pytest.mark.parametrize("name", ["close", "ma20", "ma50", "rsi14", "atr14", "slope", "ext", "spread"])
def test_a_missing_input_abstains(name: str) -> None:
    without = dossier({name: None})

    assert trend(without) == "ABSTAINED"
    if name != "close":
        view = technical_view(without)
        assert (view.stance, view.forecast, view.entry) == (Stance.ABSTAIN, None, None)


def test_the_stop_is_one_and_a_half_atr_and_at_most_four_and_a_half_percent() -> None:
    near, far = trend(dossier()), trend(dossier({"atr14": "100"}))

    assert not isinstance(near, str)
    assert not isinstance(far, str)
    assert (near.distance, far.distance) == (D("0.015"), D("0.045"))


@pytest.mark.parametrize(("timeframe", "bars"), [("1h", 120), ("1d", 40), ("1mo", 3)])
def test_the_horizon_is_that_of_the_timeframe(timeframe: str, bars: int) -> None:
    assert Timeframe(timeframe).horizon_bars == bars


# ---- macro ---------------------------------------------------------------------------------------

INPUTS = {
    "vix_percentile": numbers("0", "1") | st.sampled_from(["0.5", "0.8"]),
    "vix_change_5d": numbers("-0.3", "0.5") | st.sampled_from(["0.1", "0.25"]),
    "credit_change_3m": numbers("-0.3", "0.3") | st.sampled_from(["-0.05", "0.1"]),
    "core_cpi_change_6m": numbers("-0.6", "0.6") | st.sampled_from(["-0.1", "0.3"]),
    "wti_change_60d": numbers("-0.5", "0.6") | st.sampled_from(["-0.2", "0.05", "0.4"]),
}
SERIES = (
    ("vix_percentile", "vix_change_5d"),
    ("credit_change_3m",),
    ("core_cpi_change_6m",),
    ("wti_change_60d",),
)


@given(st.fixed_dictionaries(INPUTS), st.sampled_from(sorted(WEIGHTS)), st.sets(st.integers(0, 3)))
def test_the_macro_score_is_the_published_vote(
    facts: dict[str, str], category: str, absent: set[int]
) -> None:
    gone = dict.fromkeys(name for n in absent for name in SERIES[n])
    found = climate(dossier({**facts, **gone}, category=category))

    cast = votes(*(F(facts[name]) for name in INPUTS))
    present = [n for n in range(4) if n not in absent]
    coverage = F(sum(WEIGHTS[category][n] for n in present), 100)
    total = F(sum(cast[n] * WEIGHTS[category][n] for n in present), 100)
    score = total / coverage if coverage else F(0)
    stance = "bullish" if score >= F("0.25") else "bearish" if score <= -F("0.25") else "neutral"
    assert F(found.coverage) == coverage
    assert abs(F(found.score) - score) < F(1, 10**20)
    assert found.stance == ("abstain" if coverage < F("0.5") else stance)
    assert abs(F(found.conviction) - F("0.50") - F("0.30") * abs(score) * coverage) <= F(1, 2000)


@pytest.mark.parametrize(
    ("facts", "score"),
    [
        ({"vix_percentile": "0.5", "vix_change_5d": "0.0999"}, "0.35"),
        ({"vix_percentile": "0.5", "vix_change_5d": "0.10"}, "0"),
        ({"vix_percentile": "0.51"}, "0"),
        ({"vix_percentile": "0.80"}, "-0.35"),
        ({"vix_percentile": "0.1", "vix_change_5d": "0.25"}, "-0.35"),
        ({"credit_change_3m": "-0.05"}, "0.30"),
        ({"credit_change_3m": "0.10"}, "-0.30"),
        ({"core_cpi_change_6m": "-0.10"}, "0.15"),
        ({"core_cpi_change_6m": "0.30"}, "-0.15"),
        ({"wti_change_60d": "0.05"}, "0.20"),
        ({"wti_change_60d": "0.3999"}, "0.20"),
        ({"wti_change_60d": "0.40"}, "-0.20"),
        ({"wti_change_60d": "-0.20"}, "-0.20"),
    ],
)
def test_each_threshold_counts_from_where_the_table_says(facts: Facts, score: str) -> None:
    silent = {
        "vix_percentile": "0.6",
        "vix_change_5d": "0",
        "credit_change_3m": "0",
        "core_cpi_change_6m": "0",
        "wti_change_60d": "0",
    }

    assert climate(dossier({**silent, **facts})).score == D(score)


def test_too_little_coverage_abstains_and_says_so() -> None:
    only_oil_and_cpi = dossier({"vix_percentile": None, "credit_change_3m": None})

    view = macro_view(only_oil_and_cpi)

    assert climate(only_oil_and_cpi).coverage == D("0.35")
    assert (view.stance, view.abstain_reason, view.forecast) == (Stance.ABSTAIN, "TOO_FEW_INPUTS", None)


# ---- the officer's vetoes ------------------------------------------------------------------------

#: The default trend: d = 1.5 %, c = 0.13 %, g = 3.2.
GOOD = Levels(entry=D(2000), stop=D(1970), target=D(2096))
NOISE = Levels(entry=D(2000), stop=D("1980.01"), target=D(2096))


@pytest.mark.parametrize(
    ("macro", "change", "at", "reasons"),
    [
        (Stance.BULLISH, {}, GOOD, ()),
        (Stance.ABSTAIN, {}, GOOD, ("MACRO_ABSTAINS",)),
        (Stance.NEUTRAL, {}, GOOD, ("NO_AGREEMENT",)),
        (Stance.BEARISH, {}, GOOD, ("CONFLICT",)),
        (Stance.BULLISH, {}, NOISE, ("STOP_IN_NOISE",)),
        (Stance.BULLISH, {"ext": "2.0"}, GOOD, ()),
        (Stance.BULLISH, {"ext": "2.01"}, GOOD, ("EXTENDED",)),
        (Stance.BULLISH, {"ext": "-3"}, GOOD, ()),
        (Stance.BULLISH, {"atr14": "15.1"}, GOOD, ("TARGET_OUT_OF_REACH",)),
        (Stance.BULLISH, {"base_target_long": None}, GOOD, ("NO_BASE_RATE",)),
        (Stance.BULLISH, {"base_target_long": "0.1293"}, GOOD, ("BASE_RATE",)),
        (Stance.BULLISH, {"base_target_long": "0.1294"}, GOOD, ()),
        (
            Stance.BEARISH,
            {"ext": "2.5", "base_target_long": "0.01"},
            NOISE,
            ("CONFLICT", "STOP_IN_NOISE", "EXTENDED", "BASE_RATE"),
        ),
    ],
)
def test_every_veto_that_applies_is_named(
    macro: Stance, change: Facts, at: Levels, reasons: tuple[str, ...]
) -> None:
    """The line of the base rate: 0.5 · (1 + 0.0013/0.015) / (1 + 3.2) = 12.937 %."""
    assert vetoes(dossier(change), macro, 1, at) == reasons
