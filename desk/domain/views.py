"""What an agent can say: typed, bounded, frozen. Nothing else it writes has any meaning here.

Each type refuses values outside its bounds with a ``ValueError`` whose text is ``field: reason``, stable
and free of anything the speaker wrote, so it can be shown to the speaker again. What needs the facts to
be judged (does ``F7`` exist, does the stop lie below the entry) is ``desk.domain.validity``'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Literal, TypeAlias

from msgspec import Struct

from desk.domain.canonical import Plain
from desk.domain.market import Side
from desk.domain.roles import Analyst
from desk.domain.shape import shaped

TEXT = 240
QUESTION = 300
LOSS_TEXT = 200
MAX_ATR_OFFSET = Decimal(6)
MAX_PCT_OFFSET = Decimal(20)
OFFSET_STEP = Decimal("0.01")
MIN_P, MAX_P = Decimal("0.01"), Decimal("0.99")
MAX_HORIZON_BARS = 1000

FACT_ID = re.compile(r"F[1-9][0-9]{0,2}")
FACT_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
HALF_OF_A_PAIR = re.compile(r"[\ud800-\udfff]")
REASON_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


class Stance(StrEnum):
    BULLISH = "bullish"
    BEARISH = "bearish"
    NEUTRAL = "neutral"
    ABSTAIN = "abstain"

    @property
    def sign(self) -> int:
        """+1 bullish, −1 bearish, 0 otherwise."""
        return {Stance.BULLISH: 1, Stance.BEARISH: -1}.get(self, 0)


class Weight(StrEnum):
    WEAK = "weak"
    MEDIUM = "medium"
    STRONG = "strong"


class Op(StrEnum):
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


class ForecastEvent(StrEnum):
    CLOSE_ABOVE_ENTRY = "close_above_entry_at_horizon"
    TARGET_BEFORE_STOP = "target_before_stop"


class Regime(StrEnum):
    RISK_ON = "risk_on"
    RISK_OFF = "risk_off"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class Setup(StrEnum):
    TREND = "trend"
    REVERSAL = "reversal"
    BREAKOUT = "breakout"
    NONE = "none"


class Answers(StrEnum):
    CONFLICT = "conflict"
    CHALLENGE = "challenge"


class Call(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    CHALLENGE = "challenge"


def _text(name: str, value: str | None, longest: int = TEXT) -> None:
    if value is None:
        return
    if not value.strip() or len(value) > longest:
        raise _refused(name, f"must have 1 to {longest} characters")
    if not value.isascii() and HALF_OF_A_PAIR.search(value):
        raise _refused(name, "must be valid Unicode")


def _count(name: str, items: Sequence[object], low: int, high: int) -> None:
    if not low <= len(items) <= high:
        raise _refused(name, f"must have {low} to {high} entries")


def _facts(name: str, ids: Sequence[str], low: int, high: int) -> None:
    _count(name, ids, low, high)
    _require(all(map(FACT_ID.fullmatch, ids)), name, "must be fact ids such as F7")
    _require(len(set(ids)) == len(ids), name, "must not name a fact twice")


def _within(name: str, value: Decimal | None, low: Decimal, high: Decimal) -> None:
    if value is not None and not (value.is_finite() and low <= value <= high):
        raise _refused(name, f"must lie from {low} to {high}")


def _require(holds: object, name: str, reason: str) -> None:
    if not holds:
        raise _refused(name, reason)


def _refused(name: str, reason: str) -> ValueError:
    return ValueError(f"{name}: {reason}")


class Typed(Struct, frozen=True, dict=True):
    """Base of every type here: it can be written as plain JSON under the names of its fields."""

    def document(self) -> Plain:
        """Public JSON: Decimals as plain strings, times as UTC text, ``None`` as null.

        Made once, however often it is shown: a statement does not change.
        """
        return self._document

    @cached_property
    def _document(self) -> Plain:
        return shaped(self)


# ---- parts ---------------------------------------------------------------------------------------


class PriceRef(Typed, frozen=True, kw_only=True):
    """A price as an expression: ``fact + atr × ATR14``, or ``fact × (1 + pct / 100)``. Code evaluates it."""

    fact: str
    atr: Decimal | None
    pct: Decimal | None

    def __post_init__(self) -> None:
        _require(FACT_ID.fullmatch(self.fact), "fact", "must be a fact id such as F7")
        _require((self.atr is None) != (self.pct is None), "atr", "exactly one of atr and pct must be given")
        _within("atr", self.atr, -MAX_ATR_OFFSET, MAX_ATR_OFFSET)
        _within("pct", self.pct, -MAX_PCT_OFFSET, MAX_PCT_OFFSET)
        _require(not (self.atr or 0) % OFFSET_STEP, "atr", "must be in steps of 0.01")
        _require(not (self.pct or 0) % OFFSET_STEP, "pct", "must be in steps of 0.01")


class Claim(Typed, frozen=True, kw_only=True):
    """One argument and the facts it rests on."""

    text: str
    facts: tuple[str, ...]
    weight: Weight

    def __post_init__(self) -> None:
        _text("text", self.text)
        _facts("facts", self.facts, 1, 4)


class Condition(Typed, frozen=True, kw_only=True):
    """``fact_name op than``, checkable by code; ``by`` limits it in time."""

    fact_name: str
    op: Op
    than: PriceRef | Decimal
    by: datetime | None

    def __post_init__(self) -> None:
        _require(FACT_NAME.fullmatch(self.fact_name), "fact_name", "must be the name of a fact")
        _require(self.by is None or self.by.tzinfo is not None, "by", "must carry an offset from UTC")
        _require(self.by is None or MINYEAR < self.by.year < MAXYEAR, "by", "must lie in the years 2 to 9998")


class Forecast(Typed, frozen=True, kw_only=True):
    event: ForecastEvent
    p: Decimal
    base_rate_fact: str | None
    why_differs: str | None

    def __post_init__(self) -> None:
        _within("p", self.p, MIN_P, MAX_P)
        base = self.base_rate_fact
        _require(base is None or FACT_ID.fullmatch(base), "base_rate_fact", "must be a fact id such as F7")
        _text("why_differs", self.why_differs)


# ---- views ---------------------------------------------------------------------------------------


class View(Typed, frozen=True, kw_only=True):
    """What both analysts say. ``conviction`` is the rules model's alone; ``against`` its own case against."""

    symbol: str
    horizon_bars: int
    stance: Stance
    abstain_reason: str | None
    claims: tuple[Claim, ...]
    against: tuple[Claim, ...]
    forecast: Forecast | None
    conviction: Decimal | None
    change_my_mind: tuple[Condition, ...]

    def __post_init__(self) -> None:
        abstains = self.stance is Stance.ABSTAIN
        _text("symbol", self.symbol, 24)
        _require(1 <= self.horizon_bars <= MAX_HORIZON_BARS, "horizon_bars", "must lie from 1 to 1000")
        _text("abstain_reason", self.abstain_reason)
        _require(not abstains or self.abstain_reason, "abstain_reason", "must be given when abstaining")
        _count("claims", self.claims, 0, 5)
        _count("against", self.against, 0 if abstains else 1, 5)
        _within("conviction", self.conviction, Decimal(0), Decimal(1))
        low, high = (0, 0) if abstains else (1, 3)
        _count("change_my_mind", self.change_my_mind, low, high)

    @property
    def cited(self) -> frozenset[str]:
        """Every fact id this view rests on."""
        claims = (*self.claims, *self.against)
        return frozenset(fact for claim in claims for fact in claim.facts)


