"""The live models of a session, asked within a time; a failure is an answer too, and is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from desk.errors import ModelError
from desk.ports import Clock, Model, ModelReply, ModelRequest

#: ``ModelReply.error`` of a stream that broke off. The model does not stream again, so it may be asked
#: the same once more: that takes the place of the repair round.
STREAM_BROKEN: Final = "STREAM_BROKEN"


class LiveAnswers:
    """``desk.ports.Answers`` over one model a role."""

    def __init__(self, models: Mapping[str, Model], clock: Clock) -> None:
        self._models = models
        self._clock = clock

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        began_s = self._clock.monotonic_s()
        try:
            async with asyncio.timeout(within_s):
                reply = await self._models[role].reply(request, on_text)
        except TimeoutError:
            reply = ModelReply(content="", error="TIMEOUT")
        except ModelError as error:
            reply = ModelReply(content="", error=error.code)
        took_ms = int((self._clock.monotonic_s() - began_s) * 1000)
        return replace(reply, latency_ms=took_ms)
