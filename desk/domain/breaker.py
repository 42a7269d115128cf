"""The circuit breaker of one service: a pure step function over a frozen state.

State is a fold of the journal (``BreakerChanged`` holds the whole state), so it is shared by every
process. Half-open admits exactly one probe, claimed in a transaction; two successes close it, one
failure opens it again. Thresholds are seed 000's table.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace


class BreakerState(StrEnum):
    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class Thresholds(Struct, frozen=True, kw_only=True):
    """``failures`` in a row open it for ``open_s``; a silent probe is given up after as long."""

    failures: int
    open_s: int
    successes_to_close: int = 2


THRESHOLDS: Mapping[str, Thresholds] = MappingProxyType(
    {"casino": Thresholds(failures=5, open_s=30), "trading": Thresholds(failures=3, open_s=60)}
)
OTHERS = Thresholds(failures=5, open_s=60)


class Breaker(Struct, frozen=True, kw_only=True):
    """``latched`` means only a human reset closes it (a 401, an expired token)."""

    service: str
    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    successes: int = 0
    since: datetime | None = None
    probe_by: str | None = None
    latched: bool = False

    @property
    def thresholds(self) -> Thresholds:
        """By the service's kind: ``trading@paper`` and ``trading@purpleflea`` are two of one kind."""
        return THRESHOLDS.get(self.service.partition("@")[0], OTHERS)

    def admits(self, now: datetime, *, reduces: bool = False) -> bool:
        """May a call go out now? A reduce-only exit may take the probe before the time is over."""
        if self.state is BreakerState.CLOSED:
            return True
        if self.latched:
            return False
        if self.probe_by is not None and not self._due(now):
            return False
        return self.state is BreakerState.HALF_OPEN or reduces or self._due(now)

    def _due(self, now: datetime) -> bool:
        return self.since is not None and now - self.since >= timedelta(seconds=self.thresholds.open_s)

    def claimed(self, by: str, now: datetime) -> Breaker:
        """The state after a call was let out: a closed breaker stays, another notes the probe."""
        if self.state is BreakerState.CLOSED:
            return self
        return replace(self, state=BreakerState.HALF_OPEN, probe_by=by, since=now)

    def succeeded(self, now: datetime) -> Breaker:
        """After a call that the service answered."""
        if self.state is BreakerState.CLOSED:
            return self if not self.failures else replace(self, failures=0)
        if self.state is BreakerState.OPEN:
            return self  # a late answer to a call of before says nothing about now
        successes = self.successes + 1
        if successes >= self.thresholds.successes_to_close:
            return Breaker(service=self.service, since=now)
        return replace(self, state=BreakerState.HALF_OPEN, successes=successes, probe_by=None, since=now)

    def failed(self, now: datetime, *, latch: bool = False) -> Breaker:
        """After a counted failure. ``latch``: credentials were refused; only a human resets that."""
        failures = self.failures + 1
        opens = latch or self.state is not BreakerState.CLOSED or failures >= self.thresholds.failures
        return Breaker(
            service=self.service,
            state=BreakerState.OPEN if opens else BreakerState.CLOSED,
            failures=failures,
            since=now if opens else self.since,
            latched=latch or self.latched,
        )

    def released(self) -> Breaker:
        """After a probe that says nothing about the service (cancelled, refused by validation)."""
        return replace(self, probe_by=None)

    def reset(self, now: datetime) -> Breaker:
        """A human says the service is well."""
        return Breaker(service=self.service, since=now)
