"""The desk as an AutoGen ``SelectorGroupChat``: four agents and the compliance proxy around one floor.

AutoGen carries the turns; the floor decides who has one and what it does. The selector never asks a
model, the stop looks at the law's state and never at text, and the thread holds who has spoken, not what was
said: that is on record, and on the screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from autogen_agentchat.agents import BaseChatAgent
from autogen_agentchat.base import Response, TerminatedException, TerminationCondition
from autogen_agentchat.messages import BaseAgentEvent, BaseChatMessage, StopMessage, TextMessage
from autogen_agentchat.teams import SelectorGroupChat
from autogen_agentchat.teams._group_chat._events import GroupChatAgentResponse, GroupChatRequestPublish
from autogen_agentchat.teams._group_chat._selector_group_chat import SelectorGroupChatManager
from autogen_core import (
    AgentId,
    AgentRuntime,
    BaseAgent,
    CancellationToken,
    MessageContext,
    TopicId,
    TypeSubscription,
)
from autogen_core.models import ChatCompletionClient, ModelFamily, ModelInfo
from autogen_ext.models.replay import ReplayChatCompletionClient
from pydantic import BaseModel

from desk.deliberation.floor import Floor
from desk.deliberation.lean_runtime import LeanRuntime
from desk.domain.roles import ANALYSTS, COMPLIANCE_PROXY, EXECUTOR, RISK_OFFICER

SEATS = (*(who.value for who in ANALYSTS), RISK_OFFICER, COMPLIANCE_PROXY, EXECUTOR)
#: Asks a seat for its turn: it carries nothing.
YOUR_TURN = GroupChatRequestPublish()
#: The first message of every thread, and the last: the brief reaches the roles through their prompts.
TASK = TextMessage(content="The desk is open.", source="desk")
CLOSED = StopMessage(content="closed", source="desk")
NO_MODEL = ModelInfo(
    vision=False,
    function_calling=False,
    json_output=False,
    structured_output=False,
    family=ModelFamily.UNKNOWN,
)


#: A chat must have a model to select with; this one is never asked.
NOBODY = ReplayChatCompletionClient([], model_info=NO_MODEL)


class Turns:
    """The floor's turns as a chat needs them: who is next, whether it is over, and what went wrong."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.speakers: tuple[str, ...] = ()
        self.fault: BaseException | None = None
        self.running: set[asyncio.Task[Any]] = set()

    def advance(self) -> bool:
        """Take the next turn. False when there is none, or a seat failed."""
        self.speakers = () if self.fault is not None else self._floor.turn()
        return bool(self.speakers)

    async def speak(self, role: str) -> None:
        """One seat's turn. A failure ends the chat and is raised by ``deliberate``, with its own type."""
        task = asyncio.current_task()
        assert task is not None
        self.running.add(task)
        try:
            await self._floor.speak(role)
        except BaseException as error:  # noqa: BLE001 - AutoGen would make it text, or hang
            self.fault = self.fault or error
        finally:
            self.running.discard(task)


@cache
def spoken(role: str) -> GroupChatAgentResponse:
    """What the chat is told after a seat's turn: the same each time."""
    message = TextMessage(content=f"{role} has spoken", source=role)
    return GroupChatAgentResponse(response=Response(chat_message=message), name=role)


class Seat(BaseChatAgent):
    """A role at the table. It speaks when the floor is its own; it reads nothing from the thread."""

    def __init__(self, role: str, turns: Turns) -> None:
        # Not the base's: that opens a span around two assignments, which nobody reads.
        self._role = role
        self._turns = turns

    @property
    def name(self) -> str:
        return self._role

    @property
    def description(self) -> str:
        return self._role.replace("_", " ")

    @property
    def produced_message_types(self) -> Sequence[type[BaseChatMessage]]:
        return (TextMessage,)

    async def on_messages(
        self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken
    ) -> Response:
        await self._turns.speak(self._role)
        return spoken(self._role).response

    async def on_reset(self, cancellation_token: CancellationToken) -> None:
        """Nothing is kept here that could be reset."""


class FloorStop(TerminationCondition):
    """Stops when the floor has no next speaker. It takes the next turn, so it is asked once a turn."""

    component_config_schema = BaseModel

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._stopped = False

    @property
    def terminated(self) -> bool:
        return self._stopped

    async def __call__(self, messages: Sequence[BaseAgentEvent | BaseChatMessage]) -> StopMessage | None:
        if self._stopped:
            raise TerminatedException("the debate is closed")
        if self._turns.advance():
            return None
        self._stopped = True
        return CLOSED

    async def reset(self) -> None:
        self._stopped = False


class Chair(BaseAgent):
    """What carries a seat's turns. Nobody reads a copy of what it says: the screen has heard it already."""

    def __init__(self, seat: Seat, group: TopicId) -> None:
        super().__init__(seat.description)
        self._seat = seat
        self._group = group

    async def on_message_impl(self, message: Any, ctx: MessageContext) -> None:
        """The seat's turn, whole: it streams nothing, and what goes wrong in it is kept by ``Turns``."""
        assert isinstance(message, GroupChatRequestPublish)
        await self._seat.on_messages((), ctx.cancellation_token)
        await self.publish_message(
            spoken(self._seat.name), self._group, cancellation_token=ctx.cancellation_token
        )