class MacroView(View, frozen=True, kw_only=True):
    regime: Regime
    drivers: tuple[str, ...]
    event_risk: tuple[str, ...]

    def __post_init__(self) -> None:
        View.__post_init__(self)
        _facts("drivers", self.drivers, 0, 8)
        _count("event_risk", self.event_risk, 0, 5)
        for item in self.event_risk:
            _text("event_risk", item)

    @property
    def cited(self) -> frozenset[str]:
        return frozenset(self.drivers).union(*(claim.facts for claim in (*self.claims, *self.against)))


class TechnicalView(View, frozen=True, kw_only=True):
    """``entry``, ``stop`` and ``target`` are there exactly when a ``setup`` is named."""

    setup: Setup
    entry: PriceRef | None
    stop: PriceRef | None
    target: PriceRef | None

    def __post_init__(self) -> None:
        View.__post_init__(self)
        none = self.setup is Setup.NONE
        for name, level in (("entry", self.entry), ("stop", self.stop), ("target", self.target)):
            _require((level is None) == none, name, "must be null exactly when setup is none")
        _require(none or self.stance.sign, "stance", "must be bullish or bearish when a setup is named")


# ---- answers and the verdict ---------------------------------------------------------------------


class Challenge(Typed, frozen=True, kw_only=True):
    to: Analyst
    disputed: Claim
    question: str
    facts: tuple[str, ...]

    def __post_init__(self) -> None:
        _text("question", self.question, QUESTION)
        _facts("facts", self.facts, 1, 8)


