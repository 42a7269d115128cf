"""``desk run``: one or more briefs in, one decision each out."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from decimal import Decimal

import click

from desk import bootstrap
from desk.bootstrap import Desk, Hands, Wishes
from desk.briefs.reader import read
from desk.cli import output
from desk.cli.card import CardPrompt
from desk.cli.options import Amount, json_flag, on_terminal, person
from desk.cli.screen import Lines, Silent
from desk.config import MAX_CACHE_S, Settings, load
from desk.domain.brief import Brief
from desk.domain.budget import Budget
from desk.errors import UsageError
from desk.execution.unknowns import unresolved
from desk.journal.projections import run_document
from desk.reconciling import catch_up
from desk.session import Session, SessionReport

DEFAULT_BRIEF = "@brexit-eve"
EXIT = {"failed": 1, "halted": 3, "unknown": 4, "awaiting_approval": 5}
#: Several sessions end with the worst of their codes, in this order.
WORST = (6, 4, 3, 5, 1, 0)


@click.command()
@click.argument("briefs", nargs=-1)
@click.option("--model", "models", multiple=True, help="rules, openai:MODEL, or ROLE=SPEC; may be repeated.")
@click.option("--venue", type=click.Choice(["paper", "purpleflea"]))
@click.option("--account", help="A book that lives on; by default each paper session gets its own.")
@click.option("--approve", type=click.Choice(["console", "inbox", "slack", "deny"]))
@click.option(
    "--wait", "wait_s", type=click.IntRange(0, 4 * 3600), default=0, help="Seconds to wait for the inbox."
)
@click.option("--budget-usd", type=Amount())
@click.option("--price-in", type=Amount(), help="USD a million prompt tokens.")
@click.option("--price-out", type=Amount(), help="USD a million completion tokens.")
@click.option("--max-calls", type=click.IntRange(1, 100), default=12, show_default=True)
@click.option("--max-tokens", type=click.IntRange(1, 10_000_000), default=60_000, show_default=True)
@click.option("--max-seconds", type=click.IntRange(1, 86_400), default=300, show_default=True)
@click.option(
    "--cache",
    "cache_s",
    type=click.IntRange(0, MAX_CACHE_S),
    help="Seconds for which an analyst's first view may be served again; 0 asks always (the default).",
)
@click.option("--seed", help="Draw every id from this text; the same run again gives the same session.")
@click.option("--clock", type=click.Choice(["wall", "brief"]), default="wall", show_default=True)
@click.option("--exit-on", help="Outcomes that end with exit code 1, comma-separated.")
@click.option("--live", is_flag=True, help="Real money; needs venue.live in desk.toml and a typed word.")
@click.option("--quiet", is_flag=True, help="Only the outcome.")
@json_flag
def run(briefs: tuple[str, ...], as_json: bool, quiet: bool, exit_on: str | None, **flags: object) -> int:
    """Deliberate over BRIEFS (files, - for stdin, @NAME for a bundled one; default @brexit-eve)."""
    settings = load()
    outcomes = _outcomes(exit_on)
    loaded = [read(name) for name in briefs or (DEFAULT_BRIEF,)]
    wishes = _wishes(settings, flags, words=not (as_json or quiet) and sys.stdout.isatty())
    with bootstrap.opened(settings) as desk:
        screen = screen_for(as_json=as_json, quiet=quiet)
        prompt = CardPrompt() if on_terminal() else None
        hands = Hands(screen=screen, prompt=prompt, person=person(settings))
        try:
            reports = [_session(desk, wishes, brief, hands) for brief in loaded]
        finally:
            screen.end()
        print_reports(desk, reports, as_json=as_json, quiet=quiet, several=len(loaded) > 1)
    return worst([exit_code(report.outcome, outcomes) for report in reports])


def screen_for(*, as_json: bool, quiet: bool) -> Lines | Silent:
    """Nothing, lines beside the JSON, or whatever the terminal (or the pipe) can show."""
    if quiet:
        return Silent()
    if as_json or not sys.stdout.isatty():
        return Lines(to_stderr=as_json, words=False)
    from desk.cli.live import screen_for_terminal

    return screen_for_terminal()


def _session(desk: Desk, wishes: Wishes, brief: Brief, hands: Hands) -> SessionReport:
    given = bootstrap.given(desk, wishes, brief, hands)
    session_id = given.parts.log.session_id

    async def work() -> SessionReport:
        try:
            parts = given.parts
            open_ended = unresolved(desk.journal, venue=parts.venue.name, account=parts.log.account)
            await catch_up(desk, open_ended)
            return await Session(given).run()
        finally:
            await given.parts.venue.aclose()

    with bootstrap.locked(desk, session_id):
        try:
            return asyncio.run(work())
        except KeyboardInterrupt:
            output.note(f"interrupted; go on with: desk resume {session_id}")
            raise


def _wishes(settings: Settings, flags: dict[str, object], *, words: bool) -> Wishes:
    models = flags["models"]
    assert isinstance(models, tuple)
    approve = flags["approve"] or settings.approve or ("console" if on_terminal() else "inbox")
    budget_usd = flags["budget_usd"]
    assert budget_usd is None or isinstance(budget_usd, Decimal)
    wishes = Wishes(
        models=bootstrap.model_specs(settings, models),
        venue=str(flags["venue"] or settings.venue or bootstrap.PAPER),
        account=_account(flags["account"]),
        approve=str(approve),
        wait_s=_whole(flags["wait_s"]),
        budget=Budget(
            calls=_whole(flags["max_calls"]),
            tokens=_whole(flags["max_tokens"]),
            seconds=_whole(flags["max_seconds"]),
            usd=budget_usd,
        ),
        clock=str(flags["clock"]),
        seed=None if flags["seed"] is None else str(flags["seed"]),
        live=bool(flags["live"]),
        stream=words,
        cache_s=_cache_s(settings, flags),
        price_in=_price(flags["price_in"]),
        price_out=_price(flags["price_out"]),
    )
    bootstrap.check_wishes(wishes)
    bootstrap.check_live(settings, wishes, confirm=_confirm_live)
    return wishes


def _cache_s(settings: Settings, flags: dict[str, object]) -> int:
    """How long a view may be served again. A session that must come out the same again has no cache."""
    wished = settings.cache_s if flags["cache_s"] is None else _whole(flags["cache_s"])
    if wished and (flags["seed"] is not None or flags["clock"] == "brief"):
        output.note("the decision cache is not used with --seed or --clock brief")
        return 0
    return wished


def _confirm_live() -> str:
    """A person types the word; off a terminal nobody can."""
    return (
        str(click.prompt("real money: type LIVE to go on", default="", show_default=False))
        if on_terminal()
        else ""
    )


def _account(value: object) -> str | None:
    from desk.domain import ids

    if value is None:
        return None
    if ids.ACCOUNT.fullmatch(str(value)) is None:
        raise UsageError("--account is not an account's name", fix="Lower-case letters, digits, . _ : -")
    return str(value)


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value


def _price(value: object) -> Decimal | None:
    assert value is None or isinstance(value, Decimal)
    return value


OUTCOMES = frozenset(
    [
        "executed",
        "no_trade",
        "rejected",
        "denied",
        "refused_by_human",
        "approval_expired",
        "awaiting_approval",
        "halted",
        "unknown",
        "failed",
    ]
)


def _outcomes(text: str | None) -> frozenset[str]:
    wanted = frozenset(part.strip() for part in (text or "").split(",") if part.strip())
    unknown = sorted(wanted - OUTCOMES)
    if unknown:
        raise UsageError(f"{unknown[0]!a} is not an outcome", fix="Known: " + ", ".join(sorted(OUTCOMES)))
    return wanted


def exit_code(outcome: str, failing: frozenset[str] = frozenset()) -> int:
    """The process's code for an outcome (DESIGN section 4)."""
    code = EXIT.get(outcome, 0 if outcome in OUTCOMES else 1)
    return 1 if code == 0 and outcome in failing else code


