"""The debate as cards: who said what, resting on which facts; and the facts, with who cited each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from desk.view.looks import LOOKS
from desk.view.markup import Element, Node, as_styles, el, parts, written
from desk.view.table import Table
from desk.view.wording import condition

Doc = Mapping[str, Any]
#: Key of a list of claims, the mark before each, its tone, and how it is read aloud.
CLAIMS: Final = (
    ("claims", "+", "good", "for"),
    ("against", "−", "bad", "against"),
    ("concedes", "~", "warn", "concedes"),
)
SHORT: Final = {"macro_analyst": "macro", "technical_analyst": "technical", "risk_officer": "officer"}
TONES: Final = {"bullish": "good", "approve": "good", "bearish": "bad", "reject": "bad", "challenge": "warn"}
OUTCOME_TONES: Final = {"executed": "good", "denied": "bad", "failed": "bad", "unknown": "bad"}


class Cards(Struct, frozen=True):
    """A session's debate, for a notebook or a page."""

    document: Doc

    def node(self) -> Element:
        """Everything: how it ended, what was to be done, the debate, the facts."""
        return el(
            "div",
            *self.heading(),
            el("h2", "The debate", look="h2"),
            self.debate(),
            el("details", el("summary", self.told_of_facts, look="summary"), self.facts(), look="more"),
            look="root",
        )

    def _repr_html_(self) -> str:
        return written(self.node(), as_styles(LOOKS))

    def __repr__(self) -> str:
        return f"<Cards {self}>"

    def __str__(self) -> str:
        session = self.document["session"]
        heads = (f"{words_of(one['who'])} {head(one)}" for one in self.document["messages"])
        ended = f"{words_of(session['outcome'])} by {words_of(session['decided_by'])}"
        return f"{session['brief']}: {', '.join(heads)}; {ended}"

    @property
    def place(self) -> str:
        """What the ids of this session's facts begin with: a notebook may show several sessions."""
        return f"fact-{str(self.document['session']['session_id'])[-8:]}"

    def heading(self) -> tuple[Element, ...]:
        """The brief's name, the outcome with its reasons, and the figures of the act."""
        session = self.document["session"]
        tone = OUTCOME_TONES.get(str(session["outcome"]), "warn")
        by = f" by {words_of(session['decided_by'])}"
        reasons = "".join(f" · {one}" for one in session["reasons"])
        return (
            el("h1", str(session["brief"] or "a session"), look="h1"),
            el(
                "p",
                el("span", words_of(session["outcome"]), look=f"tag {tone}"),
                el("span", by + reasons, look="dim"),
                look="p",
            ),
            figures(self._act()),
        )

    def _act(self) -> Iterator[tuple[str, str]]:
        intent, human = self.document["intent"], self.document["approval"]
        if intent:
            yield "act", f"{str(intent['side']).upper()} {intent['size']} USDC {intent['symbol']}"
            yield from ((name, str(intent[name])) for name in ("limit", "stop", "target"))
        if human:
            yield "human", f"{human['decision'] or 'no answer'} by {human['by'] or 'nobody'}"
        for order in self.document["orders"]:
            price = f" at {order['fill_price']}" if order["fill_price"] else ""
            yield str(order["purpose"]), f"{words_of(order['state']).lower()}{price}"
        usage = self.document["usage"]
        usd = "cost not known" if usage["usd"] is None else f"{usage['usd']} USD"
        yield "models", f"{usage['calls']} calls, {usd}"

    def debate(self) -> Element:
        """A card for each thing that was said."""
        cards = [statement(message, self.place) for message in self.document["messages"]]
        return el("div", *cards, look="columns") if cards else el("p", "Nobody spoke.", look="p dim")

    @property
    def told_of_facts(self) -> str:
        facts, gone = self.document["facts"], self.document["missing"]
        return f"{len(facts)} facts, {len(cited_by(self.document))} cited; {len(gone)} could not be had"

    def facts(self) -> Element:
        """The facts, those that somebody rested on first."""
        cited = cited_by(self.document)
        known = sorted(self.document["facts"], key=lambda fact: fact["id"] not in cited)
        rows = [self._fact(fact, cited.get(fact["id"], ())) for fact in known]
        gone = [("", str(one["name"]), "", "", str(one["reason"]), "") for one in self.document["missing"]]
        columns = ("id", "fact", "value", "unit", "of", "cited by")
        return Table(columns=columns, rows=(*rows, *gone), numeric=frozenset({2})).node()

    def _fact(self, fact: Doc, who: Iterable[str]) -> tuple[Node, ...]:
        name = f"{fact['name']}{' (proxy)' if fact['proxy'] else ''}"
        value, unit, symbol = (str(fact[key]) for key in ("value", "unit", "symbol"))
        return (
            el("span", str(fact["id"]), id=f"{self.place}-{fact['id']}"),
            name,
            value,
            unit,
            symbol,
            ", ".join(who),
        )


def session_card(document: Doc) -> str:
    """A session's cards as HTML with inline styles: what a notebook shows of it."""
    return Cards(document)._repr_html_()


