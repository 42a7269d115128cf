"""What came in while a stream was awaited: an endpoint may send its answer in one piece, or break off."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from autogen_core import FunctionCall
from autogen_core.models import CreateResult, FinishReasons, RequestUsage
from openai.types.chat import ChatCompletion

_FINISH: Final[Mapping[str, FinishReasons]] = MappingProxyType(
    {
        "stop": "stop",
        "length": "length",
        "tool_calls": "function_calls",
        "content_filter": "content_filter",
    }
)


class Reception:
    """One model's answer in the making. A model has one question at a time.

    ``began`` is true once the endpoint has begun to answer; ``body`` is the answer if it came in one
    piece, which the streaming client reads as silence; ``chars`` were streamed.
    """

    def __init__(self) -> None:
        self.began = False
        self.body: bytes | None = None
        self.chars = 0

    def clear(self) -> None:
        self.began, self.body, self.chars = False, None, 0

    async def opened(self, response: Any) -> None:
        """The HTTP client's hook: headers are here, the body is not. Its type is that of openai's client,
        which is another library's from one version to the next."""
        if response.status_code != 200:
            return
        self.began = True
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            self.body = await response.aread()


def completed(body: bytes) -> CreateResult:
    """The result in the body of an answer that is no stream.

    Raises:
        ValueError: it is not a chat completion with a choice.
    """
    completion = ChatCompletion.model_validate_json(body)
    if not completion.choices:
        raise ValueError("no choice")
    choice, usage = completion.choices[0], completion.usage
    calls = [
        FunctionCall(id=call.id, name=call.function.name, arguments=call.function.arguments)
        for call in choice.message.tool_calls or ()
        if call.type == "function"
    ]
    return CreateResult(
        finish_reason=_FINISH.get(choice.finish_reason, "unknown"),
        content=calls or choice.message.content or "",
        usage=RequestUsage(
            prompt_tokens=0 if usage is None else usage.prompt_tokens,
            completion_tokens=0 if usage is None else usage.completion_tokens,
        ),
        cached=False,
    )
