"""AutoGen's single-threaded runtime without the bookkeeping nobody reads here.

The stock runtime serialises every payload for log events and spans, several times a delivery, even when
nothing listens. This one keeps its queue, topics, handlers and errors and leaves that out. It touches
private parts of autogen-core 0.7.5, which is pinned; ``tests/contract`` holds it to the stock runtime.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

from autogen_core import (
    AgentId,
    CancellationToken,
    MessageContext,
    SingleThreadedAgentRuntime,
    TopicId,
)
from autogen_core._message_handler_context import MessageHandlerContext
from autogen_core._single_threaded_agent_runtime import PublishMessageEnvelope, SendMessageEnvelope


class LeanRuntime(SingleThreadedAgentRuntime):
    """One a session: registrations are never removed, so a shared one slows with every team."""

    def __init__(self, *, ignore_unhandled_exceptions: bool = True) -> None:
        super().__init__(ignore_unhandled_exceptions=ignore_unhandled_exceptions)
        self._sent = count(1)

    async def send_message(
        self,
        message: Any,
        recipient: AgentId,
        *,
        sender: AgentId | None = None,
        cancellation_token: CancellationToken | None = None,
        message_id: str | None = None,
    ) -> Any:
        if recipient.type not in self._known_agent_names:
            raise LookupError(f"there is no agent of type {recipient.type}")
        token = cancellation_token or CancellationToken()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        await self._message_queue.put(
            SendMessageEnvelope(
                message=message,
                recipient=recipient,
                future=answer,
                cancellation_token=token,
                sender=sender,
                metadata=None,
                message_id=message_id or str(next(self._sent)),
            )
        )
        token.link_future(answer)
        return await answer

    async def publish_message(
        self,
        message: Any,
        topic_id: TopicId,
        *,
        sender: AgentId | None = None,
        cancellation_token: CancellationToken | None = None,
        message_id: str | None = None,
    ) -> None:
        await self._message_queue.put(
            PublishMessageEnvelope(
                message=message,
                cancellation_token=cancellation_token or CancellationToken(),
                sender=sender,
                topic_id=topic_id,
                metadata=None,
                message_id=message_id or str(next(self._sent)),
            )
        )

    async def _process_send(self, message_envelope: SendMessageEnvelope) -> None:
        """Deliver and resolve the caller's future directly: no third trip through the queue."""
        answer = message_envelope.future
        try:
            result = await self._deliver(message_envelope, message_envelope.recipient, is_rpc=True)
        except BaseException as error:  # noqa: BLE001 - whatever it is goes to the caller
            if not answer.done():
                answer.set_exception(error)
        else:
            if not answer.done():
                answer.set_result(result)
        finally:
            self._message_queue.task_done()

    async def _process_publish(self, message_envelope: PublishMessageEnvelope) -> None:
        try:
            found = await self._subscription_manager.get_subscribed_recipients(message_envelope.topic_id)
            others = [agent for agent in found if agent != message_envelope.sender]
            heard = [self._deliver(message_envelope, agent, is_rpc=False) for agent in others]
            await (heard[0] if len(heard) == 1 else asyncio.gather(*heard))
        except BaseException as error:  # noqa: BLE001 - the next step raises it, as in the stock runtime
            if not self._ignore_unhandled_handler_exceptions:
                self._background_exception = error
        finally:
            self._message_queue.task_done()

    async def _deliver(
        self, envelope: SendMessageEnvelope | PublishMessageEnvelope, recipient: AgentId, *, is_rpc: bool
    ) -> Any:
        agent = await self._get_agent(recipient)
        topic = None if isinstance(envelope, SendMessageEnvelope) else envelope.topic_id
        context = MessageContext(
            sender=envelope.sender,
            topic_id=topic,
            is_rpc=is_rpc,
            cancellation_token=envelope.cancellation_token,
            message_id=envelope.message_id,
        )
        with MessageHandlerContext.populate_context(agent.id):
            return await agent.on_message(envelope.message, ctx=context)
