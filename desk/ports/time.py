"""Time, identity, the stop file, and who signs."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from msgspec import Struct


class Instant(Struct, frozen=True, kw_only=True):
    """A point in time as an expiry needs it: wall clock, and monotonic seconds of one boot."""

    wall: datetime
    boot_id: str
    monotonic_s: Decimal

    def later(self, seconds: int) -> Instant:
        return Instant(
            wall=self.wall + timedelta(seconds=seconds),
            boot_id=self.boot_id,
            monotonic_s=self.monotonic_s + seconds,
        )

    def reached(self, now: Instant) -> bool:
        """Is this expiry over? By the wall, or by the monotonic clock of the same boot, whichever first."""
        same_boot = self.boot_id == now.boot_id
        return now.wall >= self.wall or (same_boot and now.monotonic_s >= self.monotonic_s)


class Clock(Protocol):
    """The only source of time. A stamp is counted per stream, so concurrent replies cannot swap theirs."""

    def monotonic_s(self) -> Decimal:
        """Seconds that only ever grow, for ages within one process. A brief clock stands still."""
        ...

    def stamp(self, stream_id: str) -> Instant:
        """Now, for the next event of this stream."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait. A brief clock and a re-drive return at once."""
        ...


class Ids(Protocol):
    """The only source of identity. ``prefix`` is one of ``desk.domain.ids.PREFIXES``."""

    def new(self, prefix: str, stream_id: str) -> str: ...


class HaltSwitch(Protocol):
    """The file ``HALT``. Unreadable means halted."""

    def halted(self) -> bool: ...

    def hard(self) -> bool:
        """Halted, and even protective orders are stopped."""
        ...

    def halt(self, reason: str) -> None:
        """Write the file. It is written first and removed last."""
        ...


class Signer(Protocol):
    """The home's key. It signs for named purposes and never shows itself."""

    def mac(self, purpose: str, message: str) -> str: ...

    def verifies(self, purpose: str, message: str, mac: object) -> bool: ...
