"""The peer: the usual team of four AssistantAgents in a SelectorGroupChat whose model picks the speaker.

The executor holds three tools (trade, balance, escrow) of which it calls one, and the chat
ends on a word or after twelve messages. Unlike in the usual listing, which needs twelve calls, the executor
reflects on its tool's answer and the selector sees the history. It gets the same dossier in its task and a
scripted model that answers at once (or after a given latency).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Literal

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination, TextMentionTermination
from autogen_agentchat.teams import SelectorGroupChat
from autogen_core import CancellationToken, FunctionCall
from autogen_core.models import (
    ChatCompletionClient,
    CreateResult,
    FunctionExecutionResultMessage,
    LLMMessage,
    ModelInfo,
    RequestUsage,
)
from autogen_core.tools import Tool, ToolSchema
from pydantic import BaseModel

ROLES = ("macro_analyst", "technical_analyst", "risk_officer", "executor")
SYSTEM = {
    "macro_analyst": (
        "You are the macro analyst of a trading desk. Read the facts, state bullish, bearish or neutral, "
        "name the two facts that matter most and what would change your mind. Be brief."
    ),
    "technical_analyst": (
        "You are the technical analyst of a trading desk. Read the facts, state a setup with entry, stop and "
        "target, and what invalidates it. Be brief."
    ),
    "risk_officer": (
        "You are the risk officer of a trading desk. Approve or reject the proposed trade within the limits: "
        "at most 3 % of equity, a stop, reward to risk of 2.5 or more. Say TRADE APPROVED or TRADE REJECTED."
    ),
    "executor": (
        "You are the executor of a trading desk. When the risk officer has approved, call the trade tool "
        "once with the approved parameters and report EXECUTED with the order id."
    ),
}
SAID = {
    "macro_analyst": (
        "Bullish. Credit spreads are tightening and VIX at 17.25 is calm before the vote. A close more than "
        "two ATR below the last one, or VIX above 25, would change my mind."
    ),
    "technical_analyst": (
        "Bullish. The 20-day average is above the 50-day one and rising, RSI14 at 61 leaves room. Entry at "
        "2113.5, stop at 2085.5, target at 2202.4. Below the stop the setup is void."
    ),
    "risk_officer": (
        "TRADE APPROVED: buy 49 USDC of SPX-PERP, entry 2113.5, stop 2085.5, target 2202.4; reward to risk "
        "is above 2.5 after costs. The strongest case against: most such entries are stopped out."
    ),
}


class Scripted(ChatCompletionClient):
    """Answers from the script; counts calls and the characters of every prompt it was sent."""

    component_config_schema = BaseModel

    def __init__(self, latency_s: float = 0.0) -> None:
        self.calls = 0
        self.chars = 0
        self._latency_s = latency_s
        self._selected = 0

    async def create(
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Tool | Literal["auto", "required", "none"] = "auto",
        json_output: bool | type[BaseModel] | None = None,
        extra_create_args: Mapping[str, Any] | None = None,
        cancellation_token: CancellationToken | None = None,
    ) -> CreateResult:
        self.calls += 1
        self.chars += sum(len(str(message.content)) for message in messages)
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        content = self._answer(messages)
        usage = RequestUsage(prompt_tokens=0, completion_tokens=0)
        finish: Literal["stop", "function_calls"] = "stop" if isinstance(content, str) else "function_calls"
        return CreateResult(finish_reason=finish, content=content, usage=usage, cached=False)

    def _answer(self, messages: Sequence[LLMMessage]) -> str | list[FunctionCall]:
        role = next((role for role in ROLES if str(messages[0].content) == SYSTEM[role]), None)
        if role is None:
            self._selected += 1
            return ROLES[self._selected - 1]
        if role != "executor":
            return SAID[role]
        if isinstance(messages[-1], FunctionExecutionResultMessage):
            return "EXECUTED ord_1 at 2113.53"
        arguments = '{"symbol":"SPX-PERP","side":"buy","size_usdc":"49","stop":"2085.5","target":"2202.4"}'
        return [FunctionCall(id="call_1", name="trade", arguments=arguments)]

    async def create_stream(self, *_: Any, **__: Any) -> AsyncGenerator[str | CreateResult, None]:
        raise NotImplementedError("the peer does not stream")
        yield ""

    async def close(self) -> None:
        """Nothing is open."""

    def actual_usage(self) -> RequestUsage:
        return RequestUsage(prompt_tokens=0, completion_tokens=0)

    def total_usage(self) -> RequestUsage:
        return self.actual_usage()

    def count_tokens(self, messages: Sequence[LLMMessage], **_: Any) -> int:
        return 0

    def remaining_tokens(self, messages: Sequence[LLMMessage], **_: Any) -> int:
        return 1_000_000

    @property
    def capabilities(self) -> Any:
        return self.model_info

    @property
    def model_info(self) -> ModelInfo:
        return ModelInfo(
            vision=False, function_calling=True, json_output=True, family="unknown", structured_output=False
        )


async def trade(symbol: str, side: str, size_usdc: str, stop: str, target: str) -> str:
    """Place an order at the venue."""
    return f"order ord_1: {side} {size_usdc} USDC of {symbol} filled at 2113.53, stop {stop}, target {target}"


async def get_balance() -> dict[str, str]:
    """Look up the balance of the desk's wallet."""
    return {"usdc": "10000"}


async def escrow(
    action: str, counterparty_agent_id: str, amount_usdc: str, condition: str = "", escrow_id: str = ""
) -> dict[str, str]:
    """Open, release or cancel an escrow with another agent."""
    return {"action": action, "escrow_id": escrow_id or "esc_1"}


async def session(dossier: str, model: Scripted) -> None:
    """One decision and one trade, from the dossier to the executor's report."""
    agents = [
        AssistantAgent(
            role,
            model_client=model,
            description=role.replace("_", " "),
            system_message=SYSTEM[role],
            tools=[trade, get_balance, escrow] if role == "executor" else None,
            reflect_on_tool_use=role == "executor",
        )
        for role in ROLES
    ]
    team = SelectorGroupChat(
        agents,  # type: ignore[arg-type]  # a list of one kind of agent
        model_client=model,
        termination_condition=TextMentionTermination("EXECUTED", sources=["executor"])
        | TextMentionTermination("TRADE REJECTED", sources=["risk_officer"])
        | MaxMessageTermination(12),
    )
    result = await team.run(task=dossier)
    assert "EXECUTED" in str(result.messages[-1]), result
