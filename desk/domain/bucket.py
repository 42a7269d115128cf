"""A token bucket: so many requests at once, then one every so many seconds.

Kept as the moment at which it will be full again (the virtual scheduling form of the ATM Forum's generic
cell rate algorithm, ITU-T I.371), so that it is exact: nothing is divided and no remainder is lost.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

ZERO_S = Decimal(0)


class Rate(Struct, frozen=True, kw_only=True):
    """``burst`` requests at once, then one every ``every_s`` seconds."""

    burst: int
    every_s: Decimal

    def within(self, seconds: int) -> Decimal:
        """The most requests that any span of ``seconds`` can hold."""
        return self.burst + seconds / self.every_s


class Bucket(Struct, frozen=True, kw_only=True):
    """One limit's state. Times are seconds of a clock that never runs backwards, from 0 on.

    Whoever takes a token may go ``wait_s`` later. Tokens can be taken ahead: each is due one interval
    after the one before, so requests leave in the order in which they asked.
    """

    rate: Rate
    full_at_s: Decimal = ZERO_S

    def wait_s(self, now_s: Decimal) -> Decimal:
        """Seconds until the next token is there; 0 if one is there now."""
        emptied_at_s = max(self.full_at_s, now_s) + self.rate.every_s - self.rate.burst * self.rate.every_s
        return max(ZERO_S, emptied_at_s - now_s)

    def taken(self, now_s: Decimal) -> Bucket:
        """The bucket with one token fewer."""
        return replace(self, full_at_s=max(self.full_at_s, now_s) + self.rate.every_s)
