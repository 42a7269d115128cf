"""Scales and labels: where a value stands, which values are named, and that names do not overlap."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.view.chart import Scale, figures, fitted, headed, lines, nice, path, px, spread
from desk.view.markup import as_classes, written

D = Decimal
PRICES = st.decimals(min_value="0.0001", max_value="100000", places=4)


def test_a_value_stands_in_proportion_and_one_outside_at_the_edge() -> None:
    scale = Scale(low=D(0), high=D(10), start=0, end=100)

    assert [scale.at(D(value)) for value in ("0", "2.5", "10", "11", "-1")] == [0, 25, 100, 100, 0]


def test_a_scale_may_run_upwards() -> None:
    assert Scale(low=D(0), high=D(10), start=300, end=100).at(D(5)) == 200


def test_a_scale_around_one_value_has_room_on_both_sides() -> None:
    scale = Scale.around([D(100)], 0, 100)

    assert scale.low < 100 < scale.high
    assert Scale.around([], 0, 1).high > Scale.around([D(0)], 0, 1).low


@pytest.mark.parametrize(
    ("value", "step"),
    [("1", "1"), ("1.1", "2"), ("0.03", "0.05"), ("230", "250"), ("6", "10"), ("0.0021", "0.0025")],
)
def test_steps_are_round(value: str, step: str) -> None:
    assert nice(D(value)) == D(step)


def test_counts_get_no_tick_between_them() -> None:
    assert Scale(low=D(0), high=D(3), start=0, end=1).ticks(5, whole=True) == [0, 1, 2, 3]


@given(st.lists(PRICES, min_size=1, max_size=20), st.integers(2, 9))
def test_ticks_are_within_the_scale_in_order_and_few(values: list[D], about: int) -> None:
    scale = Scale.around(values, 0, 300)
    ticks = scale.ticks(about)

    assert len(ticks) <= about + 1
    assert all(scale.low <= tick <= scale.high for tick in ticks)
    assert all(before < after for before, after in pairwise(ticks))
    assert len(set(figures(ticks))) == len(ticks)


def test_tick_labels_have_as_many_digits_as_the_finest() -> None:
    assert figures([D("1.2"), D("1.205"), D("1210")]) == ["1.200", "1.205", "1,210.000"]


@given(st.lists(st.integers(0, 300).map(D), min_size=1, max_size=6))
def test_labels_are_moved_apart_in_their_order(places: list[D]) -> None:
    moved = spread(places, 20, 0, 300)

    order = sorted(range(len(places)), key=lambda one: places[one])
    assert all(moved[later] - moved[one] >= 20 for one, later in pairwise(order))
    assert all(0 <= place <= 300 for place in moved)


def test_labels_with_room_stay_where_they_belong() -> None:
    assert spread([D(10), D(200), D(100)], 20, 0, 300) == [10, 200, 100]


def test_words_are_cut_and_broken_to_the_room_there_is() -> None:
    assert fitted("a longer text than fits", 80) == "a longer…"
    assert fitted("short", 80) == "short"
    assert lines("a longer text than fits in one line", 100, 2) == ["a longer text", "than fits in…"]


def test_a_heading_says_where_it_ends() -> None:
    one, two = headed("title", "lead", 300), headed("title", "lead " * 20, 300)

    assert (one[1], two[1]) == (44, 80)
    assert len(two[0]) == 4


def test_a_place_is_written_to_a_tenth_of_a_pixel() -> None:
    assert [px(D("1.26")), px(3), px(D("-0.04"))] == ["1.3", "3", "0"]
    assert (
        written(path([(0, 1), (D("2.55"), 3)], "grid"), as_classes) == '<path class="d-grid" d="M0 1L2.6 3"/>'
    )
