"""No text makes a figure grounded that is not one of its cited facts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from desk.deliberation.rules import technical_view
from desk.domain.dossier import Dossier
from desk.domain.figures import _SET_ASIDE, _SPELLED
from desk.domain.grounding import grounding
from desk.domain.views import Claim, Weight
from tests.dossier_samples import dossier

SEEN: Dossier = dossier({"ext": "-1.25", "rsi14": "61.16", "vix": "14.5"})
VIEW = technical_view(SEEN)
IDS = [fact.id for fact in SEEN]
WORDS = ["the", "close", "at", "and", "above", "is", "on", "of"]
NAMED = [*WORDS, "MA20", "S&P 500", "RSI14", "a 20-day", "F3", "VIX"]
UNITS = {"": 1, " %": 100, "%": 100, " percent": 100, " bps": 10_000}


def faulty(text: str, facts: tuple[str, ...]) -> bool:
    claim = Claim(text=text[:240], facts=facts, weight=Weight.WEAK)
    return bool(grounding(replace(VIEW, claims=(claim,)), SEEN).faults)


def shown_by(number: str, unit: str, facts: tuple[str, ...]) -> bool:
    """Is this number, in this unit, what one of these facts shows at its precision, whatever its sign?"""
    written, half = Fraction(number), Fraction(1, 2 * 10 ** len(number.partition(".")[2]))
    for fact_id in facts:
        fact = SEEN.by_id(fact_id)
        assert fact is not None
        if unit and fact.unit not in ("fraction", "percent", "ratio"):
            continue
        value = abs(Fraction(str(fact.value)))
        scales = {Fraction(1)} if not unit else {Fraction(UNITS[unit])}
        if fact.unit == "percent":
            scales = {scale / 100 if unit else scale for scale in scales}
        if fact.name.endswith("percentile") and not unit:
            scales.add(Fraction(100))
        if any(abs(value * scale - written) <= half for scale in scales):
            return True
    return False


CITED = st.lists(st.sampled_from(IDS), min_size=1, max_size=4, unique=True).map(tuple)
ANY = st.tuples(st.integers(0, 99_999), st.integers(0, 4)).map(
    lambda part: str(Decimal(part[0]).scaleb(-part[1]))
)


@st.composite
def near(draw: st.DrawFn, cited: tuple[str, ...]) -> str:
    """A cited value or its percentage, off by a little in the last digit shown."""
    fact = SEEN.by_id(draw(st.sampled_from(cited)))
    assert fact is not None
    value, places = abs(fact.value) * draw(st.sampled_from([1, 100])), draw(st.integers(0, 4))
    off = draw(st.sampled_from([-2, -1, 0, 1, 2]))
    return str(max(Decimal(0), round(value, places) + Decimal(off).scaleb(-places)))


@given(
    st.lists(st.sampled_from(NAMED), max_size=6),
    CITED.flatmap(lambda cited: st.tuples(st.just(cited), ANY | near(cited))),
    st.sampled_from(sorted(UNITS)),
    st.lists(st.sampled_from(WORDS), max_size=3),
)
def test_a_figure_that_no_cited_fact_shows_is_a_fault_among_any_words(
    before: list[str], stated: tuple[tuple[str, ...], str], unit: str, after: list[str]
) -> None:
    cited, number = stated
    assume(not shown_by(number, unit, cited))

    assert faulty(" ".join([*before, "now", number + unit, *after]), cited)


@given(CITED, st.integers(0, 6))
def test_every_cited_fact_may_be_stated_as_it_is_shown(cited: tuple[str, ...], places: int) -> None:
    shown = [SEEN.by_id(fact_id) for fact_id in cited]
    figures = [str(round(abs(fact.value), places)) for fact in shown if fact is not None]

    assert not faulty("It reads " + " and ".join(figures), cited)


@given(st.text(max_size=240), CITED)
def test_no_text_hides_the_figure_behind_it(text: str, cited: tuple[str, ...]) -> None:
    """And any text is read without an error."""
    assume(text.strip() and not any("\ud800" <= char <= "\udfff" for char in text))
    alien = text[:200] + " ; now 98765.4321"

    assert faulty(alien, cited)


PIECES = [
    *("F3", "RSI14", "atr(14)", "EMA 50", "s&p 500", "SPX500", "nasdaq-100", "20-day", "5 YEARS", "3d"),
    *("12m", "22nd", "2016-06-23", "Jan 5, 2016", "5 March", "in 2016", "q3 2016", "mid 2020", "10:30Z"),
    *(
        "11:20 UTC",
        "Q1",
        "g7",
        "G20",
        "30 % chance",
        "Likelihood of .5",
        "p=0.3",
        "p .05",
        "p: .5",
        "p 0.5",
        "p.5",
        "p0.3",
        "odds 50%",
        "hundreds",
    ),
    *("ten percent", "five bps", "fifty-dollars", "one usd", "dozens", "billion", "2,113.5", "-", "("),
]


@given(st.lists(st.sampled_from(PIECES), max_size=6).map(" ".join), st.booleans())
def test_no_phrase_is_found_where_none_of_its_words_is(text: str, loud: bool) -> None:
    text = text.upper() if loud else text
    for phrases in (_SET_ASIDE, _SPELLED):
        possible = phrases.possible(text)
        assert all(pattern in possible or pattern.search(text) is None for pattern in phrases)
