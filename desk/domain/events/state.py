"""The desk itself: what may be sent, what is cut off, what was tried and is not allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk.domain.events.fact import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingStateChanged(Event):
    """What may be sent from here on, who said so and why."""

    source: str
    target: str
    reason: str
    by: str
    hard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged(Event):
    """The breaker of one service after something happened to it: the fold is simply the last one."""

    service: str
    state: str
    failures: int
    successes: int
    cause: str
    probe_by: str | None = None
    since: datetime | None = None
    latched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidTransitionAttempted(Event):
    """A move that its machine does not have was asked for, and refused."""

    machine: str
    subject: str
    source: str
    target: str
