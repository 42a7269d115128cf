"""The gate a cent either side of each limit, its sizes, its figures, and what it takes for unknown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from desk.domain.book import Book
from desk.domain.case import case_of
from desk.domain.inputs import unknown_inputs
from desk.domain.limits import CEILING
from desk.domain.proposal import Intent, Kill, Mandate
from desk.domain.risk import assess
from tests.kernel.values import book, held, intent, ledger, quote, sent
from tests.properties.gate_reference import CENT, FAR, SIZED, asks_human, bands, edge, largest, with_events
from tests.properties.test_gate import anything, books, perhaps, trades, violated, with_size

D = Decimal
BOUNDED = settings(max_examples=100, deadline=None, derandomize=True)


def agrees(trade: Intent, on: Book) -> None:
    judged = assess(trade, on, CEILING)
    assert set(judged.reasons) == violated(trade, on, CEILING)
    assert set(judged.human_reasons) == asks_human(trade, on)


@given(trades(), books(), st.sampled_from(SIZED))
@BOUNDED
def test_a_cent_decides_at_every_limit_on_size(trade: Intent, on: Book, code: str):
    at = edge(code, trade, on)
    for size in (at - CENT, at, at + CENT):
        agrees(with_size(trade, max(CENT, size)), on)
    results = assess(trade, on, CEILING).results
    shown = [limit for named, _, _, limit in results if named == code and isinstance(limit, D)]
    assert at in (CENT, FAR) or at - CENT <= min(shown) <= at


@given(trades(), books())
@BOUNDED
def test_a_cent_decides_at_both_ends_of_a_duplicate(trade: Intent, on: Book):
    for at in bands(trade, on):
        for size in (at - CENT, at, at + CENT):
            agrees(with_size(trade, size), on)


@given(trades(), books(), st.sampled_from([86_400, 86_401, -86_400, -86_401]))
@BOUNDED
def test_a_cent_decides_whether_a_human_is_asked(trade: Intent, on: Book, event_s: int):
    free = assess(trade, on, CEILING).max_without_human_usdc
    for size in (D("99.99"), D(100), D("100.01"), free + 1 - CENT, free + 1, free + 1 + CENT):
        agrees(with_size(trade, size), on)
        agrees(with_events(with_size(trade, size), event_s), on)


@given(trades(), books())
@BOUNDED
def test_the_largest_sizes_are_those_that_trying_finds(trade: Intent, on: Book):
    judged = assess(trade, on, CEILING)
    assert judged.max_admissible_usdc == largest(trade, on)
    tried = range(10, int(judged.max_admissible_usdc) + 1)
    free = [n for n in tried if not asks_human(with_size(trade, D(n)), on)]
    assert judged.max_without_human_usdc == max(free, default=0)


def seldom(usual: object, odd: object) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual] * 5 + [odd])


@st.composite
def doubtful(draw: st.DrawFn) -> tuple[Intent, Book]:
    """A trade that clears on its book but for what is missing, stale or no number."""
    one, two = draw(anything), draw(perhaps)
    kill = Kill(fact_name="vix", op="<", threshold=D(1), known=two)
    odd = replace(held(10), quantity=one)
    stray = held(10, symbol="WTI-PERP")
    gaps = ("venue_time", "market", "market_open", "balance_usdc", "available_usdc", "orders")
    trade = intent(
        atr=draw(seldom(D(30), two)),
        reference=draw(seldom(D(2000), one)),
        mandate=Mandate(max_loss_usdc=draw(seldom(None, two))),
        kill_if=draw(seldom((), (kill,))),
    )
    return trade, book(
        positions=draw(st.sampled_from([(), (), (), (odd,), (stray,), None])),
        quotes=draw(seldom((quote(),), ())),
        snapshot_age_s=draw(seldom(D(1), one)),
        ledger=ledger(sent(1, size_usdc=draw(seldom(D(1), one))), last_nav=draw(seldom(None, two))),
        **dict.fromkeys(draw(st.sets(st.sampled_from(gaps), max_size=1))),
    )


@given(doubtful())
@settings(parent=BOUNDED, max_examples=500)
def test_a_book_that_cannot_be_judged_is_one_with_a_named_unknown(doubt: tuple[Intent, Book]):
    trade, on = doubt
    unknown = unknown_inputs(trade.act, trade.basis, on)
    judged = assess(trade, on, CEILING)
    assert (case_of(trade, on, CEILING) is None) == bool(unknown)
    assert ("INPUT_UNKNOWN" in judged.reasons) == bool(unknown)
    assert (judged.equity_usdc is None) == bool(unknown)
