"""Who is looking: tokens, cookies and forms, each good for what it was made for and no longer."""

from __future__ import annotations

from hashlib import sha256

import pytest

from desk.config import Person
from desk.journal import Key
from desk.serve.visitors import VALID_S, Visitors

KEY = Key(bytes(range(32)))


def person(name: str, token: str) -> Person:
    return Person(name=name, page_token_sha256=sha256(token.encode()).hexdigest())


ANN, BOB = person("ann", "a"), person("bób", "b")


def visitors(*people: Person, at: int = 1000, key: Key = KEY) -> Visitors:
    return Visitors(key, people or (ANN, BOB), lambda: at)


def test_a_token_gives_a_cookie_that_names_its_person() -> None:
    for token, name in (("a", "ann"), ("b", "bób")):
        assert visitors().name_of(visitors().login(token)) == name


@pytest.mark.parametrize("token", ["", "A", "a ", "c", "a" * 10_000, ANN.page_token_sha256])
def test_anything_else_gives_none(token: str) -> None:
    assert visitors().login(token) is None


def test_a_cookie_lasts_twelve_hours() -> None:
    cookie = visitors().login("a")

    assert visitors(at=1000 + VALID_S).name_of(cookie) == "ann"
    assert visitors(at=1001 + VALID_S).name_of(cookie) is None


def test_a_new_token_another_home_or_no_listing_ends_a_cookie() -> None:
    cookie = visitors().login("a")

    assert visitors(person("ann", "another"), BOB).name_of(cookie) is None
    assert visitors(BOB).name_of(cookie) is None
    assert visitors(key=Key(bytes(32))).name_of(cookie) is None


def test_a_form_is_good_for_one_cookie_and_one_card() -> None:
    it = visitors()
    token = it.form_token("cookie", "card")

    assert it.may_send("cookie", "card", token)
    assert not it.may_send("cookie", "card2", token)
    assert not it.may_send("cookie2", "card", token)
    assert not it.may_send("cookie", "card", "")


def test_five_wrong_tokens_lock_for_a_minute() -> None:
    now = [0]
    it = Visitors(KEY, (ANN,), lambda: now[0])
    for _ in range(5):
        assert not it.locked
        it.login("guess")

    assert it.locked
    now[0] = 60
    assert not it.locked


def test_people_without_a_token_cannot_log_in() -> None:
    nobody = visitors(Person(name="carl"))

    assert not nobody.anybody
    assert nobody.login("") is None
