"""Speakers for the loopback endpoint that argue about any market, in either direction, at every turn.

Each reads what it is shown, as a model would, and answers in the schema that it is asked for. What it
says can be bent: a stance, a level, an aside in any script of the world.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from tests.fakes.openai_server import FACT, Body, facts, shown

SYMBOL = re.compile(r"^(\S+) as of ", re.MULTILINE)
OWN_VIEW = re.compile(r"^Your view: (.*)$", re.MULTILINE)
STANCES = {1: "bullish", 0: "neutral", -1: "bearish"}
NOTHING = ("F1", "0")


def symbol_of(body: Body) -> str:
    found = SYMBOL.search(shown(body))
    return found[1] if found else ""


def schema_of(body: Body) -> str:
    """The name of the answer that is wanted; empty for a tool call."""
    return str(body.get("response_format", {}).get("json_schema", {}).get("name", ""))


def claim(text: str, *ids: str) -> Body:
    return {"text": text, "facts": list(ids), "weight": "medium"}


def close_beyond(body: Body, atr: str, op: str) -> Body:
    than = {"fact": facts(body).get("close", NOTHING)[0], "atr": atr, "pct": None}
    return {"fact_name": "close", "op": op, "than": than, "by": None}


@dataclass(kw_only=True)
class Analyst:
    """An analyst who takes a side (+1, 0 or -1), and answers the other's case or the officer's question.

    Attributes:
        answers: what it does then: ``holds`` its stance, ``turns`` on a fact it had not cited, or
            ``capitulates`` without one.
        p: its forecast; None gives none.
        aside: said beside the figures, in every claim.
    """

    sign: int = 1
    answers: str = "holds"
    p: str | None = None
    aside: str = ""

    def __call__(self, body: Body, n: int) -> Body:
        return self.rebuttal(body) if schema_of(body) == "Rebuttal" else self.view(body)

    def view(self, body: Body) -> Body:
        against = claim(f"It may be wrong{self.aside}.", self.figure(body)[1])
        return {
            "symbol": symbol_of(body),
            "horizon_bars": 40,
            "stance": STANCES[self.sign],
            "abstain_reason": None,
            "claims": [claim(*self.argument(body))],
            "against": [against],
            "forecast": self.forecast(body),
            "conviction": None,
            "change_my_mind": [
                close_beyond(body, str(-2 * (self.sign or 1)), "<" if self.sign >= 0 else ">")
            ],
        }

    def figure(self, body: Body) -> tuple[str, str, str]:
        """(name, id, value) of a fact to rest on: the close, and whoever knows better says another."""
        return ("close", *facts(body).get("close", NOTHING))

    def argument(self, body: Body) -> tuple[str, str]:
        name, fact_id, value = self.figure(body)
        return f"{name} is {value}{self.aside}.", fact_id

    def forecast(self, body: Body) -> Body | None:
        if self.p is None:
            return None
        return {
            "event": "target_before_stop",
            "p": self.p,
            "base_rate_fact": self.base(body),
            "why_differs": "The trend is older than the sample.",
        }

    def base(self, body: Body) -> str | None:
        found = facts(body).get("base_target_long" if self.sign >= 0 else "base_target_short")
        return None if found is None else found[0]

    def rebuttal(self, body: Body) -> Body:
        own = OWN_VIEW.search(shown(body))
        cited = set(re.findall(r"F[0-9]+", own[1] if own else ""))
        new = [one[0] for one in FACT.findall(shown(body)) if one[0] not in cited][:1]
        before, turns = self.sign, self.answers != "holds"
        self.sign = -before if turns else before
        return {
            "answers": "conflict" if "says the opposite" in shown(body) else "challenge",
            "stance": STANCES[self.sign],
            "changed": self.sign != before,
            "new_facts": new if self.answers == "turns" else [],
            "concedes": [],
            "forecast": None,
        }


@dataclass(kw_only=True)
class Macro(Analyst):
    def figure(self, body: Body) -> tuple[str, str, str]:
        known = facts(body)
        name = next((one for one in ("vix", "credit_spread", "wti") if one in known), "close")
        return (name, *known.get(name, NOTHING))

    def view(self, body: Body) -> Body:
        return super().view(body) | {
            "regime": "risk_on" if self.sign > 0 else "mixed",
            "drivers": [self.figure(body)[1]],
            "event_risk": [],
        }


@dataclass(kw_only=True)
class Technical(Analyst):
    """``stop_atr`` and ``target_atr`` are distances from the close; no setup where the stance is neutral."""

    stop_atr: str = "1.5"
    target_atr: str = "4.8"

    def view(self, body: Body) -> Body:
        close = facts(body).get("close", NOTHING)[0]
        minus, plus = ("-", "") if self.sign > 0 else ("", "-")
        levels = {
            "entry": {"fact": close, "atr": "0", "pct": None},
            "stop": {"fact": close, "atr": minus + self.stop_atr, "pct": None},
            "target": {"fact": close, "atr": plus + self.target_atr, "pct": None},
        }
        if not self.sign:
            return super().view(body) | {"setup": "none", **dict.fromkeys(levels)}
        return super().view(body) | {"setup": "trend", **levels}


@dataclass(kw_only=True)
class Officer:
    """The officer's words one after the other; the last one is repeated.

    Attributes:
        words: ``approve``, ``reject``, or ``challenge:<analyst>``.
        kill_atr: how far the close may go either way before the approval is void; ``0`` voids it at once.
        kill_if: further conditions that void it.
    """

    words: tuple[str, ...] = ("approve",)
    sign: int = 1
    size_step: int = 100
    kill_atr: str = "1.5"
    aside: str = ""
    dissent: list[Body] = field(default_factory=list)
    kill_if: list[Body] = field(default_factory=list)

    def __call__(self, body: Body, n: int) -> Body:
        decision, _, to = self.words[min(n, len(self.words) - 1)].partition(":")
        known = facts(body)
        ids = [known[name][0] for name in ("close", "atr14") if name in known]
        base = known.get("base_target_long" if self.sign > 0 else "base_target_short", known.get("close"))
        early = {"p": "0.6", "early_sign": close_beyond(body, "-1", "<")}
        disputed = claim(f"It is so{self.aside}.", ids[0])
        question = {"to": to, "disputed": disputed, "question": f"Is it{self.aside}?", "facts": ids}
        return {
            "decision": decision,
            "challenge": question if decision == "challenge" else None,
            "side": "buy" if self.sign > 0 else "sell",
            "size_step": self.size_step,
            "reasons": ["AGREEMENT" if decision == "approve" else "NOT_CONVINCED"],
            "facts": ids,
            "base_rate_fact": base[0] if base else None,
            "strongest_case_against": claim(f"Most such entries are stopped out{self.aside}.", ids[0]),
            "dissent": self.dissent,
            "pre_mortem": [{"how_it_loses": f"The vote goes the other way{self.aside}.", **early}] * 2,
            "kill_if": [
                close_beyond(body, f"-{self.kill_atr}", "<="),
                close_beyond(body, self.kill_atr, ">="),
                *self.kill_if,
            ],
        }


def calling(name: str, **arguments: object) -> list[Body]:
    """A tool call as the executor's model would word it."""
    return [{"name": name, "arguments": json.dumps(arguments)}]