def figures(pairs: Iterable[tuple[str, str]]) -> Element:
    """Names and values, side by side."""
    return el(
        "div",
        *(
            el("div", el("span", name, look="figure-name"), el("span", value, look="figure-value"))
            for name, value in pairs
        ),
        look="figures",
    )


def statement(message: Doc, place: str) -> Element:
    """One view, rebuttal or verdict; ``place`` is where its facts are listed."""
    said: Doc = message["content"]
    word = head(message)
    return el(
        "article",
        el(
            "h3",
            words_of(message["who"]),
            " ",
            el("span", word, look=f"tag {TONES.get(word, 'dim')}"),
            look="h3",
        ),
        el("p", about(message), look="p dim"),
        el("ul", *claims(said, place), look="claims"),
        *(el("p", *line, look="p dim") for line in details(said, place)),
        *(el("p", told, look="p bad") for told in remarks(message)),
        look="card",
    )


def head(message: Doc) -> str:
    """The word that counts: a stance or a decision."""
    said = message["content"]
    return str(said.get("stance") or said.get("decision") or "nothing valid")


def about(message: Doc) -> str:
    said = message["content"]
    known = [words_of(said[key]) for key in ("setup", "regime") if said.get(key)]
    known += [f"{said['horizon_bars']} bars"] if said.get("horizon_bars") else []
    known += [f"conviction {said['conviction']}"] if said.get("conviction") else []
    known += [f"size {said['size_step']} %"] if said.get("size_step") else []
    return ", ".join([str(message["kind"]), *known])


def claims(said: Doc, place: str) -> Iterator[Element]:
    for key, sign, tone, aloud in CLAIMS:
        for claim in said.get(key) or ():
            yield claimed(claim, place, sign, tone, aloud)
    worst = said.get("strongest_case_against")
    if worst:
        yield claimed(worst, place, "−", "bad", "strongest case against")


def claimed(claim: Doc, place: str, sign: str, tone: str, aloud: str) -> Element:
    """A claim with the facts it rests on."""
    mark = el("span", sign, look=f"mark {tone}", aria_label=aloud)
    return el("li", mark, el("span", str(claim["text"]), " ", *ids(claim["facts"], place)), look="claim")


def ids(facts: Iterable[object], place: str) -> tuple[Node, ...]:
    """Facts by their ids, each leading to its line in the table."""
    return parts(el("a", str(one), look="fact", href=f"#{place}-{one}") for one in facts)


def details(said: Doc, place: str) -> Iterator[tuple[Node, ...]]:
    """What else a statement holds, a line each."""
    if said.get("abstain_reason"):
        yield (str(said["abstain_reason"]),)
    if challenge := said.get("challenge"):
        yield (
            f"asks the {words_of(challenge['to'])}: {challenge['question']} ",
            *ids(challenge["facts"], place),
        )
    if said.get("reasons"):
        yield (f"because of {', '.join(map(str, said['reasons']))}",)
    if forecast := said.get("forecast"):
        base = forecast["base_rate_fact"]
        yield (
            f"forecast: {words_of(forecast['event'])} with p {forecast['p']}",
            *((", base rate ", *ids([base], place)) if base else ()),
            *((f"; {forecast['why_differs']}",) if forecast["why_differs"] else ()),
        )
    for one in said.get("dissent") or ():
        yield (f"{words_of(one['who'])} dissents: {one['claim']}",)
    for one in said.get("pre_mortem") or ():
        yield (f"may lose: {one['how_it_loses']} p {one['p']}, early sign {condition(one['early_sign'])}",)
    for key, lead in (("change_my_mind", "would change its mind if"), ("kill_if", "void if")):
        if said.get(key):
            yield (f"{lead} {', or '.join(condition(one) for one in said[key])}",)


def remarks(message: Doc) -> Iterator[str]:
    """What the law had to say of it."""
    if message.get("reason"):
        yield f"does not count: {message['reason']}"
    yield from (f"! {one}" for one in message.get("warnings") or ())


def cited_by(document: Doc) -> dict[str, list[str]]:
    """Who rested on each fact, by its id; facts that nobody cited are not there."""
    found: dict[str, list[str]] = {}
    for message in document["messages"]:
        who = SHORT.get(str(message["who"]), str(message["who"]))
        for fact in _cited(message["content"]):
            if who not in found.setdefault(fact, []):
                found[fact].append(who)
    return found


def _cited(said: Doc) -> Iterator[str]:
    lists = [said.get(key) or () for key in ("facts", "drivers", "new_facts")]
    spoken = [claim for key, *_ in CLAIMS for claim in said.get(key) or ()]
    spoken += [said[key] for key in ("strongest_case_against", "challenge") if said.get(key)]
    lists += [one["facts"] for one in spoken]
    yield from (str(fact) for one in lists for fact in one)
    refs = [said.get(key) for key in ("entry", "stop", "target")]
    yield from (str(ref["fact"]) for ref in refs if ref)
    forecast = said.get("forecast")
    yield from (str(it["base_rate_fact"]) for it in (said, forecast) if it and it.get("base_rate_fact"))


def words_of(code: object) -> str:
    return str(code).replace("_", " ")
