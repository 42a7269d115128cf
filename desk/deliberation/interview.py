"""Asks a role, makes its reply durable at once, and reads it: one repair round, then it abstains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec.structs import replace

from desk.deliberation.answers import STREAM_BROKEN
from desk.deliberation.replies import ReplyInvalid, parse
from desk.deliberation.roles import Prompt
from desk.domain import ids
from desk.domain.budget import Spent
from desk.domain.canonical import Plain, sha256
from desk.domain.debate import Ask, Debate
from desk.domain.events import ModelReplied
from desk.domain.shape import shaped
from desk.domain.steps import Recalled, Words
from desk.domain.views import Abstained, Statement
from desk.execution.log import SessionLog
from desk.ports import EMPTY, Answers, Journal, ModelReply, ModelRequest, Screen

#: Faults a repair request names; the rest would only lengthen it.
MAX_FAULTS = 8
RULES = "rules"


class Interview:
    """One session's questions to its models."""

    def __init__(
        self,
        journal: Journal,
        log: SessionLog,
        answers: Answers,
        prompts: Mapping[str, Prompt],
        models: Mapping[str, str],
        screen: Screen,
    ) -> None:
        self._journal = journal
        self._log = log
        self._answers = answers
        self._prompts = prompts
        self._models = models
        self._screen = screen
        self._asked: Counter[str] = Counter()
        self.spent = Spent()

    def chars(self, ask: Ask) -> int:
        """Length of the prompt that asking would send."""
        return len(self._prompts[ask.role].text) + len(ask.text)

    async def statement(
        self, debate: Debate, ask: Ask, within_s: float, *, repairable: bool = True
    ) -> Statement | Abstained:
        """A valid statement, or why there is none. ``repairable``: the budget bears a second call."""
        request = self._request(ask)
        reply = await self._reply(request, within_s)
        found = self._read(debate, ask, reply)
        again, left_s = self._again(request, reply, found), within_s - reply.latency_ms / 1000
        if again is not None and repairable and left_s > 0:
            reply = await self._reply(again, left_s)
            found = self._read(debate, ask, reply)
        return Abstained(reason="INVALID_REPLY") if isinstance(found, tuple) else found

    async def tool_call(
        self, ask: Ask, tools: tuple[Mapping[str, object], ...], within_s: float
    ) -> ModelReply:
        """The executor's reply, tool calls unparsed."""
        return await self._reply(replace(self._request(ask), tools=tools), within_s)

    def _request(self, ask: Ask) -> ModelRequest:
        return ModelRequest(
            role=ask.role,
            system=self._prompts[ask.role].text,
            messages=({"role": "user", "content": ask.text},),
            schema=ask.schema,
        )

    def _again(
        self, request: ModelRequest, reply: ModelReply, found: Statement | Abstained | tuple[str, ...]
    ) -> ModelRequest | None:
        """What to ask in the one repair round; None if there is nothing to repair."""
        if reply.error == STREAM_BROKEN:
            return request
        return self._repair(request, reply, found) if isinstance(found, tuple) else None

    def _repair(self, request: ModelRequest, reply: ModelReply, faults: tuple[str, ...]) -> ModelRequest:
        """The same question once more, with what was wrong in our own words."""
        listed = "; ".join(faults[:MAX_FAULTS])
        text = f"Your reply was not accepted: {listed}. Send the whole corrected object."
        said: Mapping[str, object] = {"role": "assistant", "content": reply.content}
        asked: Mapping[str, object] = {"role": "user", "content": text}
        return replace(request, messages=(*request.messages, said, asked))

    def _read(self, debate: Debate, ask: Ask, reply: ModelReply) -> Statement | Abstained | tuple[str, ...]:
        """The statement; a tuple of faults if it may be asked for again."""
        assert ask.schema is not None
        if reply.error is not None:
            return Abstained(reason=reply.error)
        try:
            allow = self._models[ask.role] == RULES
            statement = parse(ask.schema, reply.content, allow_conviction=allow)
        except ReplyInvalid as error:
            return error.problems
        faults = debate.problems(ask.role, statement)
        return faults or statement

    async def _reply(self, request: ModelRequest, within_s: float) -> ModelReply:
        self._asked[request.role] += 1
        n = self._asked[request.role]
        reply = await self._answers.answer(
            request.role,
            n,
            request,
            within_s,
            lambda text: self._screen.show(Words(role=request.role, text=text)),
        )
        await self._record(request, n, reply)
        if reply.cached_s is not None:
            self._screen.show(Recalled(role=request.role, age_s=reply.cached_s))
        self.spent = self.spent.after(reply.prompt_tokens, reply.completion_tokens, reply.usd)
        return reply

    async def _record(self, request: ModelRequest, n: int, reply: ModelReply) -> None:
        """Durable at once, in a stream of its own: what was paid for is never lost."""
        plain = shaped(request)
        event = ModelReplied(
            session_id=self._log.session_id,
            role=request.role,
            n=n,
            model=self._models[request.role],
            request_sha256=sha256(plain),
            request=Plain(plain, system=self._prompts[request.role].sha256),
            reply=Plain(shaped(reply), latency_ms=0),
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            usd=reply.usd,
            latency_ms=reply.latency_ms,
            from_cache=reply.cached_s is not None,
        )
        stream = ids.call_stream(self._log.session_id, request.role, n)
        await self._journal.append_together(stream, EMPTY, self._log.made(stream, event))
