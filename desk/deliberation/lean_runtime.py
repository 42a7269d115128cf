"""An AutoGen runtime for one chat: each message is handed over in a task of its own, in the order of sending.

AutoGen's own runtime carries a message through a queue, and serialises it several times on the way for log
events and spans that nobody reads here. This one has what a group chat asks of the ``AgentRuntime`` protocol
and nothing else: agents, who hears a type of topic, ``send_message`` and ``publish_message``. What else the
protocol has is missing, and so fails at once. ``tests/contract`` holds it to AutoGen's.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any, cast

from autogen_core import (
    Agent,
    AgentId,
    AgentRuntime,
    CancellationToken,
    MessageContext,
    Subscription,
    TopicId,
    TypeSubscription,
)
from autogen_core._message_handler_context import MessageHandlerContext


class LeanRuntime:
    """One a session."""

    def __init__(self) -> None:
        #: Agents by type and key, and the types of those that hear a type of topic.
        self._agents: dict[tuple[str, str], tuple[AgentId, Agent]] = {}
        self._hearers: dict[str, list[str]] = {}
        #: All there were: a session has few.
        self._deliveries: list[asyncio.Future[None]] = []
        self._failure: BaseException | None = None
        self._sent = count(1)

    async def stop(self) -> None:
        """Wait for what is under way, let go of the agents, and raise the first failure nobody waited for.

        They hold the runtime and whatever they work with: let go of, a whole session is freed at once.
        """
        while under_way := [one for one in self._deliveries if not one.done()]:
            await asyncio.wait(under_way)
        self._deliveries.clear()
        self._agents.clear()
        if self._failure is not None:
            raise self._failure

    async def register_agent_instance(self, agent_instance: Agent, agent_id: AgentId) -> AgentId:
        place = (agent_id.type, agent_id.key)
        if place in self._agents:
            raise ValueError(f"there is an agent {agent_id} already")
        self._agents[place] = agent_id, agent_instance
        await agent_instance.bind_id_and_runtime(id=agent_id, runtime=cast("AgentRuntime", self))
        return agent_id

    async def add_subscription(self, subscription: Subscription) -> None:
        """To a type of topic alone: the topic's source is the key of the agent that hears it."""
        if not isinstance(subscription, TypeSubscription):
            raise NotImplementedError("subscriptions are to a type of topic")
        self._hearers.setdefault(subscription.topic_type, []).append(subscription.agent_type)

    async def send_message(
        self,
        message: Any,
        recipient: AgentId,
        *,
        sender: AgentId | None = None,
        cancellation_token: CancellationToken | None = None,
        message_id: str | None = None,
    ) -> Any:
        """Hand over and wait for the answer; what the agent raises is raised here."""
        told = self._agents.get((recipient.type, recipient.key))
        if told is None:
            raise LookupError(f"there is no agent {recipient}")
        token = cancellation_token or CancellationToken()
        about = self._about(sender, None, token, message_id)
        answer = asyncio.ensure_future(self._deliver(message, told, about))
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
        """Hand over to all who hear the topic, but its sender. ``stop`` raises what one of them raises."""
        about = self._about(sender, topic_id, cancellation_token or CancellationToken(), message_id)
        own = None if sender is None else (sender.type, sender.key)
        for kind in self._hearers.get(topic_id.type, ()):
            place = (kind, topic_id.source)
            if place != own:
                telling = self._tell(message, self._agents[place], about)
                self._deliveries.append(asyncio.ensure_future(telling))

    def _about(
        self, sender: AgentId | None, topic: TopicId | None, token: CancellationToken, message_id: str | None
    ) -> MessageContext:
        return MessageContext(
            sender=sender,
            topic_id=topic,
            is_rpc=topic is None,
            cancellation_token=token,
            message_id=message_id or str(next(self._sent)),
        )

    async def _tell(self, message: Any, told: tuple[AgentId, Agent], about: MessageContext) -> None:
        try:
            await self._deliver(message, told, about)
        except BaseException as error:  # noqa: BLE001 - nobody waits here: ``stop`` raises it
            self._failure = self._failure or error

    async def _deliver(self, message: Any, told: tuple[AgentId, Agent], about: MessageContext) -> Any:
        """In a task of its own, so who asks there which agent is at work asks about this one alone."""
        agent_id, agent = told
        MessageHandlerContext._MESSAGE_HANDLER_CONTEXT.set(agent_id)
        return await agent.on_message(message, ctx=about)
