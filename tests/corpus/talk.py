"""Scenarios of the debate: what models say, and how their endpoint behaves."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from desk.domain.budget import Budget
from desk.domain.roles import EXECUTOR, MODEL_ROLES, RISK_OFFICER
from tests.corpus.recorder import Recorder
from tests.fakes.openai_server import Body, Raw, Script, Streams, executor
from tests.fakes.speakers import Analyst, Macro, Officer, Technical, calling

MACRO, TECHNICAL = "macro_analyst", "technical_analyst"
#: Said beside the figures. The last ones have characters that Python 3.12 or 3.13 learned, or learned to
#: read as numerals: what is grounded must not depend on who replays it.
ASIDES = (
    "",
    " — «sûr»",
    " 是的",
    " 🛢️\u2028still one text",
    " \u202eright to left\u202c",
    ' "quoted" \\ back',
    " in 東京",
    " \U0001fae8 \U0001d2c1",
    " after \U00031350S&P 500",
)
BY = (None, "2016-06-24T12:00:00+02:00", "2030-01-01T00:00:00.5Z", "20301231T235959-0330")
BUSY = '{"error": {"message": "busy"}}'


def tradable(one: Recorder, **extra: object) -> str:
    """A brief on which an agreement passes the gate, as a rule."""
    if extra or one.chance.random() < 0.5:
        return one.briefs.wandering(one.chance, roomy=True, **extra)
    return one.chance.choice(("@brexit-eve", "@year-end-rally"))


def voices(one: Recorder, **changed: Script) -> dict[str, Script]:
    """Four models that agree on a direction, each with its own words; and what is changed about them."""
    chance, sign = one.chance, one.chance.choice((1, 1, -1))
    aside = chance.choice(ASIDES)
    speakers: dict[str, Script] = {
        MACRO: Macro(sign=sign, p=chance.choice(("0.3", "0.35", "0.9", None)), aside=aside),
        TECHNICAL: Technical(sign=sign, p=chance.choice(("0.3", "0.4")), aside=aside, target_atr="6"),
        RISK_OFFICER: Officer(sign=sign, size_step=chance.choice((25, 50, 75, 100)), aside=aside),
        EXECUTOR: executor,
    }
    return speakers | changed


def agreed(one: Recorder, **changed: Script) -> None:
    one.voices = voices(one, **changed)


def first(bad: Any, then: Script) -> Script:
    """Misbehaves once."""
    return lambda body, n: bad if n == 0 else then(body, n)


def always(bad: Any) -> Script:
    return lambda body, n: bad


# ---- rules ---------------------------------------------------------------------------------------


def rules_alone(one: Recorder) -> None:
    one.run(one.briefs.bundled(one.chance) if one.pick((True, False)) else None)


def rules_again_the_same(one: Recorder) -> None:
    """Seeded and on the brief's clock, as whoever wants the same session twice runs it."""
    one.run(clock="brief", seed=f"s{one.turn}", approve=one.chance.choice(("deny", "inbox")))


def seeded_on_the_wall(one: Recorder) -> None:
    one.run(clock=one.pick(("wall", "brief")), seed=one.chance.choice((None, f"w{one.turn}")))


# ---- models --------------------------------------------------------------------------------------


def agreement(one: Recorder) -> None:
    agreed(one)
    one.run(tradable(one), approve="deny")


def conflict(one: Recorder) -> None:
    """Opposite views, a rebuttal each: one holds, turns on a new fact, or gives in without one."""
    sign = one.chance.choice((1, -1))
    turns = one.pick((("holds", "holds"), ("turns", "holds"), ("capitulates", "holds"), ("turns", "turns")))
    macro = Macro(sign=-sign, answers=turns[0], aside=one.chance.choice(ASIDES))
    technical = Technical(sign=sign, answers=turns[1], p="0.3", target_atr="6")
    officer = Officer(sign=sign, words=(one.chance.choice(("approve", "reject")),))
    agreed(one, **{MACRO: macro, TECHNICAL: technical, RISK_OFFICER: officer})
    one.run(tradable(one))


def challenge(one: Recorder) -> None:
    """The officer asks once, twice, or more often than it may."""
    words = one.pick(
        (
            (f"challenge:{MACRO}", "approve"),
            (f"challenge:{TECHNICAL}", f"challenge:{MACRO}", "approve"),
            (f"challenge:{TECHNICAL}", "reject"),
            (f"challenge:{MACRO}",),
        )
    )
    sign = one.chance.choice((1, -1))
    kinds: dict[str, Script] = {
        MACRO: Macro(sign=sign, answers=one.chance.choice(("holds", "holds", "turns"))),
        TECHNICAL: Technical(sign=sign, p="0.3", target_atr="6"),
        RISK_OFFICER: Officer(sign=sign, words=words, aside=one.chance.choice(ASIDES)),
    }
    agreed(one, **kinds)
    one.run(tradable(one))


def a_word_of_the_officer(one: Recorder) -> None:
    """It rejects, contradicts both, approves what is void at once, or dissents."""
    dissent = [{"who": MACRO, "claim": "Too early" + one.chance.choice(ASIDES), "unresolved": True}]
    hot = {"fact_name": "rsi14", "op": ">", "than": "70", "by": one.chance.choice(BY)}
    officer = one.pick(
        (
            Officer(words=("reject",)),
            Officer(sign=-1),
            Officer(kill_atr="0"),
            Officer(dissent=dissent),
            Officer(kill_if=[hot]),
            Officer(kill_if=[hot | {"than": 1.5, "op": ">="}]),
            Officer(kill_if=[hot | {"by": "0001-01-01T00:00:00+14:00"}]),
        )
    )
    up: dict[str, Script] = {MACRO: Macro(), TECHNICAL: Technical(p="0.3", target_atr="6")}
    agreed(one, **up, **{RISK_OFFICER: officer})
    one.run(tradable(one))


