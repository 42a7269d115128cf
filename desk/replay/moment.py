"""A session or an account as it stood at one moment: its events up to there; all else is folded from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from desk.errors import UsageError
from desk.ports import Recorded


def until(events: Sequence[Recorded], place: str) -> Sequence[Recorded]:
    """The events up to ``place``: an event's ``seq``, or a time with its offset.

    Raises:
        UsageError: it is neither, or the session had not begun then.
    """
    known = events_until(events, place)
    if not known:
        first = events[0]
        raise UsageError(
            f"the session had not begun at {place!a}",
            why=f"its first event is {first.seq}, of {first.occurred_at.isoformat()}",
            fix="Name a later event or time",
            code="BEFORE_SESSION",
        )
    return known


def events_until(events: Sequence[Recorded], place: str) -> Sequence[Recorded]:
    """The events up to ``place``, as ``until`` reads it; none if it is before the first.

    Raises:
        UsageError: it is neither an event's ``seq`` nor a time with its offset.
    """
    if place.isascii() and place.isdecimal():
        seq = int(place[:18])
        return [one for one in events if one.seq <= seq]
    at = _time(place)
    return [one for one in events if one.occurred_at <= at]


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UsageError(
            f"{text[:60]!a} is neither an event nor a time",
            fix="Give an event's number, or a time with its offset such as 2016-06-24T09:30:00Z",
        )
    return at
