"""AutoGen's single-threaded runtime without the bookkeeping nobody reads here.

The stock runtime carries each message through a queue, and serialises it for log events and spans several
times on the way, even when nothing listens. This one hands it over in a task of its own, in the order in
which messages were published, and keeps the agents, topics and handlers. It touches private parts of
autogen-core 0.7.5, which is pinned; ``tests/contract`` holds it to the stock runtime.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

from autogen_core import (
    Agent,
    AgentId,
    CancellationToken,
    MessageContext,
    SingleThreadedAgentRuntime,
    Subscription,
    TopicId,
    TypeSubscription,
)
from autogen_core._message_handler_context import MessageHandlerContext


class LeanRuntime(SingleThreadedAgentRuntime):
    """One a session: registrations are never removed, so a shared one slows with every team."""

    def __init__(self, *, ignore_unhandled_exceptions: bool = True) -> None:
        super().__init__(ignore_unhandled_exceptions=ignore_unhandled_exceptions)
        self._sent = count(1)
        #: All there were, in order: a session has few.
        self._deliveries: list[asyncio.Future[None]] = []
        #: Types of agents by the type of topic they hear, and the agents' ids by type and key.
        self._hearers: dict[str, list[str]] = {}
        self._ids: dict[tuple[str, str], AgentId] = {}

    def start(self) -> None:
        """Nothing has to run before a message is sent."""

    async def stop(self) -> None:
        """Wait for what is under way, let go of the agents, and raise the first failure nobody waited for.

        They hold the runtime and whatever they work with: let go of, a whole session is freed at once.
        """
        while under_way := [one for one in self._deliveries if not one.done()]:
            await asyncio.wait(under_way)
        for kept in (self._deliveries, self._instantiated_agents, self._agent_factories):
            kept.clear()
        if self._background_exception is not None:
            raise self._background_exception

    async def stop_when_idle(self) -> None:
        """The same: nothing waits in a queue."""
        await self.stop()

    async def register_agent_instance(self, agent_instance: Agent, agent_id: AgentId) -> AgentId:
        self._ids[agent_id.type, agent_id.key] = agent_id
        return await super().register_agent_instance(agent_instance, agent_id)

    async def add_subscription(self, subscription: Subscription) -> None:
        """One to a type of topic is looked up, not searched for among all of them."""
        if not isinstance(subscription, TypeSubscription):
            await super().add_subscription(subscription)
            return
        hearers = self._hearers.setdefault(subscription.topic_type, [])
        if subscription.agent_type in hearers:
            raise ValueError("the subscription exists already")
        hearers.append(subscription.agent_type)

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
        context = self._context(sender, None, token, message_id)
        answer = asyncio.ensure_future(self._deliver(message, recipient, context))
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
        context = self._context(sender, topic_id, cancellation_token or CancellationToken(), message_id)
        for agent in await self._recipients(topic_id):
            if agent is not sender and agent != sender:
                self._deliveries.append(asyncio.ensure_future(self._tell(message, agent, context)))

    async def _recipients(self, topic: TopicId) -> list[AgentId]:
        named = [self._id(kind, topic.source) for kind in self._hearers.get(topic.type, ())]
        if self._subscription_manager.subscriptions:
            named += await self._subscription_manager.get_subscribed_recipients(topic)
        return named

    def _id(self, kind: str, key: str) -> AgentId:
        if (kind, key) not in self._ids:
            self._ids[kind, key] = AgentId(kind, key)
        return self._ids[kind, key]

    def _context(
        self, sender: AgentId | None, topic: TopicId | None, token: CancellationToken, message_id: str | None
    ) -> MessageContext:
        return MessageContext(
            sender=sender,
            topic_id=topic,
            is_rpc=topic is None,
            cancellation_token=token,
            message_id=message_id or str(next(self._sent)),
        )

    async def _tell(self, message: Any, recipient: AgentId, context: MessageContext) -> None:
        try:
            await self._deliver(message, recipient, context)
        except BaseException as error:  # noqa: BLE001 - nobody waits here: ``stop`` raises it
            if not self._ignore_unhandled_handler_exceptions:
                self._background_exception = self._background_exception or error

    async def _deliver(self, message: Any, recipient: AgentId, context: MessageContext) -> Any:
        """In a task of its own, so whoever asks whose turn it is there asks about this one alone."""
        agent = self._instantiated_agents.get(recipient) or await self._get_agent(recipient)
        MessageHandlerContext._MESSAGE_HANDLER_CONTEXT.set(recipient)
        return await agent.on_message(message, ctx=context)