def nothing_to_do(one: Recorder) -> None:
    """An analyst abstains, is neutral, or states a figure that no fact shows."""

    class Abstaining(Technical):
        def view(self, body: Body) -> Body:
            empty: Body = {"claims": [], "against": [], "change_my_mind": [], "forecast": None}
            return super().view(body) | {"stance": "abstain", "abstain_reason": "No idea.", **empty}

    class Inventing(Macro):
        def argument(self, body: Body) -> tuple[str, str]:
            return "VIX at 99.91 is calm.", self.figure(body)[1]

    changed: dict[str, Script] = one.pick(
        (
            {TECHNICAL: Technical(sign=0)},
            {TECHNICAL: Abstaining(sign=0)},
            {MACRO: Inventing()},
            {MACRO: Macro(sign=0)},
        )
    )
    agreed(one, **changed)
    one.run(tradable(one))


def malformed(one: Recorder) -> None:
    """Not the object that was asked for: mended in the one repair round, or not."""
    role = one.chance.choice((MACRO, TECHNICAL, RISK_OFFICER))
    bad = one.pick(
        (
            "not JSON at all",
            '{"stance": "bullish"}',
            '```json\n{"stance": "bullish"}\n```',
            '{"stance": "bullish", "stance": "bearish"}',
            '{"p": NaN}',
            "[" * 200,
            "x" * 30_000,
            "",
            '{"symbol": "\\ud800"}',
            '{"text": "\\u0000"}',
        )
    )
    good = voices(one)
    one.voices = good | {role: first(bad, good[role]) if one.turn % 3 else always(bad)}
    one.run(tradable(one))


def refused_by_the_endpoint(one: Recorder) -> None:
    bad = one.pick(
        (
            Raw(429, BUSY, retry_ms=1),
            Raw(500, BUSY, retry_ms=1),
            Raw(401, BUSY),
            Raw(400, BUSY),
            Raw(404, BUSY),
            Raw(200, "<html>oops</html>", "text/html"),
            Raw(200, '{"id": 1, "choices": ['),
            Raw(200, '{"id": 1, "choices": []}'),
        )
    )
    role = one.chance.choice((MACRO, TECHNICAL, RISK_OFFICER, EXECUTOR))
    good = voices(one)
    one.voices = good | {role: first(bad, good[role]) if one.chance.random() < 0.4 else always(bad)}
    one.run(tradable(one))


def cut_short(one: Recorder) -> None:
    agreed(one)
    one.finish = "length"
    one.run(tradable(one))


def streamed(one: Recorder) -> None:
    agreed(one)
    one.streams = one.pick(tuple(Streams))
    one.run(tradable(one), clock=one.chance.choice(("wall", "brief")))


def an_executor_of_its_own_mind(one: Recorder) -> None:
    """It does nothing, names another ticket, another tool, the right one late, or five times."""
    wrong = calling("execute_ticket", ticket_id="tkt_" + "0" * 32)
    calls = one.pick(
        (
            always("EXECUTED"),
            always(wrong),
            always(calling("purpleflea_trade", symbol="BTC", amount=9)),
            always([{"name": "execute_ticket", "arguments": "{"}]),
            first(wrong, executor),
            lambda body, n: executor(body, n) * 5,
        )
    )
    agreed(one, **{EXECUTOR: calls})
    one.run(tradable(one))


def a_budget(one: Recorder) -> None:
    agreed(one)
    prices = {"price_in": Decimal("500"), "price_out": Decimal("2000")}
    wishes: dict[str, Any] = one.pick(
        (
            {"budget": Budget(calls=2)},
            {"budget": Budget(tokens=4000)},
            {"budget": Budget(usd=Decimal("0.5")), **prices},
            {"budget": Budget(seconds=0)},
            {"budget": Budget(calls=4)},
            {"budget": Budget(calls=3)},
        )
    )
    one.run(tradable(one), **wishes)


def rules_beside_models(one: Recorder) -> None:
    """Some roles by rules, some by a model; analysts perhaps from the cache."""
    good = voices(one, **{MACRO: Macro(p="0.3"), TECHNICAL: Technical(p="0.3", target_atr="6")})
    kept = one.chance.sample(sorted(MODEL_ROLES), one.chance.randrange(1, 4))
    one.voices = {role: good[role] for role in kept}
    brief = tradable(one)
    one.run(brief, cache_s=600)
    if one.pick((True, False)):
        one.voices = {role: good[role] for role in kept}
        one.run(brief, cache_s=600)


def odd_numbers(one: Recorder) -> None:
    """Probabilities and offsets in every way that JSON spells them, and one that it does not accept."""
    p = one.pick((0.25, "0.250", 0.3, "0.30", "1e-1", ".5", 0))
    agreed(one, **{MACRO: Spelled(Macro(p="0.3"), p)})
    one.run(tradable(one))


class Spelled:
    """An analyst whose forecast's probability is spelled like this."""

    def __init__(self, speaker: Analyst, p: object) -> None:
        self._speaker, self._p = speaker, p

    def __call__(self, body: Body, n: int) -> str:
        said = self._speaker(body, n)
        if isinstance(said.get("forecast"), dict):
            said["forecast"]["p"] = self._p
        return json.dumps(said, ensure_ascii=bool(n), indent=n or None)


SCENARIOS = (
    rules_alone,
    rules_again_the_same,
    seeded_on_the_wall,
    agreement,
    conflict,
    challenge,
    a_word_of_the_officer,
    nothing_to_do,
    malformed,
    refused_by_the_endpoint,
    cut_short,
    streamed,
    an_executor_of_its_own_mind,
    a_budget,
    rules_beside_models,
    odd_numbers,
)
