"""The composition root: the only place that names concretes and puts a desk together."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from desk import __version__
from desk.approval.console import ConsoleApprover, Prompt
from desk.approval.deny import DenyApprover
from desk.approval.inbox import InboxApprover, stands
from desk.config import ROLES, Settings
from desk.deliberation.roles import load as load_prompts
from desk.domain import ids
from desk.domain.brief import Brief
from desk.domain.budget import Budget
from desk.domain.canonical import Json
from desk.domain.debate import Debate
from desk.domain.steps import CacheUnusable
from desk.errors import ConfigError, UsageError
from desk.execution.log import SessionLog
from desk.execution.room import Parts
from desk.execution.tape import Tape
from desk.execution.tickets import Tickets
from desk.execution.unknowns import Unresolved
from desk.home.cache import DecisionCache
from desk.home.clock import BriefClock, WallClock
from desk.home.halt import HaltFile
from desk.home.identity import RandomIds, SeededIds
from desk.home.lock import SessionLock
from desk.journal import Key, SqliteJournal, load_or_create, open_journal, open_snapshots
from desk.ports import Answers, Approver, Clock, Ids, Model, Permit, Screen, Tool, Venue
from desk.session import Chat, Given

if TYPE_CHECKING:
    from desk.approval.slack.approver import Poster
    from desk.deliberation.openai_model import Price

PAPER, FLEA = "paper", "purpleflea"
RULES = "rules"


# ---- tools, guarded ------------------------------------------------------------------------------


def tools_module(name: str) -> ModuleType:
    """A module of ours below ``tools``.

    Raises:
        ConfigError: another distribution has put its own ``tools`` in ours' place.
    """
    ours = Path(__file__).resolve().parent.parent / "tools"
    # Looked at before it is imported: an import runs whatever lies there.
    spec = importlib.util.find_spec("tools")
    found = None if spec is None or spec.origin is None else Path(spec.origin).resolve().parent
    if found != ours or getattr(importlib.import_module("tools"), "DISTRIBUTION", None) != "purple-desk":
        raise ConfigError(
            "the package `tools` that Python finds is not the desk's",
            why=f"it lies at {found}" if found is not None else "there is none",
            fix="Install purple-desk in an environment of its own",
            code="FOREIGN_TOOLS",
        )
    return importlib.import_module(f"tools.{name}")


def executor_tools() -> tuple[Tool, ...]:
    return cast(tuple[Tool, ...], tools_module("catalog").CATALOG)


# ---- what a run wants ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
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


class Desk:
    """An opened home: its journal, key and stop file, shared by everything a command does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = settings.home.made()
        self.key: Key = load_or_create(self.home.path)
        self.journal: SqliteJournal = open_journal(self.home.path, self.key)
        self.snapshots = open_snapshots(self.home.path, self.key, made_by=__version__)
        self.halt = HaltFile(self.home.halt)
        self.tickets = Tickets(self.key)

    @cached_property
    def pace(self) -> Any:
        """The pace of all requests to Purple Flea in this process (``tools.purple_flea.Pace``)."""
        return tools_module("purple_flea").Pace()

    def close(self) -> None:
        self.journal.close()
        self.snapshots.flush()


@contextmanager
def opened(settings: Settings) -> Iterator[Desk]:
    """The desk of a home, closed afterwards."""
    desk = Desk(settings)
    try:
        yield desk
    finally:
        desk.close()


@contextmanager
def locked(desk: Desk, session_id: str) -> Iterator[None]:
    """Only one process works on a session at a time.

    Raises:
        UsageError: another one does.
    """
    with SessionLock(desk.home.lock(session_id)):
        yield


def free(desk: Desk, found: Iterable[Unresolved]) -> list[Unresolved]:
    """Those whose session no living process works on: what is in flight there is not ours to judge."""
    return [one for one in found if one.session_id is None or _is_free(desk, one.session_id)]


def _is_free(desk: Desk, session_id: str) -> bool:
    lock = SessionLock(desk.home.lock(session_id))
    if not lock.acquire():
        return False
    lock.release()
    return True


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


