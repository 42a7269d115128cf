"""Reads: up to five attempts with full jitter, one layer, over a positive list of causes."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable

import httpx
from msgspec import Struct
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from desk.errors import BadJson, ReadFailed
from tools.purple_flea.channel import Reply
from tools.purple_flea.wire import ErrorAnswer, parse

Sleep = Callable[[float], Awaitable[None]]

_SECONDS = re.compile(r"[0-9]{1,6}")


class Transient(ReadFailed):
    """A cause that may be gone in a moment: the network, a 429, a 5xx."""

    def __init__(self, why: str, *, code: str, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__("a read from the venue failed", why=why, code=code)


class ReadPolicy(Struct, frozen=True, kw_only=True):
    """How long a read may take. ``jitter`` gives a number in [0, 1); ``sleep`` waits."""

    attempts: int = 5
    base_s: float = 1.0
    cap_s: float = 8.0
    total_s: float = 30.0
    sleep: Sleep = asyncio.sleep
    jitter: Callable[[], float] = random.random

    async def run(
        self, exchange: Callable[[], Awaitable[Reply]], accept: tuple[int, ...] = (200, 404)
    ) -> Reply:
        """The first reply whose status is one to ``accept``.

        Raises:
            ReadFailed: attempts or time are spent, or the cause is not one that passes. Its code is
                ``unauthorized`` on a 401.
        """
        retrying = AsyncRetrying(
            sleep=self.sleep,
            stop=stop_after_attempt(self.attempts),
            wait=self._wait,
            retry=retry_if_exception_type(Transient),
            reraise=True,
        )
        try:
            async with asyncio.timeout(self.total_s):
                return await retrying(_attempt, exchange, accept)
        except TimeoutError:
            raise ReadFailed("a read from the venue took too long", code="DEADLINE") from None

    def _wait(self, state: RetryCallState) -> float:
        """Full jitter under an exponential ceiling, or what the venue asks for, up to the cap."""
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, Transient) and failure.retry_after_s is not None:
            return min(failure.retry_after_s, self.cap_s)
        return self.jitter() * min(self.cap_s, self.base_s * 2.0 ** (state.attempt_number - 1))


async def _attempt(exchange: Callable[[], Awaitable[Reply]], accept: tuple[int, ...]) -> Reply:
    try:
        reply = await exchange()
    except (httpx.TransportError, TimeoutError):
        raise Transient("the network failed", code="NETWORK") from None
    except BadJson as error:
        raise ReadFailed("a read from the venue failed", why=error.what, code="BAD_ANSWER") from None
    if reply.status in accept:
        return reply
    if reply.status == 429 or reply.status >= 500:
        raise Transient(
            f"the venue answered {reply.status}",
            code=f"HTTP_{reply.status}",
            retry_after_s=_retry_after(reply),
        )
    code = "unauthorized" if reply.status == 401 else f"HTTP_{reply.status}"
    raise ReadFailed("the venue refused a read", why=f"it answered {reply.status}", code=code)


def _retry_after(reply: Reply) -> float | None:
    """Seconds, from the header or the error's own field; dates and nonsense are ignored."""
    if reply.retry_after is not None and _SECONDS.fullmatch(reply.retry_after):
        return float(reply.retry_after)
    try:
        asked = parse(ErrorAnswer, reply.body).retry_after_s
    except BadJson:
        return None
    return max(0.0, float(asked)) if asked is not None else None
