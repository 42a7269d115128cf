"""What a debate may cost: bounded before each call, never after."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from desk.domain.canonical import Json
from desk.domain.shape import shaped

#: Characters of prompt that are counted as one token before the endpoint has said.
CHARS_A_TOKEN = 4
#: Tokens kept free for the reply when a call is weighed.
REPLY_TOKENS = 1500


class Budget(Struct, frozen=True, kw_only=True):
    """Ceilings of one session. ``usd`` is None when nobody set one."""

    calls: int = 12
    tokens: int = 60_000
    seconds: int = 300
    usd: Decimal | None = None

    def document(self) -> dict[str, Json]:
        return shaped(self)


class Spent(Struct, frozen=True, kw_only=True):
    """What was used so far. ``usd`` becomes None once a call's price is not known."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: Decimal | None = Decimal(0)

    def after(self, prompt_tokens: int, completion_tokens: int, usd: Decimal | None) -> Spent:
        total = None if usd is None or self.usd is None else self.usd + usd
        return Spent(
            calls=self.calls + 1,
            prompt_tokens=self.prompt_tokens + prompt_tokens,
            completion_tokens=self.completion_tokens + completion_tokens,
            usd=total,
        )

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def document(self) -> dict[str, Json]:
        return shaped(self)


def exceeded(budget: Budget, spent: Spent, calls: int, prompt_chars: int, elapsed_s: Decimal) -> str | None:
    """Which ceiling the next ``calls`` together would break, or None."""
    expected = prompt_chars // CHARS_A_TOKEN + calls * REPLY_TOKENS
    if spent.calls + calls > budget.calls:
        return "MAX_CALLS"
    if spent.tokens + expected > budget.tokens:
        return "MAX_TOKENS"
    if elapsed_s >= budget.seconds:
        return "MAX_SECONDS"
    if budget.usd is not None and _too_dear(budget.usd, spent, expected):
        return "BUDGET_USD"
    return None


def _too_dear(limit_usd: Decimal, spent: Spent, expected_tokens: int) -> bool:
    """Weighed at what a token has cost so far. Before the first reply nobody knows, and it is let through."""
    if spent.usd is None:
        return True
    a_token = spent.usd / spent.tokens if spent.tokens else Decimal(0)
    return spent.usd > limit_usd or spent.usd + a_token * expected_tokens > limit_usd
