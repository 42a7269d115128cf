"""Pictures of the bundled records, and a session whose every text is hostile."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

from desk import casebook, recorded, sweep
from desk.api import Session
from desk.view.picture import Picture

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=y>\u202e\u200b\x1b[31m javascript:x https://evil.test '\"&"
)


@cache
def sessions() -> tuple[Session, ...]:
    return tuple(recorded())


def named(name: str) -> Session:
    """The one of this name; if several are, the one that the rules model alone spoke in."""
    return min((one for one in sessions() if one.name == name), key=lambda one: one.document["usage"]["usd"])


def pictures() -> Iterator[Picture]:
    """One or more of every kind, of sessions that ended in different ways."""
    for one in sessions():
        yield one.prices()
        yield one.timeline()
        gate = one.gate()
        if gate is not None:
            yield gate
    book = casebook(sessions())
    yield from (book.outcomes(), book.denials(), book.approvals(), book.cost())
    yield from (book.results(), book.without(), book.calibration())
    yield sweep(sessions(), "trade_size", ["0.005", "0.01", "0.02"])


@cache
def drawn(kind: type[Picture]) -> list[Picture]:
    """All pictures of a kind."""
    return [one for one in pictures() if type(one) is kind]


def hostile(value: Any) -> Any:
    """The same document with every text in it replaced, but for those that are read as words or numbers."""
    document = copy.deepcopy(value)
    document["session"] |= {"brief": HOSTILE, "reasons": [HOSTILE]}
    for message in document["messages"]:
        said = message["content"]
        message |= {"warnings": [HOSTILE], "reason": HOSTILE}
        for key in ("claims", "against"):
            said[key] = [{"text": HOSTILE, "facts": [HOSTILE], "weight": HOSTILE}]
        said |= {"abstain_reason": HOSTILE, "reasons": [HOSTILE], "stance": HOSTILE, "setup": HOSTILE}
        said["dissent"] = [{"who": HOSTILE, "claim": HOSTILE, "unresolved": True}]
    document["facts"] = [one | {"name": HOSTILE, "unit": HOSTILE, "id": HOSTILE} for one in document["facts"]]
    document["missing"] = [{"name": HOSTILE, "symbol": HOSTILE, "reason": HOSTILE}]
    document["orders"] = [one | {"purpose": HOSTILE, "state": HOSTILE} for one in document["orders"]]
    return document
