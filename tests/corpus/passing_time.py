"""The machine's time, for those who will not wait: what would be slept through has passed at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from desk.home.clock import WallClock
from desk.ports import Instant


class PassingClock:
    """``desk.ports.Clock`` on the wall, ahead of it by everything that was skipped so far."""

    def __init__(self) -> None:
        self._wall = WallClock()
        self._skipped = timedelta()

    def skip(self, seconds: float) -> None:
        """Let time pass."""
        self._skipped += timedelta(seconds=seconds)

    def stamp(self, stream_id: str) -> Instant:
        now = self._wall.stamp(stream_id)
        return replace(now, wall=now.wall + self._skipped, monotonic_s=self.monotonic_s())

    def monotonic_s(self) -> Decimal:
        return self._wall.monotonic_s() + Decimal(self._skipped // timedelta(microseconds=1)).scaleb(-6)

    async def sleep(self, seconds: float) -> None:
        self.skip(seconds)
