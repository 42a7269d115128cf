"""Our own pace: a token bucket for each act of each service, so that the venue need not slow us down.

The figures are the strictest that are published: per path for acts, the free tier's 100 a minute for
reads. A bucket's burst and what it gains in a minute add up to them, so no minute holds more. Buckets
are this process's: the venue counts by address, so others beside us can still earn its 429.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from desk.domain.bucket import Bucket, Rate
from desk.errors import NotSent, ReadFailed

#: Code of what our own pace held back: nothing was sent, and it says nothing about the venue.
RATE_LIMITED: Final = "RATE_LIMITED"

_READ = Rate(burst=60, every_s=Decimal("1.5"))
#: 30 a minute. At the casino, which allows 60 in all, each of two lanes has half.
_ACT = Rate(burst=10, every_s=Decimal(3))
PUBLISHED: Mapping[str, Rate] = MappingProxyType(
    {
        "trading.order": _ACT,
        "trading.cancel": _ACT,
        "trading.read": _READ,
        "wallet.read": _READ,
        "casino.bet": _ACT,
        "casino.read": _ACT,
        "escrow.create": Rate(burst=8, every_s=Decimal(5)),
        "escrow.release": _ACT,
        "escrow.dispute": Rate(burst=4, every_s=Decimal(10)),
        "escrow.read": _READ,
        "faucet.claim": Rate(burst=1, every_s=Decimal(15)),
        "domains.register": Rate(burst=4, every_s=Decimal(10)),
        "domains.read": _READ,
    }
)
#: What nobody published a figure for goes at the slowest of them: 5 a minute.
OTHERS: Final = Rate(burst=1, every_s=Decimal(15))
_SERVICES: Mapping[str, str] = MappingProxyType({"trade": "trading", "meta": "trading"})
_ACTS: Mapping[str, str] = MappingProxyType({"GET": "read", "DELETE": "cancel"})


def lane(method: str, path: str) -> str:
    """``service.act`` of a request, such as ``trading.order``."""
    segments = path.strip("/").split("/")
    service = _SERVICES.get(segments[0], segments[0])
    return f"{service}.{_ACTS.get(method, segments[-1])}"


def monotonic_s() -> Decimal:
    return Decimal(time.monotonic_ns()).scaleb(-9)


class Pace:
    """Lets requests of one process out, lane by lane.

    Args:
        rates: by lane; None for a venue that has no limits.
        now_s: monotonic seconds.
        sleep: waits.
    """

    def __init__(
        self,
        rates: Mapping[str, Rate] | None = PUBLISHED,
        *,
        now_s: Callable[[], Decimal] = monotonic_s,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rates = rates
        self._now_s = now_s
        self._sleep = sleep
        self._buckets: dict[str, Bucket] = {}

    async def read(self, method: str, path: str, within_s: float) -> None:
        """Wait until a read (or a cancel, which is as harmless to repeat) may leave.

        Raises:
            ReadFailed: that would take longer than ``within_s``; its token is left for others.
        """
        wait_s = self._take(lane(method, path), Decimal(str(within_s)))
        if wait_s is None:
            raise ReadFailed(
                "a read from the venue was not sent",
                why="too many requests of this desk are ahead of it",
                code=RATE_LIMITED,
            )
        if wait_s:
            await self._sleep(float(wait_s))

    def act(self, method: str, path: str) -> None:
        """Take the token of a request that moves money. It never waits: what was checked right before
        it (the stop file, the book, the price) would be old afterwards.

        Raises:
            NotSent: there is no token; not a byte has left.
        """
        if self._take(lane(method, path), Decimal(0)) is None:
            raise NotSent(
                "the order was not sent",
                why="this desk has reached its own limit of orders a minute",
                fix="Wait a minute",
                code=RATE_LIMITED,
            )

    def _take(self, name: str, within_s: Decimal) -> Decimal | None:
        """Seconds to wait with a token in hand; None, and no token, if they would be more."""
        if self._rates is None:
            return Decimal(0)
        now_s = self._now_s()
        bucket = self._buckets.get(name) or Bucket(rate=self._rates.get(name, OTHERS))
        wait_s = bucket.wait_s(now_s)
        if wait_s > within_s:
            return None
        self._buckets[name] = bucket.taken(now_s)
        return wait_s
