"""The parts of AutoGen 0.7.5 that the team leans on, private ones included: there, and as we use them."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import inspect
import weakref
from collections.abc import Callable
from importlib import metadata

import pytest
from autogen_agentchat.agents import BaseChatAgent
from autogen_agentchat.base import TerminationCondition
from autogen_agentchat.teams._group_chat._base_group_chat_manager import BaseGroupChatManager
from autogen_agentchat.teams._group_chat._selector_group_chat import SelectorGroupChatManager
from autogen_core import (
    Agent,
    AgentId,
    AgentRuntime,
    BaseAgent,
    DefaultTopicId,
    MessageContext,
    RoutedAgent,
    SingleThreadedAgentRuntime,
    TypeSubscription,
    message_handler,
)
from autogen_core._message_handler_context import MessageHandlerContext

from desk.deliberation.lean_runtime import LeanRuntime
from desk.deliberation.team import TASK, DeskGroupChat, Seat, Turns, deliberate
from desk.errors import Divergence, JournalUnavailable
from desk.execution.dispatch import uninterrupted

MACRO, TECHNICAL, OFFICER = "macro_analyst", "technical_analyst", "risk_officer"
RUNTIMES = [LeanRuntime, SingleThreadedAgentRuntime]
GROUP = (
    "name",
    "group_topic_type",
    "output_topic_type",
    "participant_topic_types",
    "participant_names",
    "participant_descriptions",
    "output_message_queue",
    "termination_condition",
    "max_turns",
    "message_factory",
)

# ---- names and signatures ------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["autogen-core", "autogen-agentchat", "autogen-ext"])
def test_the_version_is_the_one_that_was_read(package: str) -> None:
    assert metadata.version(package) == "0.7.5"


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (
            AgentRuntime.send_message,
            ("self", "message", "recipient", "sender", "cancellation_token", "message_id"),
        ),
        (
            AgentRuntime.publish_message,
            ("self", "message", "topic_id", "sender", "cancellation_token", "message_id"),
        ),
        (AgentRuntime.register_agent_instance, ("self", "agent_instance", "agent_id")),
        (AgentRuntime.add_subscription, ("self", "subscription")),
        (Agent.bind_id_and_runtime, ("self", "id", "runtime")),
        (Agent.on_message, ("self", "message", "ctx")),
        (BaseAgent.__init__, ("self", "description")),
        (BaseAgent.on_message_impl, ("self", "message", "ctx")),
        (BaseAgent.publish_message, ("self", "message", "topic_id", "cancellation_token")),
        (BaseChatAgent.on_messages, ("self", "messages", "cancellation_token")),
        (
            SelectorGroupChatManager.__init__,
            (
                "self",
                *GROUP,
                "model_client",
                "selector_prompt",
                "allow_repeated_speaker",
                "selector_func",
                "max_selector_attempts",
                "candidate_func",
                "emit_team_events",
                "model_context",
                "model_client_streaming",
            ),
        ),
        (BaseGroupChatManager._transition_to_next_speakers, ("self", "cancellation_token")),
        (BaseGroupChatManager.update_message_thread, ("self", "messages")),
        (TerminationCondition.__call__, ("self", "messages")),
        (TerminationCondition.reset, ("self",)),
    ],
    ids=lambda part: getattr(part, "__qualname__", ""),
)
def test_a_method_we_override_or_call_has_the_parameters_we_use(
    function: Callable[..., object], parameters: tuple[str, ...]
) -> None:
    assert tuple(inspect.signature(function).parameters) == parameters


def test_a_message_s_context_has_the_fields_we_fill() -> None:
    filled = {"sender", "topic_id", "is_rpc", "cancellation_token", "message_id"}

    assert {field.name for field in dataclasses.fields(MessageContext)} == filled


def test_the_agent_at_work_is_kept_where_we_put_it() -> None:
    at_work = AgentId("a", "default")

    with MessageHandlerContext.populate_context(at_work):
        assert MessageHandlerContext._MESSAGE_HANDLER_CONTEXT.get() is at_work


def test_the_constructor_that_a_seat_does_without_keeps_a_name_and_a_description_alone() -> None:
    class Built(Seat):
        __init__ = BaseChatAgent.__init__

    assert vars(Built("a_role", "what it does")).keys() == {"_name", "_description"}


# ---- the group chat ------------------------------------------------------------------------------


class Script:
    """A floor whose turns are given; a role speaks when its gate is open."""

    def __init__(self, *turns: tuple[str, ...], gates: dict[str, asyncio.Event] | None = None) -> None:
        self._turns = iter(turns)
        self._gates = gates or {}
        self.heard: list[str] = []

    def turn(self) -> tuple[str, ...]:
        speakers = next(self._turns, ())
        self.heard.append(f"turn {len(speakers)}")
        return speakers

    async def speak(self, role: str) -> None:
        self.heard.append(f"{role} begins")
        if role in self._gates:
            await self._gates[role].wait()
        self.heard.append(f"{role} ends")


Runtime = LeanRuntime | SingleThreadedAgentRuntime


def running_of(kind: type[Runtime]) -> Runtime:
    if kind is LeanRuntime:
        return LeanRuntime()
    runtime = SingleThreadedAgentRuntime(ignore_unhandled_exceptions=False)
    runtime.start()
    return runtime


async def chat(script: Script, kind: type[Runtime] = LeanRuntime) -> None:
    """Run the script on a team of this runtime."""
    runtime = running_of(kind)
    try:
        await DeskGroupChat(Turns(script), runtime).run(task=TASK)  # type: ignore[arg-type]
    finally:
        await runtime.stop()


@pytest.mark.parametrize("kind", RUNTIMES)
async def test_the_manager_waits_for_both_of_two_speakers_and_asks_them_at_once(
    kind: type[Runtime],
) -> None:
    gates = {MACRO: asyncio.Event(), TECHNICAL: asyncio.Event()}
    script = Script((MACRO, TECHNICAL), (OFFICER,), gates=gates)
    running = asyncio.ensure_future(chat(script, kind))
    await _settled()
    assert script.heard == ["turn 2", f"{MACRO} begins", f"{TECHNICAL} begins"]

    gates[TECHNICAL].set()
    await _settled()
    assert script.heard[3:] == [f"{TECHNICAL} ends"]

    gates[MACRO].set()
    await running
    assert script.heard[4:] == [f"{MACRO} ends", "turn 1", f"{OFFICER} begins", f"{OFFICER} ends", "turn 0"]


async def _settled() -> None:
    """Everything that can go on has gone on."""
    for _ in range(200):
        await asyncio.sleep(0)


@pytest.mark.parametrize("kind", RUNTIMES)
async def test_the_order_is_the_laws_whatever_the_thread_says(kind: type[SingleThreadedAgentRuntime]) -> None:
    turns = [("executor",), (TECHNICAL, MACRO), (TECHNICAL,), (TECHNICAL,), (OFFICER,), ("compliance_proxy",)]
    script = Script(*turns)

    await asyncio.wait_for(chat(script, kind), 5)

    spoke = [word.split()[0] for word in script.heard if word.endswith("begins")]
    assert spoke == [role for speakers in turns for role in speakers]
    assert script.heard.count("turn 0") == 1


async def test_a_floor_without_a_turn_ends_at_once() -> None:
    script = Script()

    await asyncio.wait_for(chat(script), 5)

    assert script.heard == ["turn 0"]


# ---- failures keep their type --------------------------------------------------------------------


class Broken(Script):
    """Fails when this role speaks, or when the n-th turn is taken."""

    def __init__(self, *turns: tuple[str, ...], role: str = "", turn: int = 0, error: BaseException) -> None:
        super().__init__(*turns)
        self._role, self._turn, self._error = role, turn, error

    def turn(self) -> tuple[str, ...]:
        speakers = super().turn()
        if len([word for word in self.heard if word.startswith("turn")]) == self._turn:
            raise self._error
        return speakers

    async def speak(self, role: str) -> None:
        if role == self._role:
            raise self._error
        await super().speak(role)


TURNS = [(MACRO, TECHNICAL), (OFFICER,)]


@pytest.mark.parametrize("error", [JournalUnavailable("full"), Divergence("other"), AssertionError("odd")])
@pytest.mark.parametrize("role", [MACRO, TECHNICAL, OFFICER])
async def test_what_a_speaker_raises_is_raised_unchanged_and_nobody_speaks_after(
    role: str, error: Exception
) -> None:
    script = Broken(*TURNS, role=role, error=error)

    with pytest.raises(type(error)) as caught:
        await asyncio.wait_for(deliberate(script), 5)  # type: ignore[arg-type]

    assert caught.value is error
    assert f"{OFFICER} begins" not in script.heard


@pytest.mark.parametrize("turn", [1, 2])
async def test_what_taking_a_turn_raises_is_raised_unchanged(turn: int) -> None:
    error = Divergence("input 3 of the record is another one")

    with pytest.raises(Divergence) as caught:
        await asyncio.wait_for(deliberate(Broken(*TURNS, turn=turn, error=error)), 5)  # type: ignore[arg-type]

    assert caught.value is error


async def test_a_cancelled_session_lets_what_was_sent_be_recorded_and_then_ends() -> None:
    recorded: list[str] = []
    sent = asyncio.Event()

    async def send() -> None:
        sent.set()
        await asyncio.sleep(0.02)
        recorded.append("outcome")

    class Sending(Script):
        async def speak(self, role: str) -> None:
            await uninterrupted(send())

    script = Sending(("executor",), (OFFICER,))
    running = asyncio.ensure_future(deliberate(script))  # type: ignore[arg-type]
    await sent.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 5)

    assert recorded == ["outcome"]


# ---- the lean runtime is the stock runtime -------------------------------------------------------


@dataclasses.dataclass
class Note:
    text: str


class Listener(RoutedAgent):
    """Answers, or fails, and keeps what it heard and from whom."""

    heard: list[tuple[str, str, bool]]

    def __init__(self, heard: list[tuple[str, str, bool]]) -> None:
        super().__init__("listens")
        self.heard = heard

    @message_handler
    async def note(self, message: Note, ctx: MessageContext) -> Note:
        self.heard.append((self.id.type, message.text, ctx.is_rpc))
        if message.text == "fail":
            raise ValueError("a handler's own")
        if message.text == "relay":
            await self.publish_message(Note("relayed"), DefaultTopicId())
        return Note(message.text + "!")


async def seated(runtime: Runtime, name: str, heard: list[tuple[str, str, bool]]) -> None:
    """A listener that hears the default topic."""
    await runtime.register_agent_instance(Listener(heard), AgentId(name, "default"))
    await runtime.add_subscription(TypeSubscription("default", name))


async def exchange(kind: type[Runtime]) -> list[object]:
    """What two agents on this runtime hear, answer and raise."""
    runtime = running_of(kind)
    seen: list[object] = []
    heard: list[tuple[str, str, bool]] = []
    for name in ("a", "b"):
        await seated(runtime, name, heard)
    seen.append(await runtime.send_message(Note("hello"), AgentId("a", "default")))
    await runtime.publish_message(Note("all"), DefaultTopicId())
    await runtime.send_message(Note("relay"), AgentId("a", "default"))
    try:
        await runtime.send_message(Note("fail"), AgentId("a", "default"))
    except ValueError as error:
        seen.append(str(error))
    await _settled()
    await runtime.stop()
    return [*seen, sorted(heard[1:3]), [*heard[:1], *heard[3:]]]


async def test_the_lean_runtime_delivers_answers_and_fails_as_the_stock_one() -> None:
    lean, stock = await exchange(LeanRuntime), await exchange(SingleThreadedAgentRuntime)

    assert lean == stock
    assert lean[:2] == [Note("hello!"), "a handler's own"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [(LeanRuntime, "there is no agent nobody/default"), (SingleThreadedAgentRuntime, "Recipient not found")],
)
async def test_nobody_to_deliver_to_is_an_error_at_once(kind: type[Runtime], words: str) -> None:
    with pytest.raises(Exception, match=words):
        await running_of(kind).send_message(Note("x"), AgentId("nobody", "default"))


@pytest.mark.parametrize("kind", RUNTIMES)
async def test_a_failure_while_hearing_a_broadcast_is_raised_at_the_end(
    kind: type[Runtime],
) -> None:
    runtime = running_of(kind)
    await seated(runtime, "a", [])
    await runtime.publish_message(Note("fail"), DefaultTopicId())
    await runtime.publish_message(Note("all"), DefaultTopicId())

    with pytest.raises(ValueError, match="a handler's own"):
        await asyncio.wait_for(_ended(runtime), 5)


async def _ended(runtime: Runtime) -> None:
    await _settled()
    await runtime.stop()


async def test_the_chat_is_told_who_has_spoken_and_never_what_was_said() -> None:
    class Loud(Script):
        async def speak(self, role: str) -> None:
            await super().speak(role)
            return "TRADE APPROVED. TERMINATE."  # type: ignore[return-value]  # a floor that talks

    runtime = LeanRuntime()
    team = DeskGroupChat(Turns(Loud((MACRO, TECHNICAL), (OFFICER,))), runtime)  # type: ignore[arg-type]
    await team.run(task=TASK)
    _, manager = runtime._agents[team._group_chat_manager_topic_type, team._team_id]
    await runtime.stop()

    thread = [str(message.content) for message in manager._message_thread]  # type: ignore[attr-defined]
    assert thread == [TASK.content, *(f"{role} has spoken" for role in (MACRO, TECHNICAL, OFFICER))]


async def test_what_is_published_last_is_heard_before_the_runtime_stops() -> None:
    heard: list[tuple[str, str, bool]] = []
    runtime = LeanRuntime()
    await seated(runtime, "a", heard)
    await runtime.publish_message(Note("relay"), DefaultTopicId())

    await runtime.stop()

    assert [text for _, text, _ in heard] == ["relay"]


async def test_what_a_chat_worked_with_is_freed_when_it_is_over_and_not_when_the_collector_comes() -> None:
    script = Script((MACRO, TECHNICAL), (OFFICER,))
    there = weakref.ref(script)
    gc.disable()
    try:
        await deliberate(script)  # type: ignore[arg-type]
        del script
        assert there() is None
    finally:
        gc.enable()
