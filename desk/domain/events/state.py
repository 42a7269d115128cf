"""The desk itself: what may be sent, what is cut off, what was tried and is not allowed."""

from __future__ import annotations

from datetime import datetime

from desk.domain.events.fact import Event


class TradingStateChanged(Event, frozen=True, kw_only=True):
    """What may be sent from here on, who said so and why."""

    source: str
    target: str
    reason: str
    by: str
    hard: bool = False


class BreakerChanged(Event, frozen=True, kw_only=True):
    """The breaker of one service after something happened to it: the fold is simply the last one."""

    service: str
    state: str
    failures: int
    successes: int
    cause: str
    probe_by: str | None = None
    since: datetime | None = None
    latched: bool = False


class InvalidTransitionAttempted(Event, frozen=True, kw_only=True):
    """A move that its machine does not have was asked for, and refused."""

    machine: str
    subject: str
    source: str
    target: str
