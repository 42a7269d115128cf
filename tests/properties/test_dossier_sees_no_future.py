"""No look-ahead: what was not known at ``as_of`` cannot change one fact."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from desk.briefs.reader import read
from desk.domain.brief import Brief, brief_from_record
from desk.domain.research import build
from desk.domain.series import Macro, MacroName, Prices, slice_of

NAMES = ["brexit-eve", "euro-pause", "opec-whisper"]
prices_ = st.decimals("0.01", "99999", places=2)
#: Odd thousandths: no bundled figure is one of these.
macro_values = st.integers(-50_000, 50_000).map(lambda n: Decimal(2 * n + 1) / 100_000)


@cache
def given_brief(name: str) -> tuple[Brief, str]:
    brief = read(f"@{name}")
    return brief, build(brief).sha256


def with_rows(brief: Brief, key: str, rows: list[str]) -> Brief:
    """The brief with these rows at the end of one of its files, read again from a record."""
    slices = {name: one.body for name, one in brief.slices.items()}
    slices[key] += "".join(row + "\n" for row in rows).encode()
    record = json.dumps(brief.document())
    renamed = record.replace(brief.slices[key].sha256, slice_of(slices[key]).sha256)
    return brief_from_record(json.loads(renamed), slices)


@settings(max_examples=15, deadline=None)
@given(name=st.sampled_from(NAMES), factor=prices_)
def test_no_price_of_the_tape_reaches_a_fact(name: str, factor: Decimal) -> None:
    brief, expected = given_brief(name)
    tape = brief.tape[brief.symbol]
    bars = tuple(replace(bar, close=factor, high=factor, low=factor, open=factor) for bar in tape.bars)

    changed = replace(brief, tape={brief.symbol: replace(tape, bars=bars)})

    assert build(changed).sha256 == expected
    assert build(replace(brief, tape={})).sha256 == expected


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(NAMES), value=macro_values)
def test_a_macro_row_that_is_not_published_reaches_no_fact(name: str, value: Decimal) -> None:
    """The bundled files hold such rows: this month's core CPI and yields, and for the euro this day's VIX."""
    brief, expected = given_brief(name)

    changed = replace(
        brief, macro={key: rewritten(series, brief, value) for key, series in brief.macro.items()}
    )

    assert changed.macro != brief.macro
    assert build(changed).sha256 == expected


def rewritten(series: Macro, brief: Brief, value: Decimal) -> Macro:
    """The series with another value wherever a row is not known yet."""
    rows = [
        row if row.available_at <= brief.as_of else replace(row, values=tuple(value for _ in row.values))
        for row in series.rows
    ]
    return replace(series, rows=tuple(rows))


def test_the_bundled_euro_brief_holds_a_vix_that_is_known_three_hours_later() -> None:
    brief, _ = given_brief("euro-pause")

    assert brief.macro[MacroName.VIX].rows[-1].available_at == brief.as_of + timedelta(hours=3)


@settings(max_examples=15, deadline=None)
@given(high=prices_, low=prices_)
def test_a_bar_that_has_not_closed_reaches_no_fact(high: Decimal, low: Decimal) -> None:
    """Twelve hours into a day its bar may be in the file; it closes at midnight."""
    brief, _ = given_brief("brexit-eve")
    midday = replace(brief, as_of=brief.as_of + timedelta(hours=12), tape={})
    low, high = sorted((low, high))

    changed = with_rows(midday, "bars/SPX-PERP", [f"2016-06-24,{low},{high},{low},{high},1"])

    assert len(changed.bars["SPX-PERP"].bars) == len(brief.bars["SPX-PERP"].bars) + 1
    assert build(changed).facts == build(midday).facts


def test_the_same_bar_is_seen_once_it_has_closed() -> None:
    """The counterpart: without it the properties above would hold of a dossier that reads nothing."""
    brief, expected = given_brief("brexit-eve")
    series = brief.bars["SPX-PERP"]
    seen: Prices = replace(series, bars=(*series.bars, brief.tape["SPX-PERP"].bars[0]))

    later = replace(brief, as_of=brief.as_of + timedelta(days=1), bars={"SPX-PERP": seen})

    assert build(later).sha256 != expected
    assert build(later).value("close") == pytest.approx(Decimal("2037.41"), abs=Decimal("0.01"))
