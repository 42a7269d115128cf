"""What a character is does not depend on the Python that asks, or records would replay on some only."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

import pytest

from desk.domain.characters import LATER, UNKNOWN, WORDS, is_numeral, settled
from desk.domain.envelope import inert
from desk.domain.figures import figures

#: All that there is, without halves of surrogate pairs.
EVERYTHING = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
WORD = re.compile(r"\w+")


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def test_every_python_knows_the_same_characters_letters_and_numerals() -> None:
    """A Python with younger tables fails here: add what it knows to ``LATER`` (and to ``WORDS``)."""
    text = settled(EVERYTHING, "")
    assigned = "".join(char for char in text if unicodedata.category(char) != "Cn")
    assert digest(assigned) == "355aad5ce3c106b0"
    assert digest("".join(WORD.findall(text))) == "fad7ecbbe89c705e"
    assert digest("".join(filter(is_numeral, text))) == "24fb8baac627145b"
    assert digest("".join(filter(str.isprintable, text))) == "6bf71390afb42f14"
    assert digest(unicodedata.normalize("NFKC", text)) == "22df30181cc8793c"


def test_what_is_taken_out_is_exactly_what_came_later() -> None:
    later = {chr(code) for first, last in LATER for code in range(first, last + 1)}

    assert {char for char in EVERYTHING if not settled(char, "")} == later
    assert {settled(char) for char in later} == {UNKNOWN}


@pytest.mark.parametrize("later", ["\U0001fae8", "\U0001e030", "\U00031350", "\U0001d2c1"])
def test_a_character_that_came_later_is_dropped_as_what_was_never_assigned_is(later: str) -> None:
    assert inert(f"e{later}\u0301 and {later}.") == inert("e\u0378\u0301 and \u0378.") == "e\u0301 and ."


@pytest.mark.parametrize("word", sorted(WORDS))
def test_an_ideograph_that_was_a_word_until_lately_states_no_figure(word: str) -> None:
    assert list(figures(f"a shop in {word}")) == []


@pytest.mark.parametrize("numeral", ["一", "½", "٣", "Ⅳ"])
def test_a_numeral_of_another_script_still_reads_as_a_figure(numeral: str) -> None:
    assert [one.value for one in figures(f"about {numeral} of it")] == [None]
