"""A role's model behind any OpenAI-compatible endpoint, through AutoGen's ``OpenAIChatCompletionClient``.

Every failure becomes a ``ModelError`` with a word of our own; nothing that the endpoint said is repeated.
An endpoint that cannot stream is found out at the first answer, and is not asked to again.
"""

from __future__ import annotations

import ipaddress
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
from autogen_core import FunctionCall
from autogen_core.models import (
    AssistantMessage,
    CreateResult,
    LLMMessage,
    ModelFamily,
    ModelInfo,
    SystemMessage,
    UserMessage,
)
from autogen_ext.models.openai import OpenAIChatCompletionClient
from msgspec import Struct

from desk.deliberation.answers import STREAM_BROKEN
from desk.deliberation.reception import Reception, completed
from desk.deliberation.replies import is_whole
from desk.domain.budget import CHARS_A_TOKEN
from desk.errors import ModelError
from desk.ports import ModelReply, ModelRequest, ToolCall

#: Requests of one call that the client may repeat itself when the endpoint is busy.
MAX_RETRIES = 2
TIMEOUT_S = 120
OPENAI_URL = "https://api.openai.com/v1"
MILLION = Decimal(1_000_000)
#: Told explicitly, because AutoGen 0.7.5 knows no model newer than October 2025.
MODEL_INFO = ModelInfo(
    vision=False,
    function_calling=True,
    json_output=True,
    structured_output=True,
    family=ModelFamily.UNKNOWN,
)

_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (openai.APITimeoutError, "TIMEOUT"),
    (openai.APIConnectionError, "UNREACHABLE"),
    (openai.RateLimitError, "RATE_LIMITED"),
    (openai.AuthenticationError, "UNAUTHORIZED"),
    (openai.PermissionDeniedError, "UNAUTHORIZED"),
    (openai.NotFoundError, "MODEL_NOT_FOUND"),
    (openai.BadRequestError, "BAD_REQUEST"),
    (openai.InternalServerError, "SERVER_ERROR"),
    (openai.LengthFinishReasonError, "CUT_SHORT"),
)
#: A body that is not what the API promises surfaces as any of these, deep in the client; and below
#: version 3, openai lets its HTTP library's own errors out of a stream.
_ODD = (openai.OpenAIError, httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError, IndexError)
#: AutoGen and Pydantic tell the terminal what becomes our own word for an answer that cannot be used, or
#: repeat what the endpoint said of itself.
_CHATTER = (
    "No text content or tool calls are available|Received more than .* empty chunks"
    "|Pydantic serializer warnings|Resolved model mismatch"
)


