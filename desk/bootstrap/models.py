"""Who answers for each role, and the chat in which they are asked."""

from __future__ import annotations

from collections.abc import Callable

from desk.bootstrap.desk import Desk
from desk.bootstrap.wishes import RULES, Wishes
from desk.config import Settings
from desk.domain.debate import Debate
from desk.domain.steps import CacheUnusable
from desk.errors import ConfigError, UsageError
from desk.home.cache import DecisionCache
from desk.ports import Answers, Clock, Model, Screen
from desk.session import Chat


def answers_for(desk: Desk, wishes: Wishes, clock: Clock, screen: Screen) -> Callable[[Debate], Answers]:
    """Makes the live models of a debate, behind the decision cache if the run wishes for one.

    AutoGen and openai are imported only if a role needs them.
    """
    live = live_answers(desk.settings, wishes, clock)
    if not wishes.cache_s or set(wishes.models.values()) <= {RULES}:
        return live
    return lambda debate: _cached(live(debate), desk, wishes, debate, clock, screen)


def live_answers(settings: Settings, wishes: Wishes, clock: Clock) -> Callable[[Debate], Answers]:
    """Makes the models of a debate, as wished for a role."""
    from desk.deliberation.answers import LiveAnswers
    from desk.deliberation.rules import RulesModel

    remote = {
        role: _openai(settings, spec.removeprefix("openai:"), wishes)
        for role, spec in wishes.models.items()
        if spec != RULES
    }

    def make(debate: Debate) -> Answers:
        models: dict[str, Model] = {role: remote.get(role) or RulesModel(debate) for role in wishes.models}
        return LiveAnswers(models, clock)

    return make


def _cached(
    live: Answers, desk: Desk, wishes: Wishes, debate: Debate, clock: Clock, screen: Screen
) -> Answers:
    """In front of the models that cost something; the rules answer quicker than a file."""
    from desk.deliberation.cached import CachedAnswers

    cache = DecisionCache(desk.home.cache, wishes.cache_s, lambda: screen.show(CacheUnusable()))
    endpoint = desk.settings.openai_url or "default"
    sources = {role: f"{spec} at {endpoint}" for role, spec in wishes.models.items() if spec != RULES}
    return CachedAnswers(live, cache, debate, sources, clock)


def _openai(settings: Settings, model: str, wishes: Wishes) -> Model:
    from desk.deliberation.openai_model import FREE, OpenAIModel, Price, is_local
    from desk.deliberation.replies import json_schema

    local = is_local(settings.openai_url)
    if settings.openai_key is None and not local:
        raise ConfigError(
            "OPENAI_API_KEY is not set",
            fix="Set it, point OPENAI_BASE_URL at a local server, or use --model rules",
            code="NO_KEY",
        )
    price: Price | None = FREE if local else None
    if wishes.price_in is not None and wishes.price_out is not None:
        price = Price(prompt=wishes.price_in, completion=wishes.price_out)
    if wishes.budget.usd is not None and price is None:
        raise UsageError(
            "--budget-usd needs the model's price",
            fix="Give --price-in and --price-out, USD a million tokens",
        )
    key = "local" if settings.openai_key is None else settings.openai_key.reveal()
    return OpenAIModel(
        model,
        api_key=key,
        base_url=settings.openai_url,
        schemas=json_schema,
        price=price,
        stream=wishes.stream,
    )


def chat_for(wishes: Wishes) -> Chat:
    """AutoGen's team; it is imported when the first turn is taken."""

    async def chat(floor: object) -> None:
        from desk.deliberation.floor import Floor
        from desk.deliberation.team import deliberate

        assert isinstance(floor, Floor)
        await deliberate(floor)

    return chat
