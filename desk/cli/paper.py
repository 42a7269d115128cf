"""``desk paper``: the embedded venue on loopback, for other programs and for trying things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import click

from desk import bootstrap
from desk.briefs.reader import read
from desk.cli import output
from desk.config import load
from desk.domain.stamps import as_of


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65_535), default=8787, show_default=True)
@click.option("--as-of", "as_of_text", help="The venue's time when it starts; now by default.")
@click.option("--brief", "reference", help="Open an account on this brief's tape, at its time.")
@click.option("--account", default="paper", show_default=True, help="The name of that account.")
@click.option("--sim", is_flag=True, help="With /_sim: faults, clock and ledger, for tests.")
def paper(
    host: str, port: int, as_of_text: str | None, reference: str | None, account: str, sim: bool
) -> None:
    """Serve this home's paper accounts under /api/v1. Accounts are named by X-Agent-ID."""
    home = load().home.made()
    module = bootstrap.tools_module("paper")
    store = module.PaperStore(home.paper)
    brief = None if reference is None else read(reference)
    if brief is not None and store.clock(account) is None:
        bootstrap.open_paper_account(store, account, brief, brief.balance_usdc)
    now = _from(brief.as_of if brief is not None and as_of_text is None else _moment(as_of_text))
    application = _simulator(store, now) if sim else module.app(store, now)
    output.note(f"paper venue on http://{host}:{port}/api/v1 (Ctrl-C ends it)")
    if brief is not None:
        output.note("Try, in another terminal:")
        output.note(f"  export PURPLE_FLEA_BASE_URL=http://{host}:{port}/api/v1 PURPLE_FLEA_API_KEY=paper")
        output.note(f"  desk run {reference} --venue purpleflea --account {account}")
    bootstrap.tools_module("paper.server").serve(application, host, port)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else as_of(text)


def _from(start: datetime | None) -> Callable[[], datetime]:
    """The venue's clock: the wall, or a moment from which time runs on."""
    if start is None:
        return lambda: datetime.now(UTC)
    began = datetime.now(UTC)
    return lambda: start + (datetime.now(UTC) - began)


def _simulator(store: object, now: Callable[[], datetime]) -> object:
    simulator, plan = bootstrap.tools_module("paper.sim"), bootstrap.tools_module("paper.plan")
    return simulator.sim_app(store, now, plan.FaultPlan(), wire=simulator.Wire.TCP)
