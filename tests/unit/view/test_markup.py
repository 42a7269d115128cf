"""The one place where text becomes markup: whatever it is, it stays text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.inert import inert
from desk.view.looks import LOOKS, PAGE_SHEET, PICTURE_SHEET
from desk.view.markup import LONGEST_TEXT, as_classes, as_styles, el, written


def html(*children: str, **attributes: object) -> str:
    return written(el("p", *children, **attributes), as_classes)


def test_tags_and_quotes_in_text_are_text() -> None:
    assert html("<script>\"a\" & 'b'") == "<p>&lt;script&gt;&quot;a&quot; &amp; &#x27;b&#x27;</p>"


def test_an_attribute_cannot_be_left() -> None:
    assert html(id='x" onload="y') == '<p id="x&quot; onload=&quot;y"></p>'


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066", "\x1b", "\x00", "\ufeff", "\ue000", "\x85"])
def test_what_cannot_be_seen_becomes_a_space(hidden: str) -> None:
    assert html(f"a{hidden}b") == "<p>a b</p>"


def test_marks_do_not_pile_up_on_a_letter() -> None:
    assert inert("e\u0301" + "\u0336" * 50) == "e\u0301\u0336"


def test_a_text_longer_than_any_is_cut() -> None:
    assert len(html("x" * 1_000_000)) < LONGEST_TEXT + 20


@pytest.mark.parametrize(
    "tag", ["script", "iframe", "object", "embed", "form", "link", "base", "foreignObject"]
)
def test_a_tag_that_could_act_cannot_be_made(tag: str) -> None:
    with pytest.raises(ValueError, match="no part of a page"):
        el(tag)


@pytest.mark.parametrize("name", ["onclick", "onload", "style", "action", "srcset", "xlink:href"])
def test_an_attribute_that_could_act_cannot_be_made(name: str) -> None:
    with pytest.raises(ValueError, match="no part of a page"):
        el("p", **{name: "x"})


@pytest.mark.parametrize(
    ("tag", "name", "address"),
    [("a", "href", "https://x.test"), ("a", "href", "javascript:x"), ("img", "src", "//x.test/a.png")],
)
def test_no_address_leads_out_of_the_page(tag: str, name: str, address: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        el(tag, **{name: address})


def test_a_style_sheet_holds_no_tag() -> None:
    with pytest.raises(ValueError, match="style sheet"):
        el("style", "</style><script>")


@pytest.mark.parametrize("sheet", [PAGE_SHEET, PICTURE_SHEET, *LOOKS.values()])
def test_our_own_styles_fetch_nothing(sheet: str) -> None:
    assert not {"url(", "@import", "expression", "<"} & {
        word for word in ("url(", "@import", "<") if word in sheet
    }


def test_looks_are_classes_in_a_page_and_styles_in_a_notebook() -> None:
    node = el("b", "x", look="good")

    assert written(node, as_classes) == '<b class="d-good">x</b>'
    assert written(node, as_styles({"good": "color:green"})) == '<b style="color:green">x</b>'
    assert written(node, as_styles({"good": ""})) == "<b>x</b>"


@given(st.text())
def test_any_text_stays_inside_its_element(text: str) -> None:
    inside = html(text).removeprefix("<p>").removesuffix("</p>")

    assert not {"<", ">", '"', "'"} & set(inside)
    assert not any(ord(char) < 32 for char in inside)