def worst(codes: Sequence[int]) -> int:
    return next(code for code in WORST if code in codes)


def print_reports(
    desk: Desk, reports: list[SessionReport], *, as_json: bool, quiet: bool, several: bool
) -> None:
    _, head = desk.journal.head()
    if as_json:
        documents = [run_document(desk.journal.of_session(one.session_id), head) for one in reports]
        output.emit({"schema": "desk.runs/1", "sessions": documents} if several else documents[0])
        return
    for report in reports:
        if quiet:
            output.say(f"{report.session_id} {report.outcome} {report.decided_by} {','.join(report.reasons)}")
        else:
            _next(report)


def _next(report: SessionReport) -> None:
    """What one would want to do now."""
    output.say()
    if report.waiting is not None:
        output.say(
            f"waits for a human until {report.waiting.expires_at:%Y-%m-%d %H:%M:%SZ}; from any terminal:"
        )
        output.say(f"  desk approve {report.waiting.approval_id}")
        output.say(f"  desk deny {report.waiting.approval_id} --reason TEXT")
        output.say(f"  desk resume {report.session_id}")
        return
    output.say(f"  desk show {report.session_id}")
    output.say(f"  desk replay {report.session_id}")
    if report.outcome == "executed":
        output.say("  desk watch --fast")
