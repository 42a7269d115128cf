"""``desk paper``: the embedded venue on loopback, for other programs and for trying things."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from desk import bootstrap
from desk.cli import output
from desk.config import load


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65_535), default=8787, show_default=True)
@click.option("--sim", is_flag=True, help="With /_sim: faults, clock and ledger, for tests.")
def paper(host: str, port: int, sim: bool) -> None:
    """Serve this home's paper accounts under /api/v1. Accounts are named by X-Agent-ID."""
    home = load().home.made()
    module = bootstrap.tools_module("paper")
    store = module.PaperStore(home.paper)
    application = _simulator(store) if sim else module.app(store, lambda: datetime.now(UTC))
    output.note(f"paper venue on http://{host}:{port}/api/v1 (Ctrl-C ends it)")
    bootstrap.tools_module("paper.server").serve(application, host, port)


def _simulator(store: object) -> object:
    simulator, plan = bootstrap.tools_module("paper.sim"), bootstrap.tools_module("paper.plan")
    return simulator.sim_app(store, lambda: datetime.now(UTC), plan.FaultPlan(), wire=simulator.Wire.TCP)
