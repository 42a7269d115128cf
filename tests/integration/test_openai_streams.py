"""Endpoints that cannot stream: what came is used if it is whole, else the question is asked again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from desk.deliberation.openai_model import FREE, OpenAIModel, Price
from desk.deliberation.replies import json_schema
from desk.errors import ModelError
from desk.ports import ModelReply, ModelRequest
from tests.fakes.openai_server import OpenAIServer, Raw, Streams

VIEW = {"stance": "bullish", "text": "x" * 200}
TEXT = json.dumps(VIEW)
CALL = [{"name": "execute_ticket", "arguments": '{"ticket_id": "tkt_1"}'}]
SYSTEM, QUESTION = "macro_analyst\nYou are one.", "What now?"
TOOL = {"name": "execute_ticket", "description": "", "parameters": {"type": "object", "properties": {}}}
PAID = Price(prompt=Decimal(1), completion=Decimal(2))
USABLE = [Streams.WELL, Streams.IGNORED, Streams.MISLABELLED, Streams.UNCOUNTED, Streams.UNFINISHED]
BROKEN = [Streams.CUT, Streams.DROPPED, Streams.FAILED, Streams.GARBLED, Streams.EMPTY]


class Caller:
    """A streaming model before a server, and the words it showed."""

    def __init__(self, server: OpenAIServer, price: Price | None, *, stream: bool) -> None:
        self.server, self.words = server, ""
        self.model = OpenAIModel(
            "loopback", api_key="k", base_url=server.url, schemas=json_schema, price=price, stream=stream
        )

    async def ask(self, *, tool: bool = False) -> ModelReply:
        messages = ({"role": "user", "content": QUESTION},)
        schema, tools = (None, (TOOL,)) if tool else ("MacroView", ())
        request = ModelRequest(
            role="macro_analyst", system=SYSTEM, messages=messages, schema=schema, tools=tools
        )
        return await self.model.reply(request, self.hear)

    def hear(self, text: str) -> None:
        self.words += text

    @property
    def streamed(self) -> list[bool]:
        """Of each request, whether a stream was asked for."""
        return [bool(body.get("stream")) for body in self.server.requests]


@asynccontextmanager
async def calling(
    said: object = VIEW,
    streams: Streams = Streams.WELL,
    *,
    price: Price | None = FREE,
    stream: bool = True,
    counts: bool = True,
) -> AsyncIterator[Caller]:
    with OpenAIServer({"macro_analyst": lambda body, n: said}, streams=streams, counts=counts) as server:
        caller = Caller(server, price, stream=stream)
        try:
            yield caller
        finally:
            await caller.model.aclose()


@pytest.mark.parametrize("streams", USABLE)
async def test_an_answer_that_came_whole_is_used_however_it_came(streams: Streams):
    async with calling(streams=streams) as caller:
        reply = await caller.ask()
    assert (reply.content, reply.error, caller.words) == (TEXT, None, TEXT)
    assert caller.streamed == [True]


@pytest.mark.parametrize("streams", [Streams.WELL, Streams.IGNORED, Streams.UNCOUNTED])
async def test_a_tool_call_that_came_whole_is_used_however_it_came(streams: Streams):
    async with calling(CALL, streams) as caller:
        reply = await caller.ask(tool=True)
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [tuple(CALL[0].values())]
    assert (reply.content, caller.streamed) == ("", [True])


@pytest.mark.parametrize("streams", BROKEN)
async def test_a_stream_that_broke_off_is_said_and_the_next_question_is_not_streamed(streams: Streams):
    async with calling(streams=streams) as caller:
        broken = await caller.ask()
        mended = await caller.ask()
    assert (broken.error, broken.content, broken.tool_calls) == ("STREAM_BROKEN", "", ())
    assert (mended.error, mended.content) == (None, TEXT)
    assert caller.streamed == [True, False]


async def test_an_endpoint_that_ignores_the_stream_is_not_asked_for_one_again():
    async with calling(streams=Streams.IGNORED) as caller:
        await caller.ask()
        await caller.ask()
    assert caller.streamed == [True, False]


async def test_an_endpoint_that_streams_well_is_asked_for_a_stream_again():
    async with calling() as caller:
        await caller.ask()
        await caller.ask()
    assert caller.streamed == [True, True]


@pytest.mark.parametrize("stream", [True, False])
async def test_tokens_that_nobody_counted_are_estimated_upwards(stream: bool):
    async with calling(streams=Streams.UNCOUNTED, counts=False, stream=stream) as caller:
        reply = await caller.ask()
    assert reply.prompt_tokens == -(-len(SYSTEM + QUESTION) // 4)
    assert reply.completion_tokens == -(-len(TEXT) // 4)


@pytest.mark.parametrize(
    ("price", "streams", "usd"),
    [
        (PAID, Streams.WELL, Decimal("0.0007")),
        (PAID, Streams.UNCOUNTED, None),
        (PAID, Streams.CUT, None),
        (FREE, Streams.UNCOUNTED, Decimal(0)),
        (FREE, Streams.CUT, Decimal(0)),
        (None, Streams.WELL, None),
    ],
)
async def test_what_was_not_counted_has_no_known_price(price, streams, usd):
    async with calling(streams=streams, price=price) as caller:
        assert (await caller.ask()).usd == usd


async def test_what_was_heard_of_a_broken_stream_counts_as_tokens():
    async with calling(streams=Streams.CUT) as caller:
        reply = await caller.ask()
    assert reply.prompt_tokens == -(-len(SYSTEM + QUESTION) // 4)
    assert reply.completion_tokens == -(-len(caller.words) // 4) > 0


async def test_a_page_instead_of_an_answer_is_asked_for_once_more_and_then_fails():
    async with calling(Raw(200, "<html>log in</html>", "text/html")) as caller:
        assert (await caller.ask()).error == "STREAM_BROKEN"
        with pytest.raises(ModelError) as failed:
            await caller.ask()
    assert (failed.value.code, caller.streamed) == ("BAD_RESPONSE", [True, False])


async def test_a_refusal_is_no_broken_stream():
    async with calling(Raw(401, '{"error": {"message": "no"}}')) as caller:
        with pytest.raises(ModelError) as failed:
            await caller.ask()
    assert failed.value.code == "UNAUTHORIZED"


async def test_a_reply_cut_short_is_no_broken_stream():
    with OpenAIServer({"macro_analyst": lambda body, n: VIEW}, finish="length") as server:
        caller = Caller(server, FREE, stream=True)
        with pytest.raises(ModelError) as failed:
            await caller.ask()
        await caller.model.aclose()
    assert failed.value.code == "CUT_SHORT"


@pytest.mark.parametrize("body", ['{"id": 1, "choices": []}', '{"id": "x", "model": "\\u001b[2Jother"}'])
async def test_what_an_endpoint_says_of_itself_does_not_reach_the_terminal(body: str):
    """A warning would repeat it; here any warning is an error of its own."""
    async with calling(Raw(200, body), stream=False) as caller:
        with pytest.raises(ModelError) as failed:
            await caller.ask()
    assert failed.value.code == "BAD_RESPONSE"
