"""Identity: random by default (UUIDv7, so ids sort by time), or drawn from a seed."""

from __future__ import annotations

import os
import time
from collections import Counter

from desk.domain.canonical import sha256

_FREE = ((1 << 128) - 1) & ~(0xF << 76) & ~(0x3 << 62)
_VERSION_7 = 0x7 << 76 | 0x2 << 62


class RandomIds:
    """UUIDv7 of RFC 9562: 48 bits of milliseconds, then 74 random bits."""

    def new(self, prefix: str, stream_id: str) -> str:
        milliseconds = time.time_ns() // 1_000_000
        value = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
        return f"{prefix}_{value & _FREE | _VERSION_7:032x}"


class SeededIds:
    """sha256 over seed, brief, named account, stream and a counter of that stream."""

    def __init__(self, seed: str, brief_sha256: str, named_account: str | None) -> None:
        self._root = [seed, brief_sha256, named_account]
        self._counts: Counter[str] = Counter()

    def new(self, prefix: str, stream_id: str) -> str:
        self._counts[stream_id] += 1
        return f"{prefix}_{sha256([*self._root, prefix, stream_id, self._counts[stream_id]])[:32]}"
