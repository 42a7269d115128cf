"""Time that passes when a test says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from desk.errors import UsageError
from desk.ports import Instant


class FakeClock:
    """``desk.ports.Clock`` by hand: it stands still, and whoever sleeps on it has slept at once.

    >>> from datetime import UTC, datetime
    >>> clock = FakeClock(datetime(2016, 6, 24, tzinfo=UTC))
    >>> clock.advance(90)
    >>> clock.monotonic_s(), clock.stamp("any").wall.isoformat()
    (Decimal('90'), '2016-06-24T00:01:30+00:00')

    Args:
        start: where the wall begins, with its offset; the monotonic clock begins at 0.
        boot_id: two clocks of one boot may compare their monotonic times.

    Raises:
        UsageError: ``start`` has no offset.
    """

    def __init__(self, start: datetime, *, boot_id: str = "fake-boot") -> None:
        if start.tzinfo is None:
            raise UsageError("the start of a FakeClock has no offset", fix="Give it tzinfo=UTC")
        self._start = start
        self._boot_id = boot_id
        self._passed_s = Decimal(0)

    def advance(self, seconds: float) -> None:
        """Let time pass, on the wall and on the monotonic clock.

        Raises:
            UsageError: the number is negative.
        """
        if seconds < 0:
            raise UsageError("time does not go back", fix="Use another FakeClock with an earlier start")
        self._passed_s += Decimal(str(seconds))

    def monotonic_s(self) -> Decimal:
        return self._passed_s

    def stamp(self, stream_id: str) -> Instant:
        wall = self._start + timedelta(microseconds=int(self._passed_s * 1_000_000))
        return Instant(wall=wall, boot_id=self._boot_id, monotonic_s=self._passed_s)

    async def sleep(self, seconds: float) -> None:
        """Takes its time on this clock, and none of yours."""
        self.advance(seconds)
