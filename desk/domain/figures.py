"""The figures a sentence states, once names, dates and probabilities are set aside.

Reading is suspicious: a digit that is not ASCII, an exponent, a number spelled out before a unit, each is
a figure nothing can match. What is set aside is a closed list; everything else that has a digit counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from msgspec import Struct

from desk.domain.characters import is_numeral, settled


class Scale(StrEnum):
    """How the figure was written: bare, as percent, or as basis points."""

    BARE = "bare"
    PERCENT = "percent"
    BASIS_POINTS = "bps"


class Figure(Struct, frozen=True, kw_only=True):
    """One stated number. ``half_step`` is half of its last shown digit; ``sign`` is 0 when none is shown.

    ``value`` is None for what reads as a number and cannot be one here: nothing matches it.
    """

    value: Decimal | None
    half_step: Decimal = Decimal(0)
    scale: Scale = Scale.BARE
    sign: int = 0


UNREADABLE = Figure(value=None)

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_YEAR = r"(?:19|20)[0-9]{2}"
_PERCENT = r"(?:100|[0-9]{1,2})(?:\.[0-9]+)?[ ]?(?:%|percent|per cent)"
_WHEN = rf"in|since|during|year|early|late|mid|{_MONTH}|q[1-4]"
_CHANCE = r"(?:chance|probability|likelihood|odds|likely)"
_PERIOD = r"(?:minute|hour|day|session|bar|week|month|quarter|year)"
_BESIDE = re.compile(r"[0-9](?:[a-z:-]|(?<=[a-z][0-9]))")


class _Phrases:
    """Patterns, each with words (in small letters) of which an ASCII text it is found in holds one.

    Without words, what it finds has a letter, a colon or a hyphen right beside a digit.
    """

    def __init__(self, *phrases: tuple[tuple[str, ...], str]) -> None:
        self._phrases = tuple((frozenset(words), re.compile(pattern)) for words, pattern in phrases)
        self._words = tuple(dict.fromkeys(word for words, _ in phrases for word in words))

    def __iter__(self) -> Iterator[re.Pattern[str]]:
        return (pattern for _, pattern in self._phrases)

    def possible(self, text: str) -> list[re.Pattern[str]]:
        """Those that may be found: looking for what they need is faster than looking for them.

        Beyond ASCII letters have other forms, and all of them are possible.
        """
        lowered = text.lower()
        if not lowered.isascii():
            return list(self)
        held = [word for word in self._words if word in lowered]
        beside = _BESIDE.search(lowered) is not None
        return [
            pattern for words, pattern in self._phrases if (not words.isdisjoint(held) if words else beside)
        ]


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CHANCES = ("chance", "probability", "likelihood", "odds", "likely")
_INDICES = ("s&p", "spx", "nasdaq", "russell", "ftse", "nikkei", "cac")
_PERIODS = ("minute", "hour", "day", "session", "bar", "week", "month", "quarter", "year")
#: What may carry digits without being a figure: each a name, an ordinal, a date or a probability.
_SET_ASIDE = _Phrases(
    ((), r"(?<![\w.,])F[1-9][0-9]{0,2}(?![\w.,]*[0-9])"),
    (("rsi", "atr"), r"(?i)(?<![\w.])(?:RSI|ATR)(?:-14|14|[ ]?\(14\))(?![.,]?[0-9])"),
    (("ma",), r"(?i)(?<![\w.])[SE]?MA(?:-?(?:20|50|200)|[ ]?\((?:20|50|200)\))(?![.,]?[0-9])"),
    (
        _INDICES,
        (
            r"(?i)(?<!\w)(?:S&P ?500|SPX500|Nasdaq[ -]?100|Russell[ -]?2000|FTSE ?100|Nikkei ?225"
            r"|CAC ?40)(?!\w|[.,][0-9])"
        ),
    ),
    (_PERIODS, rf"(?i)(?<![\w.,-])[0-9]{{1,3}}[ -]{_PERIOD}(?![a-z])"),
    (
        (),
        r"(?<![\w.,-])[0-9]{1,3}[dhwy](?!\w)|(?<![\w.,-])(?:1|3|6|12)m(?!\w)",
    ),
    (
        (),
        r"(?<![\w.,-])(?:[0-9]{0,2}(?:1st|2nd|3rd|[04-9]th)|1[123]th)(?!\w)",
    ),
    (
        (),
        (
            rf"(?<![\w.,-]){_YEAR}-[01][0-9](?:-[0-3][0-9]"
            r"(?:T[0-2][0-9]:[0-5][0-9](?::[0-5][0-9])?Z?)?)?(?![\w-])"
        ),
    ),
    (_MONTHS, rf"(?<!\w){_MONTH}\.? [0-3]?[0-9](?:,? {_YEAR})?(?![\w.,%]*[0-9%])"),
    (_MONTHS, rf"(?<![\w.,])[0-3]?[0-9] {_MONTH}(?: {_YEAR})?(?!\w)"),
    (
        ("19", "20"),
        (
            rf"(?i)(?<!\w)(?:{_WHEN})[ -](?:19[0-9]{{2}}|20[0-3][0-9])"
            r"(?![.,]?[0-9]|[ ]?%|[ ](?:usd|dollar|point))"
        ),
    ),
    ((), r"(?<![\w.,:])[0-2]?[0-9]:[0-5][0-9](?:Z|[ ]?UTC)(?!\w)"),
    ((), r"(?<!\w)(?:Q[1-4]|G7|G10|G20)(?!\w)"),
    (_CHANCES, rf"(?i)(?<![\w.,-]){_PERCENT} {_CHANCE}"),
    (
        _CHANCES,
        rf"(?i){_CHANCE} (?:of |is |at |near )?(?:{_PERCENT}|0?\.[0-9]+(?![\w.,]*[0-9%]))",
    ),
    (("p ", "p=", "p:", "p.", "p0"), r"(?<!\w)p ?(?:[=:] ?)?0?\.[0-9]+(?![\w.,]*[0-9%])"),
)

_TENS = "ten|eleven|twelve|\\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ONES = "one|two|three|four|five|six|seven|eight|nine|half"
_SPELLED = _Phrases(
    (
        (
            *("hundred", "thousand", "illion", "dozen"),
            *(gap + unit for gap in " -" for unit in ("%", "per", "bps", "basis", "dollar", "usd")),
        ),
        (
            rf"(?i)(?<!\w)(?:hundreds?|thousands?|[mb]illions?|trillions?|dozens?)(?!\w)"
            rf"|(?<!\w)(?:{_TENS}|{_ONES})[ -](?:%|percent|per cent|bps|basis points|dollars|usdc|usd)(?!\w)"
        ),
    ),
)
_NUMBER = re.compile(
    r"(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"(?P<unit>[ ]?(?:%|percentage points?(?!\w)|percent(?!\w)|per cent(?!\w)|pct(?!\w)|pp(?!\w)"
    r"|bps?(?!\w)|basis points?(?!\w)|(?:k|m|mn|b|bn)(?!\w)|e[+-]?[0-9]+))?",
    re.IGNORECASE,
)
#: What may stand before a number, held against the two characters there.
_SIGN = re.compile(r"(?<![\w.,)%])[+−-] ?\Z")
_FACTORS: Mapping[str, int] = MappingProxyType(
    {"k": 1_000, "m": 1_000_000, "mn": 1_000_000, "bn": 10**9, "b": 10**9}
)
_LONGEST = 24
_DIGIT = re.compile(r"[0-9]")


def figures(text: str, names: tuple[str, ...] = ()) -> Iterator[Figure]:
    """Every figure ``text`` states. ``names`` are fact names and symbols, which may carry digits."""
    text = settled(text)
    if not text.isascii() and any(is_numeral(char) and not char.isascii() for char in text):
        yield UNREADABLE
    has_digits = _DIGIT.search(text) is not None
    remaining = _set_aside(text, names) if has_digits else text
    if any(pattern.search(remaining) for pattern in _SPELLED.possible(remaining)):
        yield UNREADABLE
    if has_digits:
        yield from map(_figure, _NUMBER.finditer(remaining))


def _set_aside(text: str, names: tuple[str, ...]) -> str:
    """Without names, ordinals, dates and probabilities: each of them has a digit."""
    with_digits = _named(names)
    if with_digits is not None:
        text = with_digits.sub(" _ ", text)
    for pattern in _SET_ASIDE.possible(text):
        text = pattern.sub(" _ ", text)
    return text


@lru_cache(maxsize=8)
def _named(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Those names that carry digits, the longest first; None if none does."""
    digits = sorted((name for name in names if _DIGIT.search(name)), key=len, reverse=True)
    if not digits:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, digits))})(?![\w-])")


def _figure(found: re.Match[str]) -> Figure:
    digits, unit = found["digits"].replace(",", ""), (found["unit"] or "").strip().lower()
    if len(digits) > _LONGEST or unit.startswith("e"):
        return UNREADABLE
    factor = _FACTORS.get(unit, 1)
    shown = len(digits.partition(".")[2])
    start = found.start()
    signed = _SIGN.search(found.string, max(0, start - 2), start)
    sign = signed.group().strip() if signed is not None else ""
    return Figure(
        value=Decimal(digits) * factor,
        half_step=Decimal(5).scaleb(-shown - 1) * factor,
        scale=_scale(unit),
        sign=0 if not sign else 1 if sign == "+" else -1,
    )


def _scale(unit: str) -> Scale:
    if unit.startswith(("bp", "basis")):
        return Scale.BASIS_POINTS
    return Scale.PERCENT if unit.startswith(("%", "p")) else Scale.BARE