# ---- clocks, ids, accounts -----------------------------------------------------------------------


def clock_for(name: str, as_of: datetime) -> Clock:
    return BriefClock(as_of) if name == "brief" else WallClock()


def ids_for(seed: str | None, brief: Brief, account: str | None) -> Ids:
    return RandomIds() if seed is None else SeededIds(seed, brief.sha256, account)


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


# ---- venues --------------------------------------------------------------------------------------


def venue_for(
    desk: Desk,
    wishes: Wishes,
    brief: Brief,
    account: str,
    elapsed: Callable[[], timedelta],
    *,
    again: bool = False,
) -> Venue:
    """The venue a session trades on, its account opened; ``again``: by the session that opened it."""
    if wishes.venue == FLEA:
        return flea_venue(desk, account, mode="live" if wishes.live else "paper")
    return paper_venue(desk, brief, account, elapsed, again=again)


def flea_venue(desk: Desk, account: str, mode: str) -> Venue:
    """Purple Flea itself, or whatever answers at its base URL."""
    settings = desk.settings
    if settings.flea_key is None:
        raise ConfigError(
            "PURPLE_FLEA_API_KEY is not set",
            fix="Set it, or use --venue paper, which needs no key",
            code="NO_KEY",
        )
    client = tools_module("purple_flea")
    agent = account.partition(":")[2] or account
    return cast(
        Venue,
        client.PurpleFlea(
            settings.flea_url, settings.flea_key, agent, mode, desk.tickets.clear, pace=desk.pace
        ),
    )


def paper_store(desk: Desk) -> Any:
    """The embedded venue's file of this home (``tools.paper.PaperStore``)."""
    return tools_module("paper").PaperStore(desk.home.paper)


def paper_venue(
    desk: Desk, brief: Brief, account: str, elapsed: Callable[[], timedelta], *, again: bool
) -> Venue:
    """The embedded twin, in this process, on the brief's own tape and time."""
    store = paper_store(desk)
    if not again or store.clock(account) is None:
        open_paper_account(store, account, brief, brief.balance_usdc)
    return in_process(store, account, lambda: brief.as_of + elapsed(), desk.tickets.clear)


def open_paper_account(store: Any, account: str, brief: Brief, balance_usdc: Decimal | None) -> None:
    """An account on the brief's own tape and time; with the venue's usual balance if none is given."""
    paper = tools_module("paper")
    opening = {} if balance_usdc is None else {"balance_usdc": balance_usdc}
    tapes = {
        symbol: paper.Tape((*series.bars, *(brief.tape[symbol].bars if symbol in brief.tape else ())))
        for symbol, series in brief.bars.items()
    }
    store.open_account(account, as_of=brief.as_of, tapes=tapes, **opening)


def in_process(
    store: Any, account: str, now: Callable[[], datetime], clear: Callable[[Permit], None]
) -> Venue:
    """The embedded twin behind the usual client, whose transport is a call in this process."""
    paper, client = tools_module("paper"), tools_module("purple_flea")
    return cast(
        Venue,
        client.PurpleFlea(
            "http://127.0.0.1/api/v1",
            None,
            account,
            "paper",
            clear,
            paper.InProcess(store, now),
            name="paper",
            pace=client.Pace(rates=None),
        ),
    )


# ---- models --------------------------------------------------------------------------------------


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


# ---- people --------------------------------------------------------------------------------------


def approver_for(desk: Desk, wishes: Wishes, session_id: str, prompt: Prompt | None, person: str) -> Approver:
    match wishes.approve:
        case "console" if prompt is not None:
            return ConsoleApprover(prompt, person, lambda request: stands(desk.journal, session_id, request))
        case "console":
            return DenyApprover("NOT_A_TERMINAL", "console")
        case "inbox":
            return InboxApprover(desk.journal, session_id, wishes.wait_s)
        case "slack":
            return slack_approver(desk, session_id, wishes.wait_s)
    return DenyApprover()


