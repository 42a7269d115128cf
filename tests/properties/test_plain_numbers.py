"""Canonical text of a number: of any Decimal, one text; of one text, one value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.money import plain
from desk.errors import BadNumber

finite = st.decimals(allow_nan=False, allow_infinity=False)
written_oddly = st.builds(
    lambda digits, exponent, sign: Decimal((sign, tuple(digits), exponent)),
    st.lists(st.integers(0, 9), min_size=1, max_size=20),
    st.integers(-25, 25),
    st.integers(0, 1),
)


@given(finite | written_oddly)
def test_it_is_the_number_without_exponent_or_anything_to_trim(value: Decimal) -> None:
    text = plain(value)

    assert Decimal(text) == value
    whole, _, fraction = text.removeprefix("-").partition(".")
    assert whole.isdecimal()
    assert whole == "0" or not whole.startswith("0")
    assert "." not in text or (fraction.isdecimal() and not fraction.endswith("0"))
    assert text != "-0"


@given(finite | written_oddly, st.integers(0, 12))
def test_equal_numbers_have_one_text(value: Decimal, zeros: int) -> None:
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)

    assert plain(Decimal((sign, (*digits, *(0,) * zeros), exponent - zeros))) == plain(value)


@pytest.mark.parametrize("text", ["NaN", "sNaN", "NaN12", "-NaN5", "Infinity", "-Infinity"])
def test_what_is_not_finite_is_refused(text: str) -> None:
    with pytest.raises(BadNumber):
        plain(Decimal(text))
