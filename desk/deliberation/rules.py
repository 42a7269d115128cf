"""The offline rules model: deterministic, and it says in every message that it is one.

It speaks the same schemas as any model and goes through the same law; only it states a conviction.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal

from desk.domain import dossier as names
from desk.domain.canonical import written
from desk.domain.debate import Debate
from desk.domain.dossier import Dossier, Fact
from desk.domain.levels import MAX_STOP, STOP_ATR, levels
from desk.domain.market import Side
from desk.domain.money import ZERO, plain
from desk.domain.roles import EXECUTOR, RISK_OFFICER, Analyst
from desk.domain.signals import Climate, Trend, climate, trend, vetoes
from desk.domain.views import (
    MAX_P,
    MIN_P,
    Answers,
    Call,
    Claim,
    Condition,
    Forecast,
    ForecastEvent,
    MacroView,
    Op,
    PreMortem,
    PriceRef,
    Rebuttal,
    Regime,
    Setup,
    Stance,
    TechnicalView,
    Typed,
    Verdict,
    Weight,
)
from desk.ports import ModelReply, ModelRequest, ToolCall

TICKET = re.compile(r"tkt_[0-9a-f]{32}")
WHO = "Rules model"
_REGIMES = {1: Regime.RISK_ON, -1: Regime.RISK_OFF, 0: Regime.MIXED}


class RulesModel:
    """``desk.ports.Model`` for any role of one debate."""

    name = "rules"

    def __init__(self, debate: Debate) -> None:
        self._debate = debate
        self._dossier = debate.dossier

    async def reply(self, request: ModelRequest, on_text: Callable[[str], None]) -> ModelReply:
        if request.role == EXECUTOR:
            return self._execution(request)
        text = written(self._statement(request).document())
        on_text(text)
        return ModelReply(content=text, usd=ZERO)

    def _statement(self, request: ModelRequest) -> Typed:
        if request.role == RISK_OFFICER:
            return officer(self._dossier, self._debate)
        who = Analyst(request.role)
        if request.schema == Rebuttal.__name__:
            return _unmoved(self._debate, who)
        return macro_view(self._dossier) if who is Analyst.MACRO else technical_view(self._dossier)

    def _execution(self, request: ModelRequest) -> ModelReply:
        found = TICKET.search(str(request.messages[-1]["content"]))
        call = ToolCall(
            call_id="call_1",
            name="execute_ticket",
            arguments=written({"ticket_id": found.group() if found else ""}),
        )
        return ModelReply(content="", tool_calls=(call,), finish_reason="function_calls", usd=ZERO)


# ---- technical -----------------------------------------------------------------------------------


def technical_view(dossier: Dossier) -> TechnicalView:
    """Setup, levels and forecast; neutral with a reason when there is no setup."""
    found = trend(dossier)
    close = dossier.fact(names.CLOSE)
    if isinstance(found, str) or close is None:
        return _no_setup(dossier, found if isinstance(found, str) else "ABSTAINED")
    stop, target = _offset(-found.sign, found, dossier), _offset(found.sign, found, dossier)
    side = "_long" if found.sign > 0 else "_short"
    return TechnicalView(
        symbol=dossier.symbol,
        horizon_bars=dossier.horizon_bars,
        stance=Stance.BULLISH if found.sign > 0 else Stance.BEARISH,
        abstain_reason=None,
        claims=_trend_claims(dossier),
        against=(_base_rate_claim(dossier, side),),
        forecast=_forecast(dossier, side),
        conviction=found.conviction,
        change_my_mind=(_beyond(close, stop, -found.sign),),
        setup=Setup.TREND,
        entry=PriceRef(fact=close.id, atr=ZERO, pct=None),
        stop=stop,
        target=target,
    )


def _offset(sign: int, found: Trend, dossier: Dossier) -> PriceRef:
    """Stop (against the trade) or target (with it) as an offset from the close."""
    close = dossier.fact(names.CLOSE)
    assert close is not None
    capped = found.distance == MAX_STOP
    unit = MAX_STOP * 100 if capped else STOP_ATR
    distance = sign * unit * (found.multiple if sign == found.sign else 1)
    if capped:
        return PriceRef(fact=close.id, atr=None, pct=distance.normalize())
    return PriceRef(fact=close.id, atr=distance.normalize(), pct=None)


def _trend_claims(dossier: Dossier) -> tuple[Claim, ...]:
    close, ma20, rsi = (dossier.fact(name) for name in (names.CLOSE, names.MA20, names.RSI14))
    slope = dossier.fact(names.SLOPE)
    assert close is not None
    facts = [fact for fact in (ma20, rsi, slope) if fact is not None]
    order = "Trend order of close and averages holds"
    return (
        Claim(
            text=f"{WHO}: {order}; close {plain(close.value)}, MA20 {_shown(ma20)}.",
            facts=_ids(close, *facts[:1]),
            weight=Weight.MEDIUM,
        ),
        Claim(
            text=f"{WHO}: RSI14 {_shown(rsi)} and slope {_shown(slope)} ATR are inside the band of a trend.",
            facts=_ids(*facts[1:]),
            weight=Weight.MEDIUM,
        ),
    )


def _base_rate_claim(dossier: Dossier, side: str) -> Claim:
    """Its own case against: how often such an entry was stopped out."""
    stopped, close = dossier.fact(names.BASE_STOP + side), dossier.fact(names.CLOSE)
    if stopped is None:
        assert close is not None
        text = f"{WHO}: no base rate says how often such an entry fails."
        return Claim(text=text, facts=(close.id,), weight=Weight.STRONG)
    text = f"{WHO}: of past entries in this direction {_shown(stopped)} were stopped out."
    return Claim(text=text, facts=(stopped.id,), weight=Weight.STRONG)


def _forecast(dossier: Dossier, side: str) -> Forecast | None:
    """p is the base rate alone: a conviction is not a probability."""
    base = dossier.fact(names.BASE_TARGET + side)
    if base is None:
        return None
    p = min(MAX_P, max(MIN_P, base.value)).quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
    return Forecast(event=ForecastEvent.TARGET_BEFORE_STOP, p=p, base_rate_fact=base.id, why_differs=None)


def _beyond(close: Fact, level: PriceRef, sign: int) -> Condition:
    """The close at or past a level, on the side of ``sign``."""
    op = Op.AT_LEAST if sign > 0 else Op.AT_MOST
    return Condition(fact_name=close.name, op=op, than=level, by=None)


def _no_setup(dossier: Dossier, reason: str) -> TechnicalView:
    close = dossier.fact(names.CLOSE)
    abstains = reason == "ABSTAINED" or close is None
    claim = (
        ()
        if close is None
        else (
            Claim(text=f"{WHO}: the rules for a trend are not met.", facts=(close.id,), weight=Weight.MEDIUM),
        )
    )
    minds = () if abstains or close is None else (_beyond(close, _near(close), 1),)
    return TechnicalView(
        symbol=dossier.symbol,
        horizon_bars=dossier.horizon_bars,
        stance=Stance.ABSTAIN if abstains else Stance.NEUTRAL,
        abstain_reason=reason,
        claims=(),
        against=claim,
        forecast=None,
        conviction=Decimal("0.5"),
        change_my_mind=minds,
        setup=Setup.NONE,
        entry=None,
        stop=None,
        target=None,
    )


def _near(close: Fact) -> PriceRef:
    return PriceRef(fact=close.id, atr=None, pct=Decimal(5))


# ---- macro ---------------------------------------------------------------------------------------


def macro_view(dossier: Dossier) -> MacroView:
    """The weighted vote as a view."""
    found = climate(dossier)
    close = dossier.fact(names.CLOSE)
    assert close is not None
    abstains = found.stance is Stance.ABSTAIN
    sign = found.stance.sign
    voted = [fact for vote in found.votes if (fact := dossier.fact(vote.fact_name)) is not None]
    side = "_short" if sign < 0 else "_long"
    against = Claim(
        text=f"{WHO}: a weighted vote of few inputs says little about this horizon.",
        facts=_ids(*(voted[:1] or [close])),
        weight=Weight.MEDIUM,
    )
    return MacroView(
        symbol=dossier.symbol,
        horizon_bars=dossier.horizon_bars,
        stance=found.stance,
        abstain_reason="TOO_FEW_INPUTS" if abstains else None,
        claims=_votes(found, dossier),
        against=(against,),
        forecast=None if abstains else _forecast(dossier, side),
        conviction=found.conviction,
        change_my_mind=() if abstains else (_beyond(close, _far(close, -sign or 1), -sign or 1),),
        regime=Regime.UNKNOWN if abstains else _REGIMES[sign],
        drivers=_ids(*voted),
        event_risk=(),
    )


def _far(close: Fact, sign: int) -> PriceRef:
    return PriceRef(fact=close.id, atr=None, pct=Decimal(5 * sign))


def _votes(found: Climate, dossier: Dossier) -> tuple[Claim, ...]:
    words = {1: "speaks for risk", 0: "is neutral", -1: "speaks against risk"}
    claims = []
    for vote in found.votes:
        fact = dossier.fact(vote.fact_name)
        if fact is not None:
            text = f"{WHO}: {fact.name} {_shown(fact)} {words[vote.vote]}."
            claims.append(Claim(text=text, facts=(fact.id,), weight=Weight.MEDIUM))
    return tuple(claims)


def _unmoved(debate: Debate, who: Analyst) -> Rebuttal:
    """Rules do not change their mind on words: only on facts, and those are all counted already."""
    challenged = debate.phase.value == "CHALLENGED"
    own = debate.view(who)
    return Rebuttal(
        answers=Answers.CHALLENGE if challenged else Answers.CONFLICT,
        stance=debate.stance(who),
        changed=False,
        new_facts=(),
        concedes=(),
        forecast=None if own is None else own.forecast,
    )


# ---- the officer ---------------------------------------------------------------------------------


def officer(dossier: Dossier, debate: Debate) -> Verdict:
    """Reject with every veto that applies; otherwise approve in full."""
    technical = debate.view(Analyst.TECHNICAL)
    found = levels(technical, dossier) if isinstance(technical, TechnicalView) else None
    sign = debate.stance(Analyst.TECHNICAL).sign
    reasons = ("NO_SETUP",) if found is None else vetoes(dossier, debate.stance(Analyst.MACRO), sign, found)
    side = "_long" if sign > 0 else "_short"
    base = dossier.fact(names.BASE_TARGET + side)
    close = dossier.fact(names.CLOSE)
    assert close is not None
    approves = not reasons and found is not None
    cited = _ids(close, *(fact for fact in (base, dossier.fact(names.ATR14)) if fact is not None))
    return Verdict(
        decision=Call.APPROVE if approves else Call.REJECT,
        challenge=None,
        side=(Side.BUY if sign > 0 else Side.SELL) if approves else None,
        size_step=100 if approves else None,
        reasons=reasons or ("AGREEMENT",),
        facts=cited if len(cited) > 1 else (*cited, *_others(dossier, cited)),
        base_rate_fact=None if base is None else base.id,
        strongest_case_against=_base_rate_claim(dossier, side),
        dissent=(),
        pre_mortem=_pre_mortem(dossier, technical, sign, side) if approves else (),
        kill_if=_kill_if(dossier, technical, sign) if approves else (),
    )


def _others(dossier: Dossier, cited: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(fact.id for fact in dossier if fact.id not in cited)[:1]


def _pre_mortem(dossier: Dossier, technical: object, sign: int, side: str) -> tuple[PreMortem, ...]:
    assert isinstance(technical, TechnicalView)
    assert technical.stop is not None
    close = dossier.fact(names.CLOSE)
    assert close is not None
    stopped = dossier.value(names.BASE_STOP + side) or Decimal("0.5")
    p = min(MAX_P, max(MIN_P, stopped)).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    early = PriceRef(fact=close.id, atr=Decimal(-sign), pct=None)
    return (
        PreMortem(
            how_it_loses=f"{WHO}: the trend turns and the stop fills.",
            p=p,
            early_sign=_beyond(close, early, -sign),
        ),
        PreMortem(
            how_it_loses=f"{WHO}: a gap opens beyond the stop and the loss is larger than planned.",
            p=Decimal("0.05"),
            early_sign=_beyond(close, technical.stop, -sign),
        ),
    )


def _kill_if(dossier: Dossier, technical: object, sign: int) -> tuple[Condition, ...]:
    """Void it when the stop has been reached already, or when the price has run away."""
    assert isinstance(technical, TechnicalView)
    assert technical.stop is not None
    close = dossier.fact(names.CLOSE)
    assert close is not None
    ran = PriceRef(fact=close.id, atr=Decimal(sign), pct=None)
    return (_beyond(close, technical.stop, -sign), _beyond(close, ran, sign))


def _ids(*facts: Fact) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact.id for fact in facts))


def _shown(fact: Fact | None) -> str:
    """A fact as it is written in a claim: the value the dossier shows."""
    if fact is None:
        return "not available"
    return plain(fact.value)
