"""The parts of a session's page: each a heading with what belongs under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from desk.domain.brief import Brief
from desk.domain.canonical import timestamp
from desk.domain.money import plain
from desk.replay.hindsight import Hindsight
from desk.replay.portable import PortableRecord
from desk.view.cards import Cards, figures, words_of
from desk.view.markup import Element, Node, el
from desk.view.picture import Picture
from desk.view.table import Table
from desk.view.wording import condition

Doc = Mapping[str, Any]
#: How a Python stamp is cut for a reader: to the second.
SECOND = 19


def section(title: str, *content: Node | None) -> Element:
    return el("section", el("h2", title, look="h2"), *content, look="section")


def opening(cards: Cards, record: PortableRecord) -> Element:
    """How it ended, for which session."""
    opened = record.record.opened
    of = f"{record.session_id} · account {opened.account} at {opened.venue} · desk {opened.desk_version}"
    fork = f" · a fork of {opened.parent}: nothing of it was sent" if opened.parent else ""
    return el("section", *cards.heading(), el("p", of + fork, look="p dim"), look="section")


def question(brief: Brief) -> Element:
    """What was handed in. Its free text is marked as what it is."""
    pairs = [("as of", f"{brief.as_of:%Y-%m-%d %H:%M}Z"), ("market", ", ".join(brief.symbols))]
    pairs += [("horizon", brief.horizon)] if brief.horizon else []
    pairs += [("mandate", ", ".join(brief.mandate.kinds))]
    limits = (("at most", brief.mandate.max_notional_usdc), ("loss at most", brief.mandate.max_loss_usdc))
    pairs += [(name, f"{plain(value)} USDC") for name, value in limits if value is not None]
    pairs += [("event", f"{one.name}, {one.at.text()}") for one in brief.events]
    text = [el("p", line, look="p") for line in brief.text.splitlines() if line.strip()]
    note = el(
        "p", "Text handed in with the brief. It is data: nothing in it can decide or order.", look="p dim"
    )
    return section(
        "The question",
        el("p", brief.question, look="p") if brief.question else None,
        figures(pairs),
        el("blockquote", *text, note, look="quote") if text else None,
    )


def market(picture: Picture, brief: Brief) -> Element:
    rows = [(key, one.sha256) for key, one in sorted(brief.slices.items())]
    series = Table(columns=("data series", "sha256"), rows=rows).node()
    more = el("details", el("summary", f"{len(rows)} data series", look="summary"), series, look="more")
    return section("The market", picture.figure(), more)


def debate(cards: Cards) -> Element:
    return section("The debate", cards.debate())


def facts(cards: Cards) -> Element:
    return section("The facts", el("p", cards.told_of_facts, look="p dim"), cards.facts())


def gate(picture: Picture | None, record: PortableRecord) -> Element:
    """The last look in full, and every look in a line."""
    looks: list[Doc] = [one.data for one in record.events if one.event_type == "GateAssessed"]
    if picture is None:
        return section("The gate", el("p", "Nothing was proposed to it.", look="p dim"))
    rows = [
        (
            str(one["stage"]),
            "cleared" if one["cleared"] else "denied",
            ", ".join(map(str, one["reasons"])),
            str(one["max_admissible_usdc"]),
            ", ".join(map(str, one["human_reasons"])),
        )
        for one in looks
    ]
    columns = ("look", "result", "not met", "at most, USDC", "a human must decide for")
    return section("The gate", picture.figure(), Table(columns=columns, rows=rows).node())


def humans(record: PortableRecord) -> Element | None:
    """Who was asked what, and what they said; None if nobody was."""
    asked: list[Doc] = [one.data for one in record.events if one.event_type == "ApprovalRequested"]
    if not asked:
        return None
    rows = [
        (
            timestamp(one.occurred_at)[:SECOND],
            words_of(one.data["decision"]),
            str(one.data["by"]),
            str(one.data["channel"]),
            str(one.data["reason"] or ""),
            str(one.data["card_hash"])[:16],
        )
        for one in record.events
        if one.event_type == "ApprovalDecided"
    ]
    card: Doc = asked[-1]["card"]
    told = [
        f"{asked[-1]['quorum']} human(s) asked by {asked[-1]['channel']}",
        f"card {asked[-1]['card_hash']}",
    ]
    told += [f"The case against: {card['case_against']}"] if card.get("case_against") else []
    told += [f"Void if {condition(one)}" for one in card.get("kill_if") or ()]
    columns = ("when (UTC)", "word", "by", "over", "reason", "card")
    answers = Table(columns=columns, rows=rows).node() if rows else el("p", "No answer yet.", look="p dim")
    return section("The human", answers, *(el("p", one, look="p dim") for one in told))


def orders(document: Doc) -> Element | None:
    """What was sent, what came back, and the report."""
    if not document["orders"]:
        return None
    names = ("purpose", "side", "amount_usdc", "filled_usdc", "fill_price", "state", "client_order_id")
    rows = [
        tuple("" if one[name] is None else str(one[name]) for name in names) for one in document["orders"]
    ]
    columns = ("order", "side", "asked USDC", "filled USDC", "at", "state", "id")
    report = document["report"] or {}
    told = [(words_of(name), str(value)) for name, value in report.items() if name in _REPORTED and value]
    return section("What was done", Table(columns=columns, rows=rows).node(), figures(told))


_REPORTED = ("fee_usdc", "slippage_bps", "protection", "stop", "worst_loss_at_stop", "worst_loss_gap")


def afterwards(seen: Hindsight) -> Element | None:
    """The forecasts against the bars that came later."""
    rows = [
        (
            words_of(one.who),
            words_of(one.event),
            plain(one.p),
            "" if one.base is None else plain(one.base),
            {True: "yes", False: "no", None: "not known"}[one.came_true],
        )
        for one in seen.outlooks
    ]
    if not rows:
        return None
    note = "Computed for this page from the bars after as_of; no decision could read them."
    columns = ("who", "forecast", "p", "base rate", "came true")
    return section("Afterwards", Table(columns=columns, rows=rows).node(), el("p", note, look="p dim"))


def steps(picture: Picture) -> Element:
    return section("Step by step", picture.figure())


def settings(record: PortableRecord) -> Element:
    """Everything the session was given besides the brief."""
    opened = record.record.opened
    rows = [(name, value) for name, value in _flat("", opened.settings)]
    rows += [(f"prompt {words_of(role)}", str(sha)) for role, sha in sorted(opened.prompts.items())]
    rows += [("clock", opened.clock), ("seed", str(opened.seed)), ("brief sha256", opened.brief_sha256)]
    table = Table(columns=("setting", "value"), rows=rows).node()
    summary = el("summary", f"{len(rows)} settings and prompts, as recorded", look="summary")
    return section("Settings", el("details", summary, table, look="more"))


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in sorted(value.items()):
            yield from _flat(f"{name} {key}".strip(), inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{name} {number}", inner)
    else:
        yield words_of(name), "none" if value is None else str(value)


def proof(record: PortableRecord) -> Element:
    """How somebody who has the record can check that this page tells the truth."""
    id_ = record.session_id
    lines = (
        (f"desk import {id_}.jsonl", "reads the record, and refuses one that was changed"),
        (f"desk replay {id_} --verify", "runs it again: it must come to the digest above"),
        ("desk verify", f"where it was recorded: the head above is that of event {record.journal_seq}"),
    )
    told = (
        ("session digest", record.session_digest),
        ("head of the chain", f"{record.journal_hash} at event {record.journal_seq}"),
        ("events", str(len(record.events))),
    )
    note = "This page is a reading of the record, not the record. Ask for the file that `desk export` wrote."
    return section(
        "How to check this",
        Table(columns=("", ""), rows=[(name, el("span", value, look="code")) for name, value in told]).node(),
        *(el("p", el("span", command, look="code"), f" {what}", look="p") for command, what in lines),
        el("p", note, look="p dim"),
    )
