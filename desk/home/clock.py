"""Time: the wall, or a brief's own clock that gives the same stamps in every run."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from desk.ports import Instant

BRIEF_BOOT = "brief"


def boot_id() -> str:
    """The kernel's id of this boot: monotonic times of two boots cannot be compared."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        # Without one, no monotonic time of another process is trusted: the wall alone decides.
        return f"unknown-{time.monotonic_ns()}"


class WallClock:
    """Now, as the machine has it."""

    def __init__(self) -> None:
        self._boot = boot_id()

    def stamp(self, stream_id: str) -> Instant:
        return Instant(wall=datetime.now(UTC), boot_id=self._boot, monotonic_s=self.monotonic_s())

    def monotonic_s(self) -> Decimal:
        return Decimal(time.monotonic_ns() // 1000).scaleb(-6)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class BriefClock:
    """``as_of`` plus n milliseconds, n counted per stream; nothing takes any time."""

    def __init__(self, as_of: datetime) -> None:
        self._as_of = as_of
        self._counts: Counter[str] = Counter()

    def stamp(self, stream_id: str) -> Instant:
        self._counts[stream_id] += 1
        passed = timedelta(milliseconds=self._counts[stream_id])
        return Instant(
            wall=self._as_of + passed,
            boot_id=BRIEF_BOOT,
            monotonic_s=Decimal(self._counts[stream_id]).scaleb(-3),
        )

    def monotonic_s(self) -> Decimal:
        return Decimal(0)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
