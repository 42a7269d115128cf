"""The canonical form has the bytes of the standard library's JSON, for whatever text a model invents."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from desk.domain.canonical import written

#: All of Unicode, halves of surrogate pairs and control characters included; numbers past 64 bits too.
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(2**62, 2**70) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)


slowly = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


@given(anything)
def test_both_writers_give_the_same_text(value: Any) -> None:
    assert written(value) == slowly(value)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers(), min_size=2))
def test_keys_beyond_the_basic_plane_sort_alike(value: dict[str, int]) -> None:
    assert written(value) == slowly(value)  # type: ignore[arg-type]  # a plain document


def test_every_character_up_to_u_ffff_is_written_alike() -> None:
    for start in range(0, 0x10000, 256):
        text = "".join(map(chr, range(start, start + 256)))
        assert written(text) == slowly(text)


def test_what_is_nested_too_deeply_for_the_fast_writer_is_still_written() -> None:
    value: Any = []
    for _ in range(400):
        value = [value]
    assert written(value) == slowly(value)
