"""The terminal channel: only the typed code grants; Enter, silence, EOF and anything else deny."""

from __future__ import annotations

import asyncio
import hmac
import os
import sys
import termios
import time
from collections.abc import Callable
from typing import Protocol

from desk.approval.inbox import answer_of
from desk.domain.approval import DENIED, EXPIRED, GRANTED, Standing, typed_code
from desk.domain.events import ApprovalRequested
from desk.ports import Answer

TTL_S = 600
MAX_LINE = 256


class Prompt(Protocol):
    """What draws the card and the running countdown."""

    def card(self, request: ApprovalRequested, code: str) -> None: ...

    def countdown(self, left_s: int) -> None: ...


class ConsoleApprover:
    """Asks at the terminal this process runs on.

    Args:
        prompt: draws the card; its last line asks for the code.
        person: who sits here (``local:<uid>`` or a name from ``[[people]]``).
        stands: where an approval stands by the journal: another channel may be quicker.
        descriptor: the terminal to read from.
    """

    channel = "console"
    ttl_s = TTL_S
    suspends = False

    def __init__(
        self,
        prompt: Prompt,
        person: str,
        stands: Callable[[ApprovalRequested], Standing],
        descriptor: int | None = None,
    ) -> None:
        self._prompt = prompt
        self._person = person
        self._stands = stands
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        """None once this person has granted it and another one has to."""
        stands = self._stands(request)
        if self._person in stands.granted_by and not stands.settled:
            return None
        code = typed_code(request.card_hash)
        self._prompt.card(request, code)
        # What was typed before the card could be read is no answer to it.
        termios.tcflush(self._descriptor, termios.TCIFLUSH)
        line = await _line(self._descriptor, self.ttl_s, lambda left_s: self._tick(request, left_s))
        stands = self._stands(request)
        if stands.settled and stands.last is not None:
            return answer_of(stands.last)
        if line is None:
            return self._answer(request, EXPIRED, "NO_ANSWER")
        if hmac.compare_digest(line.strip().encode(), code.encode()):
            return self._answer(request, GRANTED, None)
        return self._answer(request, DENIED, "ENTER" if not line.strip() else "NOT_THE_CODE")

    def _tick(self, request: ApprovalRequested, left_s: int) -> bool:
        """Draw the time that is left. True when another channel has settled it meanwhile."""
        self._prompt.countdown(left_s)
        return self._stands(request).settled

    def _answer(self, request: ApprovalRequested, decision: str, reason: str | None) -> Answer:
        return Answer(
            card_hash=request.card_hash,
            decision=decision,
            by=self._person,
            channel=self.channel,
            reason=reason,
        )


async def _line(descriptor: int, within_s: int, tick: Callable[[int], bool]) -> str | None:
    """One line from the terminal; None when the time is over or ``tick`` says so. EOF is an empty line."""
    loop, typed = asyncio.get_running_loop(), bytearray()
    done: asyncio.Future[str] = loop.create_future()

    def readable() -> None:
        chunk = os.read(descriptor, MAX_LINE)
        typed.extend(chunk)
        if not done.done() and (not chunk or b"\n" in typed or len(typed) >= MAX_LINE):
            done.set_result(bytes(typed).partition(b"\n")[0].decode("ascii", "replace"))

    end = time.monotonic() + within_s
    loop.add_reader(descriptor, readable)
    try:
        while (left_s := end - time.monotonic()) > 0:
            if tick(int(left_s)):
                return None
            finished, _ = await asyncio.wait({done}, timeout=min(1.0, left_s))
            if finished:
                return done.result()
        return None
    finally:
        loop.remove_reader(descriptor)
