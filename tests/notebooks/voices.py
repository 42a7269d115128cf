"""Stand-ins for language models: they say what the rules model would, in other words and with other odds.

So that the bundled records have forecasts that differ from the base rate, an argument, and a cost to draw.
What such a call takes and costs is made up: four letters a token, 2.50 and 10 USD a million of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from desk.deliberation.rules import RulesModel
from desk.domain.canonical import written
from desk.domain.debate import Debate
from desk.domain.money import plain
from desk.domain.roles import EXECUTOR, RISK_OFFICER, Analyst
from desk.ports import ModelReply, ModelRequest

Doc = dict[str, Any]
MACRO, TECHNICAL = Analyst.MACRO.value, Analyst.TECHNICAL.value
SECONDS: Final = {
    MACRO: Decimal("3.2"),
    TECHNICAL: Decimal("4.1"),
    RISK_OFFICER: Decimal("6.4"),
    EXECUTOR: Decimal(1),
}
PRICE: Final = (Decimal("0.0000025"), Decimal("0.00001"))
SUBJECTS: Final = {
    "vix_percentile": "Implied volatility ranks at {} of its year",
    "credit_change_3m": "The spread of weak over strong credit moved {} points in a quarter",
    "core_cpi_change_6m": "The yearly rate of core prices changed by {} points in half a year",
    "wti_change_60d": "Oil moved by {} over the last months",
}
MEANINGS: Final = {
    "speaks for risk": "that lets risk breathe",
    "is neutral": "that says nothing either way",
    "speaks against risk": "that is a warning",
}


@dataclass(frozen=True, kw_only=True)
class Temper:
    """What the stand-ins of one session are like.

    Attributes:
        lead: how far each analyst's p lies above the base rate.
        stances: of analysts who see it otherwise than the rules do.
        officer: its decisions, in turn; the last one again and again.
        moves: how an analyst answers: holds, concedes, turns (on a new fact) or yields (on none).
        size_step: what the officer approves, in percent.
        invents: an analyst who states a figure that no fact shows.
    """

    lead: Mapping[str, Decimal] = field(default_factory=dict)
    stances: Mapping[str, str] = field(default_factory=dict)
    officer: tuple[str, ...] = ()
    moves: Mapping[str, str] = field(default_factory=dict)
    size_step: int = 100
    invents: str = ""


class StandIn:
    """``desk.ports.Model`` for any role of one debate. ``passes`` lets time go by."""

    name = "openai:stand-in"

    def __init__(self, debate: Debate, temper: Temper, passes: Callable[[Decimal], None]) -> None:
        self._debate, self._temper, self._passes = debate, temper, passes
        self._rules = RulesModel(debate)
        self._words: Iterator[str] = iter(temper.officer)
        self._word = ""

    async def reply(self, request: ModelRequest, on_text: Callable[[str], None]) -> ModelReply:
        said = await self._rules.reply(request, lambda _: None)
        content = said.content
        if request.role != EXECUTOR:
            content = written(self._own(request, json.loads(content)))
        self._passes(SECONDS[request.role])
        asked = sum(len(str(one["content"])) for one in request.messages) + len(request.system)
        tokens = (asked // 4, max(len(content) // 4, 20))
        usd = sum((n * price for n, price in zip(tokens, PRICE, strict=True)), Decimal(0))
        return ModelReply(
            content=content,
            tool_calls=said.tool_calls,
            finish_reason=said.finish_reason,
            prompt_tokens=tokens[0],
            completion_tokens=tokens[1],
            usd=usd.quantize(Decimal("0.000001")),
        )

    def _own(self, request: ModelRequest, said: Doc) -> Doc:
        if request.role == RISK_OFFICER:
            return self._verdict(said)
        if request.schema == "Rebuttal":
            return self._rebuttal(request.role, said)
        return self._view(request.role, said)

    # ---- analysts --------------------------------------------------------------------------------

    def _view(self, role: str, said: Doc) -> Doc:
        said = said | {"conviction": None}
        said["claims"] = [self._claim(one) for one in said["claims"]]
        said["against"] = [plainly(one) for one in said["against"]]
        if role == self._temper.invents:
            said["claims"][0]["text"] = "Positioning stands at 87.5 of 100, as crowded as it gets."
        stance = self._temper.stances.get(role)
        if stance:
            regime = {"bullish": "risk_on", "bearish": "risk_off"}.get(stance, "mixed")
            said |= {"stance": stance, "regime": regime}
        return said | {"forecast": self._forecast(said["forecast"], self._temper.lead.get(role))}

    def _claim(self, claim: Doc) -> Doc:
        fact = self._debate.dossier.by_id(claim["facts"][0])
        meaning = next((mine for theirs, mine in MEANINGS.items() if theirs in claim["text"]), "")
        if fact is None or fact.name not in SUBJECTS:
            return plainly(claim)
        return claim | {"text": f"{SUBJECTS[fact.name].format(plain(fact.value))}: {meaning}."}

    def _forecast(self, forecast: Doc | None, lead: Decimal | None) -> Doc | None:
        if forecast is None or lead is None:
            return forecast
        p = min(max(Decimal(forecast["p"]) + lead, Decimal("0.01")), Decimal("0.99"))
        why = "The averages are in better order than at most of the past entries."
        return forecast | {"p": plain(p), "why_differs": why}

    def _rebuttal(self, role: str, said: Doc) -> Doc:
        move = self._temper.moves.get(role, "holds")
        if move == "concedes":
            claim = self._claims_of(TECHNICAL if role == MACRO else role)[0]
            return said | {
                "concedes": [claim],
                "forecast": self._forecast(said["forecast"], Decimal("-0.06")),
            }
        if move in ("turns", "yields"):
            other = {"bullish": "bearish", "bearish": "bullish"}[said["stance"]]
            news = [self._uncited()] if move == "turns" else []
            return said | {"stance": other, "changed": True, "new_facts": news}
        return said

    def _claims_of(self, role: str) -> list[Doc]:
        view = self._debate.view(Analyst(role))
        assert view is not None
        found: list[Doc] = json.loads(written(view.document()))["claims"]
        return found

    def _uncited(self) -> str:
        """A fact that nobody has spoken of yet."""
        views = (self._debate.view(who) for who in Analyst)
        cited = frozenset().union(*(view.cited for view in views if view is not None))
        return next(fact.id for fact in self._debate.dossier if fact.id not in cited)

    # ---- the officer -----------------------------------------------------------------------------

    def _verdict(self, said: Doc) -> Doc:
        self._word = next(self._words, self._word)
        said["strongest_case_against"] = plainly(said["strongest_case_against"])
        said["pre_mortem"] = [one | {"how_it_loses": bare(one["how_it_loses"])} for one in said["pre_mortem"]]
        if self._word == "challenge":
            disputed = self._claims_of(TECHNICAL)[0]
            ask = "What is left of this trend if the next close is a reversal of the last one?"
            question = {"to": TECHNICAL, "disputed": disputed, "question": ask, "facts": disputed["facts"]}
            empty: Doc = {"side": None, "size_step": None, "pre_mortem": [], "kill_if": []}
            return said | empty | {"decision": "challenge", "challenge": question, "reasons": ["TREND_AGE"]}
        if said["decision"] == "approve":
            said["size_step"] = self._temper.size_step
            said["dissent"] = self._dissent()
        return said

    def _dissent(self) -> list[Doc]:
        conceded = "concedes" in self._temper.moves.values()
        claim = "The trend is older than the forecast allows for."
        return [{"who": MACRO, "claim": claim, "unresolved": True}] if conceded else []


def bare(text: str) -> str:
    text = text.removeprefix("Rules model: ")
    return text[:1].upper() + text[1:]


def plainly(claim: Doc) -> Doc:
    """Without saying whose words they were."""
    return claim | {"text": bare(claim["text"])}
