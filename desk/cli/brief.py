"""``desk brief new | check | list``: briefs without a model call."""

from __future__ import annotations

from pathlib import Path

import click

from desk.briefs.catalog import BUNDLED
from desk.briefs.reader import read
from desk.briefs.scaffold import new_brief_text
from desk.cli import output
from desk.cli.options import json_flag
from desk.cli.screen import headline
from desk.domain.canonical import timestamp
from desk.domain.research import build
from desk.domain.shape import shaped


@click.group()
def brief() -> None:
    """Write, check or list briefs."""


@brief.command("list")
@json_flag
def list_(as_json: bool) -> None:
    """The bundled briefs."""
    if as_json:
        rows = [{"name": f"@{name}", "about": about} for name, about in BUNDLED.items()]
        output.emit({"schema": "desk.briefs/1", "briefs": rows})
        return
    for name, about in BUNDLED.items():
        output.say(f"@{name:<16} {about}")


@brief.command()
@click.argument("file")
@json_flag
def check(file: str, as_json: bool) -> None:
    """Facts, dropped facts and the largest size a fresh paper account would admit."""
    loaded = read(file)
    dossier = build(loaded)
    largest = _largest(loaded.balance_usdc)
    if as_json:
        output.emit(
            {
                "schema": "desk.brief/1",
                "ok": True,
                "name": loaded.name,
                "sha256": loaded.sha256,
                "as_of": timestamp(loaded.as_of),
                "symbols": list(loaded.symbols),
                "facts": [shaped(fact) for fact in dossier.facts],
                "missing": [shaped(gone) for gone in dossier.missing],
                "max_admissible_usdc": largest,
            }
        )
        return
    output.say(headline(dossier))
    for fact in dossier.facts:
        output.say(f"  {fact.line()}")
    for gone in dossier.missing:
        output.say(f"  - {gone.name} ({gone.symbol}): {gone.reason}")
    output.say(f"  at most {largest} USDC in one trade, before levels and history are known")


def _largest(balance: object) -> str:
    """3 % of the balance (10,000 USDC unless the brief says otherwise): the size rule alone."""
    from decimal import Decimal

    from desk.domain.limits import CEILING
    from desk.domain.money import floor_to, plain

    worth = balance if isinstance(balance, Decimal) else Decimal(10_000)
    return plain(floor_to(min(worth * CEILING.trade_size, CEILING.position_size), Decimal(1)))


@brief.command()
@click.argument("symbol")
@click.option("--bars", required=True, type=click.Path(), help="CSV: date,open,high,low,close,volume.")
def new(symbol: str, bars: str) -> None:
    """Print a brief for SYMBOL on your own bars; redirect it into a file."""
    output.say(new_brief_text(symbol, Path(bars)))