class FloorManager(SelectorGroupChatManager):
    """Asks the floor's speakers: two at once where neither may hear the other."""

    @classmethod
    @cache
    def _discover_handlers(cls) -> Sequence[Any]:
        return super()._discover_handlers()

    def __init__(self, turns: Turns, model_client: ChatCompletionClient, **group: Any) -> None:
        super().__init__(
            **group,
            model_client=model_client,
            selector_prompt="",
            allow_repeated_speaker=True,
            selector_func=None,
            max_selector_attempts=1,
            candidate_func=None,
            emit_team_events=False,
            model_context=None,
        )
        self._turns = turns

    async def on_message_impl(self, message: Any, ctx: MessageContext) -> Any:
        """One message at a time, and no lock for it: nothing that is done here waits for anything."""
        if isinstance(message, GroupChatAgentResponse):
            return await self.handle_agent_response(message, ctx)  # type: ignore[call-arg]  # a bound method
        return await super().on_message_impl(message, ctx)

    async def _transition_to_next_speakers(self, cancellation_token: CancellationToken) -> None:
        """The law has selected: nobody has to be asked, and nothing to be waited for."""
        for role in self._turns.speakers:
            self._active_speakers.append(role)
            topic = TopicId(self._participant_name_to_topic_type[role], self.id.key)
            await self.publish_message(YOUR_TURN, topic, cancellation_token=cancellation_token)

    async def update_message_thread(self, messages: Sequence[BaseAgentEvent | BaseChatMessage]) -> None:
        """Kept, but not for a model: none selects."""
        self._message_thread.extend(messages)

    async def publish_message(
        self, message: Any, topic_id: TopicId, *, cancellation_token: CancellationToken | None = None
    ) -> None:
        """Only what a seat hears: its turn. The start and the end nobody has subscribed to."""
        if isinstance(message, GroupChatRequestPublish):
            await super().publish_message(message, topic_id, cancellation_token=cancellation_token)


class DeskGroupChat(SelectorGroupChat):
    """A selector group chat whose selector is the law.

    ``selector_func`` of the public surface names one speaker; two at once needs the manager itself.
    """

    def __init__(self, turns: Turns, runtime: LeanRuntime | AgentRuntime) -> None:
        super().__init__(
            [Seat(role, turns) for role in SEATS],
            model_client=NOBODY,
            termination_condition=FloorStop(turns),
            runtime=cast("AgentRuntime", runtime),
        )
        self._turns = turns

    async def _init(self, runtime: AgentRuntime) -> None:
        """Seats are told when it is their turn, and nothing else: their questions come from the floor."""
        group = TopicId(self._group_topic_type, self._team_id)
        for seat, topic in zip(self._participants, self._participant_topic_types, strict=True):
            assert isinstance(seat, Seat)
            await self._seated(runtime, Chair(seat, group), topic, hears=topic)
        await self._seated(
            runtime, self._manager(), self._group_chat_manager_topic_type, hears=self._group_topic_type
        )
        self._initialized = True

    async def _seated(self, runtime: AgentRuntime, agent: BaseAgent, name: str, *, hears: str) -> None:
        await runtime.register_agent_instance(agent, AgentId(name, self._team_id))
        await runtime.add_subscription(TypeSubscription(topic_type=hears, agent_type=name, id=hears))

    def _manager(self) -> FloorManager:
        return FloorManager(
            self._turns,
            self._model_client,
            name=self._group_chat_manager_name,
            group_topic_type=self._group_topic_type,
            output_topic_type=self._output_topic_type,
            participant_names=self._participant_names,
            participant_topic_types=self._participant_topic_types,
            participant_descriptions=self._participant_descriptions,
            output_message_queue=self._output_message_queue,
            termination_condition=self._termination_condition,
            max_turns=self._max_turns,
            message_factory=self._message_factory,
        )


async def deliberate(floor: Floor) -> None:
    """Run the floor to its end on AutoGen.

    Raises:
        BaseException: whatever a turn raised, unchanged.
    """
    turns = Turns(floor)
    runtime = LeanRuntime()
    running = asyncio.ensure_future(DeskGroupChat(turns, runtime).run(task=TASK, output_task_messages=False))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError as cancelled:
        await _unwind(turns, running, cancelled)
        raise
    finally:
        await runtime.stop()
    if turns.fault is not None:
        raise turns.fault


async def _unwind(turns: Turns, running: asyncio.Future[Any], cancelled: asyncio.CancelledError) -> None:
    """Ctrl-C: the turn under way is cancelled (what has been sent is recorded first), then the chat ends."""
    turns.fault = turns.fault or cancelled
    for task in turns.running:
        task.cancel()
    await asyncio.wait({running})
