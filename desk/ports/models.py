"""Models: what is asked, and what they answer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from desk.domain.events import Document


class ModelRequest(Struct, frozen=True, kw_only=True):
    """What a role's model is asked. ``schema`` names the typed answer wanted; ``tools`` what it may call."""

    role: str
    system: str
    messages: tuple[Document, ...]
    schema: str | None
    tools: tuple[Document, ...] = ()


class ToolCall(Struct, frozen=True, kw_only=True):
    """A call the model asked for. ``arguments`` is its raw text: nothing has been parsed yet."""

    call_id: str
    name: str
    arguments: str


class ModelReply(Struct, frozen=True, kw_only=True):
    """What came back. ``error`` is our own word for why nothing did (``TIMEOUT``, ``RATE_LIMITED`` …).

    ``cached_s`` is the reply's age in whole seconds if it came from the decision cache: nobody was asked,
    and tokens and ``usd`` are 0. None is a reply that was asked for now.
    """

    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: Decimal | None = None
    latency_ms: int = 0
    error: str | None = None
    cached_s: int | None = None


class Model(Protocol):
    """One role's model. ``name`` is its public spec, such as ``rules`` or ``openai:gpt-4o``."""

    name: str

    async def reply(self, request: ModelRequest, on_text: Callable[[str], None]) -> ModelReply:
        """Ask. ``on_text`` receives streamed words for the screen.

        Raises:
            ModelError: no answer could be had.
        """
        ...


class Answers(Protocol):
    """Whoever answers for the roles: the live models, or a record."""

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        """The reply to the n-th request of a role. Never raises for a model that fails: that is
        ``ModelReply.error``."""
        ...
