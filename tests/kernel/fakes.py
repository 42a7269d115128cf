"""Hand-written stand-ins for what the kernel gets from outside. Each does what its port says, and counts."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal

from desk.domain.events import ApprovalRequested
from desk.ports import Answer, Instant
from tests.kernel.values import NOW

BOOT = "boot-1"


class HandClock:
    """Time that passes when a test says so; sleeping takes its time at once."""

    def __init__(self) -> None:
        self.passed_s = Decimal(0)

    def pass_s(self, seconds: float) -> None:
        self.passed_s += Decimal(str(seconds))

    def monotonic_s(self) -> Decimal:
        return self.passed_s

    def stamp(self, stream_id: str) -> Instant:
        wall = NOW + timedelta(microseconds=int(self.passed_s * 1_000_000))
        return Instant(wall=wall, boot_id=BOOT, monotonic_s=self.passed_s)

    async def sleep(self, seconds: float) -> None:
        self.pass_s(seconds)


class CountedIds:
    """1, 2, 3 …, in the shape of real ids. ``start`` keeps two processes apart."""

    def __init__(self, start: int = 1) -> None:
        self._numbers = itertools.count(start)

    def new(self, prefix: str, stream_id: str) -> str:
        return f"{prefix}_{next(self._numbers):032x}"


class Switch:
    """The stop file, as two booleans."""

    def __init__(self) -> None:
        self.on = False
        self.is_hard = False
        self.reasons: list[str] = []

    def halted(self) -> bool:
        return self.on

    def hard(self) -> bool:
        return self.on and self.is_hard

    def halt(self, reason: str) -> None:
        self.on = True
        self.reasons.append(reason)


class Dark:
    """A screen nobody looks at."""

    def show(self, step: object) -> None:
        """Nothing."""


class Yes:
    """A human who grants whatever is asked."""

    channel = "test"
    ttl_s = 600
    suspends = False

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        return Answer(card_hash=request.card_hash, decision="granted", by="ann", channel=self.channel)
