"""Analysts' first views from the decision cache, where one is switched on; everybody else is asked.

Never the risk officer, the executor, a rebuttal or a repair. A served reply goes the way of any other: it
is checked, journaled and replayed; it counts as a call of 0 tokens and 0 USD and says how old it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from desk.deliberation.replies import ReplyInvalid, json_schema, parse
from desk.domain.canonical import sha256
from desk.domain.debate import Debate
from desk.domain.money import ZERO
from desk.domain.roles import ANALYSTS
from desk.domain.shape import shaped
from desk.domain.views import MacroView, TechnicalView
from desk.home.cache import DecisionCache, Kept
from desk.ports import Answers, Clock, ModelReply, ModelRequest

FIRST_VIEWS = frozenset({MacroView.__name__, TechnicalView.__name__})


class CachedAnswers:
    """``desk.ports.Answers`` that looks into the cache before it asks.

    Args:
        live: whoever is asked otherwise.
        debate: says whether a reply may be heard; only such a one is kept, or served.
        sources: where a role's replies come from, model and endpoint; a role without one is never cached.
    """

    def __init__(
        self, live: Answers, cache: DecisionCache, debate: Debate, sources: Mapping[str, str], clock: Clock
    ) -> None:
        self._live = live
        self._cache = cache
        self._debate = debate
        self._sources = {role: source for role, source in sources.items() if role in ANALYSTS}
        self._clock = clock

    async def answer(
        self, role: str, n: int, request: ModelRequest, within_s: float, on_text: Callable[[str], None]
    ) -> ModelReply:
        if n != 1 or role not in self._sources or request.schema not in FIRST_VIEWS:
            return await self._live.answer(role, n, request, within_s, on_text)
        key = self._key(role, request)
        now = self._clock.stamp("cache").wall
        kept = self._cache.get(key, now)
        if kept is not None and self._may_be_heard(request, kept.content):
            age_s = int((now - kept.kept_at).total_seconds())
            return ModelReply(content=kept.content, usd=ZERO, cached_s=age_s)
        reply = await self._live.answer(role, n, request, within_s, on_text)
        if reply.error is None and self._may_be_heard(request, reply.content):
            self._cache.put(key, self._kept(reply))
        return reply

    def _key(self, role: str, request: ModelRequest) -> str:
        """Everything the reply depends on. The request holds the prompt's text and all that was shown."""
        assert request.schema is not None
        return sha256(
            {
                "role": role,
                "source": self._sources[role],
                "dossier_sha256": self._debate.dossier.sha256,
                "request": shaped(request),
                "schema": json_schema(request.schema),
            }
        )

    def _may_be_heard(self, request: ModelRequest, content: str) -> bool:
        assert request.schema is not None
        try:
            statement = parse(request.schema, content)
        except ReplyInvalid:
            return False
        return not self._debate.problems(request.role, statement)

    def _kept(self, reply: ModelReply) -> Kept:
        return Kept(
            content=reply.content,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            kept_at=self._clock.stamp("cache").wall,
        )