def slack_approver(desk: Desk, session_id: str, wait_s: float) -> Approver:
    """The inbox, with each question's card in Slack.

    Raises:
        ConfigError: what is missing for people to be asked there.
    """
    from desk.approval.slack.approver import SlackApprover
    from desk.approval.slack.settings import missing

    lacking = missing(desk.settings.slack)
    if lacking:
        raise ConfigError(
            "Slack is not set up", why=lacking[0], fix="Run `desk slack test`", code="SLACK_NOT_SET_UP"
        )
    return SlackApprover(InboxApprover(desk.journal, session_id, wait_s), slack_poster(desk))


def slack_poster(desk: Desk) -> Poster:
    """What sends a question's card, once."""
    from desk.approval.slack.approver import Poster
    from desk.approval.slack.client import SlackClient
    from desk.approval.slack.messages import Messages

    settings = desk.settings.slack
    assert settings is not None
    path = desk.home.slack
    return Poster(lambda: SlackClient(settings), lambda: Messages(path), desk.settings.page_url, note)


def note(text: str) -> None:
    """A line for whoever runs this process."""
    sys.stderr.write(f"desk: {text}\n")


# ---- a session -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What a process lends a session: who is looking and who answers."""

    screen: Screen
    prompt: Prompt | None
    person: str


def given(
    desk: Desk,
    wishes: Wishes,
    brief: Brief,
    hands: Hands,
) -> Given:
    """A new session, everything wired.

    Raises:
        UsageError: the seeded session exists already, or the flags contradict each other.
    """
    check_wishes(wishes)
    named = wishes.account or brief.account or desk.settings.account
    clock = clock_for(wishes.clock, brief.as_of)
    new_ids = ids_for(wishes.seed, brief, named)
    session_id = new_ids.new(ids.SESSION, "desk")
    if desk.journal.version(ids.session_stream(session_id)):
        raise UsageError(
            f"session {session_id} exists already",
            why="the same seed on the same brief gives the same session",
            fix="Look at it with `desk show`, or use another --seed",
            code="SESSION_EXISTS",
        )
    account = named or f"{wishes.venue}:{session_id}"
    venue = venue_for(desk, wishes, brief, account, elapsed_since_now(wishes.clock))
    log = SessionLog(clock, new_ids, session_id, account)
    approver = approver_for(desk, wishes, session_id, hands.prompt, hands.person)
    parts = Parts(
        journal=desk.journal,
        venue=venue,
        clock=clock,
        new_ids=new_ids,
        halt=desk.halt,
        approver=approver,
        tickets=desk.tickets,
        tape=Tape(),
        screen=hands.screen,
        log=log,
        folds=desk.snapshots,
        limits=desk.settings.limits,
        mode="live" if wishes.live else "paper",
        policy=desk.settings.policy,
    )
    return Given(
        brief=brief,
        parts=parts,
        answers=answers_for(desk, wishes, clock, hands.screen),
        chat=chat_for(wishes),
        prompts=load_prompts(),
        models=wishes.models,
        tools=executor_tools(),
        budget=wishes.budget,
        clock=wishes.clock,
        seed=wishes.seed,
        settings=settings_document(wishes, desk.settings, named),
        desk_version=__version__,
    )


def elapsed_since_now(clock: str) -> Callable[[], timedelta]:
    """How far the embedded venue's time has come: with the wall, or not at all under the brief's clock."""
    return elapsed_since(clock, datetime.now(UTC))


def elapsed_since(clock: str, began: datetime) -> Callable[[], timedelta]:
    if clock == "brief":
        return timedelta
    return lambda: max(timedelta(), datetime.now(UTC) - began)


def settings_document(wishes: Wishes, settings: Settings, named: str | None) -> dict[str, Json]:
    """What a resume or a replay must know of the run's flags. No secret and no path is among it."""
    return {
        "models": dict(wishes.models),
        "venue": wishes.venue,
        "account": named,
        "approve": wishes.approve,
        "budget": wishes.budget.document(),
        "limits": dict(settings.limits.document()),
        "live": wishes.live,
        "policy": settings.policy.document(),
    }
