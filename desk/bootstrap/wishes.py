"""What a run wants, and which wishes could not mean anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct, field

from desk.config import ROLES, Settings
from desk.domain.budget import Budget
from desk.errors import UsageError

PAPER, FLEA = "paper", "purpleflea"
RULES = "rules"


class Wishes(Struct, frozen=True, kw_only=True):
    """A run's flags, as values. ``models`` maps every role to its spec."""

    models: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(ROLES, RULES))
    venue: str = PAPER
    account: str | None = None
    approve: str = "deny"
    wait_s: float = 0
    budget: Budget = field(default_factory=Budget)
    clock: str = "wall"
    seed: str | None = None
    live: bool = False
    stream: bool = False
    cache_s: int = 0
    price_in: Decimal | None = None
    price_out: Decimal | None = None


def check_live(settings: Settings, wishes: Wishes, confirm: Callable[[], str]) -> None:
    """Real money needs the configuration, the flag and a typed word, all three.

    Raises:
        UsageError: one of them is missing.
    """
    if not wishes.live:
        return
    if wishes.venue != FLEA or not settings.live:
        raise UsageError(
            "--live is not possible here",
            why="real money needs --venue purpleflea and `live = true` under [venue] in desk.toml",
            fix="Nothing was done",
        )
    if confirm() != "LIVE":
        raise UsageError("real money was not confirmed", fix="Nothing was done", code="NOT_CONFIRMED")


def check_wishes(wishes: Wishes) -> None:
    """Refuse combinations that could not mean anything.

    Raises:
        UsageError: a seed or the brief's clock on a venue that is not ours.
    """
    if wishes.venue == FLEA and (wishes.seed is not None or wishes.clock == "brief"):
        raise UsageError(
            "--seed and --clock brief are for the paper venue",
            why="a real venue has its own time and its own ids",
            fix="Leave them out with --venue purpleflea",
        )


def model_specs(settings: Settings, flags: tuple[str, ...]) -> dict[str, str]:
    """Role to spec: flags over settings over ``rules``. A flag is ``SPEC`` for all roles or ``ROLE=SPEC``."""
    default = settings.models.get("default", RULES)
    specs = {role: settings.models.get(role, default) for role in ROLES}
    for flag in flags:
        role, equals, spec = flag.partition("=")
        if equals and role in ROLES:
            specs[role] = spec
        elif not equals:
            specs = dict.fromkeys(ROLES, flag)
        else:
            raise UsageError(f"{role!a} is not a role", fix="Known: " + ", ".join(ROLES))
    for spec in specs.values():
        if spec != RULES and not (spec.startswith("openai:") and len(spec) > len("openai:")):
            raise UsageError(f"{spec!a} is not a model", fix="Use rules, or openai:MODEL")
    return specs