class Rebuttal(Typed, frozen=True, kw_only=True):
    """``new_facts`` were not cited before: without one, a changed stance does not count."""

    answers: Answers
    stance: Stance
    changed: bool
    new_facts: tuple[str, ...]
    concedes: tuple[Claim, ...]
    forecast: Forecast | None

    def __post_init__(self) -> None:
        _facts("new_facts", self.new_facts, 0, 8)
        _count("concedes", self.concedes, 0, 5)


class PreMortem(Typed, frozen=True, kw_only=True):
    how_it_loses: str
    p: Decimal
    early_sign: Condition

    def __post_init__(self) -> None:
        _text("how_it_loses", self.how_it_loses, LOSS_TEXT)
        _within("p", self.p, MIN_P, MAX_P)


class Dissent(Typed, frozen=True, kw_only=True):
    """Who still disagrees, with what, kept word for word."""

    who: Analyst
    claim: str
    unresolved: bool

    def __post_init__(self) -> None:
        _text("claim", self.claim)


class Verdict(Typed, frozen=True, kw_only=True):
    """The risk officer's word. It names no symbol, no price and no size."""

    decision: Call
    challenge: Challenge | None
    side: Side | None
    size_step: Literal[25, 50, 75, 100] | None
    reasons: tuple[str, ...]
    facts: tuple[str, ...]
    base_rate_fact: str | None
    strongest_case_against: Claim
    dissent: tuple[Dissent, ...]
    pre_mortem: tuple[PreMortem, ...]
    kill_if: tuple[Condition, ...]

    def __post_init__(self) -> None:
        challenges, approves = self.decision is Call.CHALLENGE, self.decision is Call.APPROVE
        _require((self.challenge is None) != challenges, "challenge", "must be given exactly on challenge")
        _require(self.side or not approves, "side", "must be given on approve")
        _require(self.size_step in (None, 25, 50, 75, 100), "size_step", "must be 25, 50, 75 or 100")
        _require(self.size_step or not approves, "size_step", "must be given on approve")
        _count("reasons", self.reasons, 1, 8)
        _require(all(map(REASON_CODE.fullmatch, self.reasons)), "reasons", "must be codes such as EXTENDED")
        _facts("facts", self.facts, 2, 12)
        base = self.base_rate_fact
        _require(base is None or FACT_ID.fullmatch(base), "base_rate_fact", "must be a fact id such as F7")
        _count("dissent", self.dissent, 0, 4)
        _count("pre_mortem", self.pre_mortem, 2 if approves else 0, 3)
        _count("kill_if", self.kill_if, 2 if approves else 0, 5)


class Abstained(Typed, frozen=True, kw_only=True):
    """No valid answer could be had. ``reason`` is a code of ours, never the speaker's words."""

    reason: str

    def __post_init__(self) -> None:
        _require(REASON_CODE.fullmatch(self.reason), "reason", "must be a code such as NO_VALID_ANSWER")


Statement: TypeAlias = MacroView | TechnicalView | Rebuttal | Verdict
SCHEMAS: tuple[type[Statement], ...] = (MacroView, TechnicalView, Rebuttal, Verdict)
