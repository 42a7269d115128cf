"""What a debate may cost, weighed before each call."""

from __future__ import annotations

from decimal import Decimal

import pytest

from desk.domain.budget import Budget, Spent, exceeded

D = Decimal


def test_the_defaults_are_the_published_ones() -> None:
    assert Budget() == Budget(calls=12, tokens=60_000, seconds=300, usd=None)


@pytest.mark.parametrize(
    ("spent", "calls", "chars", "elapsed_s", "code"),
    [
        (Spent(), 2, 8_000, "0", None),
        (Spent(calls=10), 2, 0, "0", None),
        (Spent(calls=11), 2, 0, "0", "MAX_CALLS"),
        (Spent(calls=12), 1, 0, "0", "MAX_CALLS"),
        (Spent(prompt_tokens=50_000, completion_tokens=8_500), 1, 0, "0", None),
        (Spent(prompt_tokens=50_000, completion_tokens=8_500), 1, 4, "0", "MAX_TOKENS"),
        (Spent(prompt_tokens=50_000, completion_tokens=8_500), 2, 0, "0", "MAX_TOKENS"),
        (Spent(), 1, 240_000, "0", "MAX_TOKENS"),
        (Spent(), 1, 0, "299.999", None),
        (Spent(), 1, 0, "300", "MAX_SECONDS"),
        (Spent(usd=None), 1, 0, "0", None),
    ],
)
def test_a_call_is_weighed_with_its_prompt_and_the_room_for_its_reply(
    spent: Spent, calls: int, chars: int, elapsed_s: str, code: str | None
) -> None:
    """A token is counted for four characters of prompt, and 1,500 for each reply."""
    assert exceeded(Budget(), spent, calls, chars, D(elapsed_s)) == code


@pytest.mark.parametrize(
    ("usd", "spent", "code"),
    [
        ("0.05", "0.05", None),
        ("0.05", "0.0501", "BUDGET_USD"),
        ("0", "0", None),
        ("0", "0.0001", "BUDGET_USD"),
        ("0.05", None, "BUDGET_USD"),
        (None, "1000", None),
    ],
)
def test_dollars_count_when_somebody_set_them_and_unknown_is_too_much(
    usd: str | None, spent: str | None, code: str | None
) -> None:
    budget = Budget(usd=None if usd is None else D(usd))

    assert exceeded(budget, Spent(usd=None if spent is None else D(spent)), 1, 0, D(0)) == code


def test_once_a_price_is_unknown_the_sum_stays_unknown() -> None:
    spent = Spent().after(100, 20, D("0.01")).after(1, 2, None).after(1, 2, D("0.01"))

    assert (spent.calls, spent.prompt_tokens, spent.completion_tokens, spent.usd) == (3, 102, 24, None)


@pytest.mark.parametrize(
    ("limit", "code"), [("0.20", None), ("0.1749", "BUDGET_USD"), ("0.10", "BUDGET_USD"), ("0.1751", None)]
)
def test_dollars_of_the_next_call_are_weighed_at_what_a_token_has_cost(limit: str, code: str | None) -> None:
    """1,000 tokens cost 0.05; the next call is weighed with 2,500."""
    spent = Spent(calls=1, prompt_tokens=800, completion_tokens=200, usd=D("0.05"))

    assert exceeded(Budget(usd=D(limit)), spent, 1, 4000, D(0)) == code
