"""Who is looking at the page: a token once, then a signed cookie; and forms that only its reader can send."""

from __future__ import annotations

import hmac
import re
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from hashlib import sha256

from desk.config import Person
from desk.journal import Key

COOKIE = "desk_visitor"
VALID_S = 12 * 3600
MOST_FAILURES, FAILURE_WINDOW_S = 5, 60
_COOKIE = re.compile(r"([0-9a-f]{2,200})\.([0-9]{1,12})\.([0-9a-f]{32})\.([0-9a-f]{64})")


class Visitors:
    """Signs with the home's key; keeps no list, so a restart logs nobody out."""

    def __init__(self, key: Key, people: Sequence[Person], now_s: Callable[[], int]) -> None:
        self._key = key
        self._people = [one for one in people if one.page_token_sha256]
        self._now_s = now_s
        self._failures: deque[int] = deque(maxlen=MOST_FAILURES)

    @property
    def anybody(self) -> bool:
        """Is there a person with a token at all?"""
        return bool(self._people)

    @property
    def locked(self) -> bool:
        """Too many wrong tokens within a minute."""
        recent = [at for at in self._failures if self._now_s() - at < FAILURE_WINDOW_S]
        return len(recent) >= MOST_FAILURES

    def login(self, token: str) -> str | None:
        """The cookie for a person's token; None for any other text."""
        given = sha256(token.encode()).hexdigest().encode()
        found = None
        for one in self._people:
            if hmac.compare_digest((one.page_token_sha256 or "").lower().encode(), given):
                found = one
        if found is None:
            self._failures.append(self._now_s())
            return None
        text = f"{found.name.encode().hex()}.{self._now_s() + VALID_S}.{secrets.token_hex(16)}"
        return f"{text}.{self._key.mac('page', _signed(text, found))}"

    def name_of(self, cookie: str | None) -> str | None:
        """Whose cookie this is; None if it is not ours, too old, or its token is listed no more."""
        found = _COOKIE.fullmatch(cookie or "")
        if found is None or cookie is None or int(found[2]) < self._now_s():
            return None
        text, mac = cookie.rpartition(".")[0], found[4]
        people = (one for one in self._people if one.name.encode().hex() == found[1])
        return next((one.name for one in people if self._key.verifies("page", _signed(text, one), mac)), None)

    def form_token(self, cookie: str, card: str) -> str:
        """What a form must carry: bound to this cookie and to the very card that is shown."""
        return self._key.mac("form", f"{cookie}|{card}")

    def may_send(self, cookie: str, card: str, token: str) -> bool:
        return self._key.verifies("form", f"{cookie}|{card}", token)


def _signed(text: str, person: Person) -> str:
    """A cookie stands and falls with the token it was got with."""
    return f"{text}|{(person.page_token_sha256 or '').lower()}"
