"""A role's model behind any OpenAI-compatible endpoint, through AutoGen's ``OpenAIChatCompletionClient``.

Every failure becomes a ``ModelError`` with a word of our own; nothing that the endpoint said is repeated.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
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
        self._client = OpenAIChatCompletionClient(
            model=model,
            api_key=api_key,
            model_info=MODEL_INFO,
            max_retries=MAX_RETRIES,
            timeout=TIMEOUT_S,
            base_url=base_url or OPENAI_URL,
        )

    async def reply(self, request: ModelRequest, on_text: Callable[[str], None]) -> ModelReply:
        """Ask once, streaming if somebody is watching."""
        try:
            result = await self._ask(request, on_text)
        except tuple(kind for kind, _ in _FAILURES) as error:
            raise _failure(error) from None
        except (openai.OpenAIError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            # A body that is not what the API promises surfaces as any of these, deep in the client.
            raise ModelError(
                "the model's endpoint answered with something else", code="BAD_RESPONSE"
            ) from None
        return self._reply(result)

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
        result: CreateResult | None = None
        async for part in self._client.create_stream(
            messages, tools=tools, extra_create_args=extra, include_usage=True
        ):
            if isinstance(part, str):
                on_text(part)
            else:
                result = part
        if result is None:
            raise ModelError("the model's stream ended without a result", code="BAD_RESPONSE")
        return result

    def _reply(self, result: CreateResult) -> ModelReply:
        usage = result.usage
        if result.finish_reason == "length":
            raise ModelError("the model's reply was cut short", code="CUT_SHORT")
        calls = result.content if isinstance(result.content, list) else []
        return ModelReply(
            content=result.content if isinstance(result.content, str) else "",
            tool_calls=tuple(_tool_call(call) for call in calls),
            finish_reason=result.finish_reason,
            prompt_tokens=max(0, usage.prompt_tokens),
            completion_tokens=max(0, usage.completion_tokens),
            usd=None if self._price is None else self._price.of(usage.prompt_tokens, usage.completion_tokens),
        )

    async def aclose(self) -> None:
        await self._client.close()


def _tool_call(call: FunctionCall) -> ToolCall:
    return ToolCall(call_id=call.id, name=call.name, arguments=call.arguments)


def _message(message: Mapping[str, object]) -> LLMMessage:
    text = str(message["content"])
    if message["role"] == "assistant":
        return AssistantMessage(content=text, source="assistant")
    return UserMessage(content=text, source="user")


def _failure(error: Exception) -> ModelError:
    code = next(code for kind, code in _FAILURES if isinstance(error, kind))
    return ModelError("the model could not be asked", code=code)
