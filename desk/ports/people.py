"""People: who is asked, and who looks on."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from desk.domain.events import ApprovalRequested


class Answer(Struct, frozen=True, kw_only=True):
    """What a person said: ``granted``, ``denied`` or ``edited`` (to a size, making an act of this hash)."""

    card_hash: str
    decision: str
    by: str
    channel: str
    reason: str | None = None
    size_usdc: Decimal | None = None
    edited_hash: str | None = None


class Approver(Protocol):
    """A channel that asks a human. ``ttl_s`` is how long it gives them.

    It never records anything: the Door does, in the transaction that takes the first valid answer. One
    that ``suspends`` leaves the question in the journal, where the session is suspended before it looks.
    """

    channel: str
    ttl_s: int
    suspends: bool

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        """The answer (this channel's own, or the last one on record that settles it), or None so far."""
        ...


class Screen(Protocol):
    """What a person watches while a session runs. Steps are the records of ``desk.domain.steps``."""

    def show(self, step: object) -> None: ...
