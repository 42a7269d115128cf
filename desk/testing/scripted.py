"""A model that says what it is told to: for tests of briefs, prompts and desks, without network or key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from desk.errors import ModelError
from desk.ports import ModelReply, ModelRequest, ToolCall

#: A reply as text, as a document that becomes JSON, as a whole ``ModelReply``, or made from the request.
Said: TypeAlias = "str | Mapping[str, object] | ModelReply | Callable[[ModelRequest], Any]"


class ScriptedModel:
    """``desk.ports.Model`` over a script.

    >>> model = ScriptedModel({"risk_officer": [{"decision": "reject"}]})
    >>> import asyncio
    >>> request = ModelRequest(role="risk_officer", system="", messages=(), schema="Verdict")
    >>> asyncio.run(model.reply(request, lambda text: None)).content
    '{"decision": "reject"}'

    Args:
        script: replies of each role, in the order of its calls.
        latency_s: how long each call takes.

    Attributes:
        requests: everything that was asked, in order.
    """

    name = "scripted"

    def __init__(self, script: Mapping[str, Sequence[Said]], latency_s: float = 0.0) -> None:
        self._script: dict[str, Iterator[Said]] = {role: iter(said) for role, said in script.items()}
        self._latency_s = latency_s
        self.requests: list[ModelRequest] = []

    async def reply(self, request: ModelRequest, on_text: Callable[[str], None]) -> ModelReply:
        """The role's next reply.

        Raises:
            ModelError: the script has none left (``SCRIPT_OVER``).
        """
        self.requests.append(request)
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        missing: Any = object()
        said = next(self._script.get(request.role, iter(())), missing)
        if said is missing:
            raise ModelError(f"the script has no reply left for {request.role}", code="SCRIPT_OVER")
        reply = _reply(said, request)
        if reply.content:
            on_text(reply.content)
        return reply


def calls(name: str, **arguments: object) -> ModelReply:
    """A reply that calls one tool."""
    call = ToolCall(call_id="call_1", name=name, arguments=json.dumps(arguments))
    return ModelReply(content="", tool_calls=(call,), finish_reason="tool_calls")


def _reply(said: object, request: ModelRequest) -> ModelReply:
    if isinstance(said, ModelReply):
        return said
    if isinstance(said, Mapping):
        return ModelReply(content=json.dumps(said))
    if callable(said):
        return _reply(said(request), request)
    return ModelReply(content=str(said))