class Price(Struct, frozen=True, kw_only=True):
    """USD for a million tokens in and out."""

    prompt: Decimal
    completion: Decimal

    def of(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / MILLION


FREE = Price(prompt=Decimal(0), completion=Decimal(0))


def is_local(base_url: str | None) -> bool:
    """A loopback or private address: no key is demanded and nothing is paid."""
    host = urlsplit(base_url or "").hostname
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private


class OpenAIModel:
    """``desk.ports.Model`` for one role. One client a role: clients hold settings that must not mix.

    Args:
        model: the endpoint's name of the model.
        api_key: the key; any text where the endpoint is local.
        base_url: None for OpenAI itself.
        schemas: strict JSON schemas by name.
        price: USD a million tokens; None if not known.
        stream: stream words to the screen.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str,
        base_url: str | None,
        schemas: Callable[[str], Mapping[str, Any]],
        price: Price | None,
        stream: bool,
    ) -> None:
        self.name = f"openai:{model}"
        self._schemas = schemas
        self._price = price
        self._stream = stream
        self._reception = Reception()
        warnings.filterwarnings("ignore", message=_CHATTER, category=UserWarning)
        http_client = openai.DefaultAsyncHttpxClient(
            event_hooks={"response": [self._reception.opened]} if stream else {}
        )
        self._client = OpenAIChatCompletionClient(
            model=model,
            api_key=api_key,
            model_info=MODEL_INFO,
            max_retries=MAX_RETRIES,
            timeout=TIMEOUT_S,
            base_url=base_url or OPENAI_URL,
            http_client=http_client,  # type: ignore[call-arg]  # passed on to openai, though not in its types
        )

    async def reply(self, request: ModelRequest, on_text: Callable[[str], None]) -> ModelReply:
        """Ask once, streaming if somebody is watching.

        A stream that breaks off is a reply with the error STREAM_BROKEN; the next one is not streamed.
        """
        self._reception.clear()
        try:
            result = await self._ask(request, on_text)
        except _ODD as error:
            if self._broke_off(error):
                return self._broken(request)
            raise _failure(error) from None
        if self._stream and result.finish_reason == "unknown" and not _is_whole(result):
            return self._broken(request)
        self._stream = self._stream and self._reception.body is None
        return self._reply(request, result)

    async def _ask(self, request: ModelRequest, on_text: Callable[[str], None]) -> CreateResult:
        messages: list[LLMMessage] = [SystemMessage(content=request.system)]
        messages += [_message(message) for message in request.messages]
        extra: dict[str, Any] = {}
        if request.schema is not None:
            schema = {"name": request.schema, "strict": True, "schema": self._schemas(request.schema)}
            extra["response_format"] = {"type": "json_schema", "json_schema": schema}
        tools: list[Any] = [dict(tool) for tool in request.tools]
        if not self._stream:
            return await self._client.create(messages, tools=tools, extra_create_args=extra)
        streamed = self._client.create_stream(
            messages, tools=tools, extra_create_args=extra, include_usage=True
        )
        return await self._received(streamed, on_text)

    async def _received(
        self, streamed: AsyncIterator[str | CreateResult], on_text: Callable[[str], None]
    ) -> CreateResult:
        """The stream's result, or that of an answer which came in one piece."""
        result: CreateResult | None = None
        async for part in streamed:
            if isinstance(part, str):
                self._reception.chars += len(part)
                on_text(part)
            else:
                result = part
        if self._reception.body is not None and (result is None or not result.content):
            result = completed(self._reception.body)
            on_text(result.content if isinstance(result.content, str) else "")
        if result is None:
            raise ModelError("the model's stream ended without a result", code="BAD_RESPONSE")
        return result

    # ---- streams that break off --------------------------------------------------------------------

    def _broke_off(self, error: Exception) -> bool:
        """Did the endpoint begin to answer and not end? A time-out is no sign of that."""
        return self._stream and self._reception.began and not isinstance(error, openai.APITimeoutError)

    def _broken(self, request: ModelRequest) -> ModelReply:
        """What was asked and heard was paid for, as far as anybody can tell."""
        self._stream = False
        prompt_tokens, completion_tokens = _tokens(_asked_chars(request)), _tokens(self._reception.chars)
        return ModelReply(
            content="",
            error=STREAM_BROKEN,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            usd=self._usd(prompt_tokens, completion_tokens, told=False),
        )

    # ---- the reply ---------------------------------------------------------------------------------

    def _reply(self, request: ModelRequest, result: CreateResult) -> ModelReply:
        if result.finish_reason == "length":
            raise ModelError("the model's reply was cut short", code="CUT_SHORT")
        calls = result.content if isinstance(result.content, list) else []
        text = result.content if isinstance(result.content, str) else ""
        told = result.usage.prompt_tokens > 0
        prompt_tokens, completion_tokens = result.usage.prompt_tokens, max(0, result.usage.completion_tokens)
        if not told:
            prompt_tokens = _tokens(_asked_chars(request))
            completion_tokens = _tokens(len(text) + sum(len(call.arguments) for call in calls))
        return ModelReply(
            content=text,
            tool_calls=tuple(_tool_call(call) for call in calls),
            finish_reason=result.finish_reason,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            usd=self._usd(prompt_tokens, completion_tokens, told=told),
        )

    def _usd(self, prompt_tokens: int, completion_tokens: int, *, told: bool) -> Decimal | None:
        """The price; None if it is not known, as it is not where the endpoint has not counted tokens."""
        if self._price is None or not (told or self._price == FREE):
            return None
        return self._price.of(prompt_tokens, completion_tokens)

    async def aclose(self) -> None:
        await self._client.close()


def _tool_call(call: FunctionCall) -> ToolCall:
    return ToolCall(call_id=call.id, name=call.name, arguments=call.arguments)


def _message(message: Mapping[str, object]) -> LLMMessage:
    text = str(message["content"])
    if message["role"] == "assistant":
        return AssistantMessage(content=text, source="assistant")
    return UserMessage(content=text, source="user")


def _is_whole(result: CreateResult) -> bool:
    """Can what came be used, though nobody said that it was all?"""
    if isinstance(result.content, str):
        return is_whole(result.content)
    return all(is_whole(call.arguments) for call in result.content)


def _asked_chars(request: ModelRequest) -> int:
    return len(request.system) + sum(len(str(message["content"])) for message in request.messages)


def _tokens(chars: int) -> int:
    """Tokens that nobody has counted, rounded up, so that a budget of tokens still ends."""
    return -(-chars // CHARS_A_TOKEN)


def _failure(error: Exception) -> ModelError:
    code = next((code for kind, code in _FAILURES if isinstance(error, kind)), None)
    if code is None:
        return ModelError("the model's endpoint answered with something else", code="BAD_RESPONSE")
    return ModelError("the model could not be asked", code=code)
