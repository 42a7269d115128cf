"""The debate as cards: whose words, resting on which facts; whatever the words are, they stay words."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from desk import casebook, diff
from desk.view.cards import Cards, cited_by, session_card
from tests.unit.view.samples import HOSTILE, hostile, named, sessions


class Seen(HTMLParser):
    """Every tag with its attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_card_shows_who_said_what_for_and_against() -> None:
    words = Seen(session_card(named("brexit-eve").document)).words

    for told in (
        "macro analyst",
        "bullish",
        "technical analyst",
        "risk officer",
        "approve",
        "because of AGREEMENT",
    ):
        assert told in words
    assert words.count("+") >= 6
    assert "forecast: target before stop with p" in words


def test_a_challenge_its_answer_and_the_dissent_are_there() -> None:
    words = Seen(session_card(named("wti-2015-12-30").document)).words

    marks = {it.get("aria-label") for _, it in Seen(session_card(named("wti-2015-12-30").document)).tags}

    assert marks >= {"for", "against", "concedes", "strongest case against"}
    for told in ("asks the technical analyst", "rebuttal", "~", "macro analyst dissents", "size 50 %"):
        assert told in words


def test_a_stance_that_changed_without_a_new_fact_is_said_not_to_count() -> None:
    words = Seen(session_card(named("spx-2016-09-16").document)).words

    assert "does not count: CAPITULATION" in words


def test_every_claim_leads_to_its_facts_in_the_table() -> None:
    seen = Seen(session_card(named("brexit-eve").document))
    links = {str(attributes["href"])[1:] for tag, attributes in seen.tags if tag == "a"}
    ids = {attributes.get("id") for _, attributes in seen.tags}

    assert links
    assert links <= ids


def test_facts_say_who_cited_them() -> None:
    document = named("brexit-eve").document
    cited = cited_by(document)

    assert cited["F23"] == ["technical", "officer"]
    assert cited["F33"] == ["macro"]
    assert cited.keys() <= {fact["id"] for fact in document["facts"]}


def test_a_card_needs_no_style_sheet_and_no_script() -> None:
    tags = Seen(session_card(named("brexit-eve").document)).tags

    assert {"script", "style", "link", "svg"}.isdisjoint({tag for tag, _ in tags})
    assert not any("class" in attributes for _, attributes in tags)


def test_hostile_texts_stay_texts() -> None:
    html = session_card(hostile(named("year-end-rally").document))
    seen = Seen(html)

    assert {tag for tag, _ in seen.tags}.isdisjoint({"script", "img"})
    assert not re.search(r"[\u202e\u200b\x1b]", html)
    assert all(not name.startswith("on") for _, attributes in seen.tags for name in attributes)
    assert all(str(it.get("href", "#")).startswith("#") for _, it in seen.tags)
    assert "<script>alert(1)</script>" in seen.words


def test_a_huge_text_is_cut() -> None:
    document = hostile(named("brexit-eve").document)
    document["messages"][0]["content"]["claims"][0]["text"] = HOSTILE * 100_000

    assert len(session_card(document)) < 400_000


def test_a_session_where_nobody_spoke_says_so() -> None:
    halted = next(one for one in sessions() if one.outcome == "halted")

    assert "Nobody spoke." in Seen(halted._repr_html_()).words
    assert "0 facts, 0 cited" in Seen(halted._repr_html_()).words


def test_a_short_form_names_stances_and_outcome() -> None:
    told = str(Cards(named("brexit-eve").document))

    assert told.startswith(
        "brexit-eve: macro analyst bullish, technical analyst bullish, risk officer approve"
    )
    assert told.endswith("; executed by system")


def test_two_sessions_side_by_side_mark_what_differs() -> None:
    granted, refused = (next(one for one in sessions() if one.outcome == it) for it in ("executed", "denied"))
    found = diff(granted, refused)
    seen = Seen(found._repr_html_())

    assert found.told.startswith("They part at step")
    assert seen.words.count("≠") == sum(not line.same for line in found.lines)
    assert diff(granted, granted).told == "Equal to the byte."


def test_a_book_lists_every_session_once() -> None:
    book = casebook(sessions())

    assert len(book.table().rows) == len(book) == len(sessions())
    assert len({row[1] for row in book.table().rows}) == len(sessions())
    assert "<script" not in book._repr_html_()
