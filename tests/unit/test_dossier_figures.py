"""The facts of the five bundled briefs, to the digits an independent run of the rules published."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest
from msgspec.structs import replace

from desk.briefs.catalog import BUNDLED
from desk.briefs.reader import read
from desk.domain.dossier import Dossier, Fact
from desk.domain.research import build
from desk.domain.shape import shaped, unshaped
from desk.errors import BadNumber


@cache
def dossier(name: str) -> Dossier:
    return build(read(f"@{name}"))


PUBLISHED = {
    "brexit-eve": {
        "close": "2113.32",
        "ma20": "2094.40",
        "ma50": "2080.77",
        "rsi14": "61.16",
        "atr14": "18.57",
        "slope": "0.36",
        "ext": "1.02",
        "base_target_long": "0.174",
        "base_stop_long": "0.703",
        "base_n_long": "751",
        "vix": "17.25",
        "credit_change_3m": "-0.35",
        "wti_change_60d": "0.34",
    },
    "year-end-rally": {
        "close": "2204.71",
        "ma20": "2183.45",
        "ma50": "2157.05",
        "rsi14": "62.85",
        "atr14": "15.71",
        "base_target_long": "0.144",
    },
    "boxing-day": {
        "rsi14": "36.68",
        "atr14": "63.66",
        "ext": "-2.25",
        "vix": "30.41",
        "vix_percentile": "0.99",
        "credit_spread": "1.00",
        "credit_change_3m": "0.11",
        "wti_change_60d": "-0.36",
    },
    "euro-pause": {
        "close": "1.2035",
        "ma20": "1.2048",
        "ma50": "1.2002",
        "rsi14": "51.92",
        "slope": "0.055",
    },
    "opec-whisper": {"close": "26.19", "atr14": "1.91", "ext": "-2.11"},
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_figures_are_met_to_the_last_digit_shown(name: str) -> None:
    shown = {
        fact: str((dossier(name).value(fact) or Decimal("NaN")).quantize(Decimal(digits)))
        for fact, digits in PUBLISHED[name].items()
    }

    assert shown == PUBLISHED[name]


def test_votes_that_no_level_shows_rest_on_these_figures() -> None:
    """VIX 0 and core CPI 0 on the eve of the vote: the percentile is above .50, the change below 0.30."""
    eve = dossier("brexit-eve")

    assert eve.value("vix_percentile") == Decimal("0.56349206")
    assert eve.value("core_cpi_change_6m") == Decimal("0.19933911")


@pytest.mark.parametrize("name", BUNDLED)
def test_facts_are_numbered_from_one_without_a_gap(name: str) -> None:
    facts = dossier(name).facts

    assert [fact.id for fact in facts] == [f"F{n}" for n in range(1, len(facts) + 1)]
    assert all(len(fact.value.normalize().as_tuple().digits) <= 8 for fact in facts)


@pytest.mark.parametrize("name", BUNDLED)
def test_the_three_shares_of_a_base_rate_make_one(name: str) -> None:
    for side in ("long", "short"):
        parts = [dossier(name).value(f"base_{part}_{side}") for part in ("target", "stop", "time")]
        assert sum(part for part in parts if part is not None) == pytest.approx(1, abs=Decimal("1e-7"))


def test_a_close_only_series_marks_its_ranges_as_proxies_and_has_no_volume() -> None:
    oil = dossier("opec-whisper")

    proxies = {fact.name for fact in oil if fact.proxy}

    assert {"atr14", "ext", "slope", "high20"} < proxies
    assert not {"close", "ma20", "rsi14"} & proxies
    assert {"volume_ratio": "the last 20 bars have no volume"}.items() <= {
        gone.name: gone.reason for gone in oil.missing
    }.items()


def test_rows_of_the_day_that_is_not_over_are_not_seen() -> None:
    """At 21:00Z on 8 September the VIX of that day (12.12) is in the file and not yet known."""
    assert dossier("euro-pause").value("vix") == Decimal("11.55")


def test_a_fact_s_line_says_what_where_when_and_from_what() -> None:
    fact = dossier("brexit-eve").fact("close")

    assert fact is not None
    assert fact.line() == ("F1 close SPX-PERP 1d 2113.3201 USDC as_of 2016-06-24T00:00Z source bars/SPX-PERP")


@pytest.mark.parametrize("name", sorted(set(BUNDLED) - {"boxing-day"}))
def test_a_bundled_tape_is_long_enough_to_watch(name: str) -> None:
    brief = read(f"@{name}")

    assert len(brief.tape[brief.symbol].bars) >= 60


@pytest.mark.parametrize("name", BUNDLED)
def test_what_is_recorded_of_a_fact_is_the_fact(name: str) -> None:
    facts = dossier(name).facts

    assert [unshaped(Fact, shaped(fact)) for fact in facts] == list(facts)


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_not_a_fact(value: str) -> None:
    fact = dossier("brexit-eve").facts[0]

    with pytest.raises(BadNumber):
        replace(fact, value=Decimal(value))


def test_what_cannot_be_written_down_is_not_a_brief() -> None:
    with pytest.raises(BadNumber):
        replace(read("@brexit-eve"), balance_usdc=Decimal("NaN"))
