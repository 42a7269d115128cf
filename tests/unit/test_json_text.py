"""JSON for money: what is written is read back exactly, and the rest is refused."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain import json_text
from desk.domain.secret import Secret
from desk.errors import BadJson, BadNumber

FIGURES = st.decimals(min_value=-(10**9), max_value=10**9, places=8)
TREES = st.recursive(
    st.none() | st.booleans() | st.text() | FIGURES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(TREES)
def test_what_is_written_is_read_back(tree):
    try:
        text = json_text.write(tree).encode()
    except UnicodeEncodeError:
        return
    assert json_text.read(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e3",
        "1E+3",
        "1e-99",
        "1" * 19,
        "0." + "1" * 25,
        '{"a":1,"a":1}',
        "",
        "{",
        "01",
        "٣",
        "[" * 100_000,
        b"\xff",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(BadJson):
        json_text.read(text if isinstance(text, bytes) else text.encode())


def test_a_small_fraction_may_come_with_an_exponent():
    assert json_text.read(b"[1e-06, 1.2E-05]") == [Decimal("0.000001"), Decimal("0.000012")]


@pytest.mark.parametrize("value", [0.5, Decimal("NaN"), Decimal("Infinity"), {1, 2}, b"x"])
def test_a_value_without_an_exact_form_is_not_written(value):
    with pytest.raises(BadNumber):
        json_text.write([value])


def test_a_secret_shows_nothing_and_travels_nowhere():
    secret = Secret("pf_live_abc")
    assert "abc" not in f"{secret!r} {secret} {[secret]}"
    assert secret.reveal() == "pf_live_abc"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
