"""``desk halt | reduce | reopen | flatten | breakers``: the trading state of this home."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import click

from desk import bootstrap, reopening
from desk.bootstrap import Desk
from desk.cli import output
from desk.cli.look import trades
from desk.cli.options import json_flag, person
from desk.config import Settings, load
from desk.domain import ids
from desk.domain.book import TradingState
from desk.domain.events import Event, TradingStateChanged
from desk.domain.lifecycle import TradeState
from desk.errors import DeskError, UsageError
from desk.execution.closing import close_at_market
from desk.execution.guard import changed, stored
from desk.execution.look import trading_state
from desk.home.halt import HaltFile
from desk.home.identity import RandomIds
from desk.ports import NewEvent
from desk.replay.record import load as load_record


@click.command()
@click.option("--hard", is_flag=True, help="Stop protective orders too; what is naked is listed.")
@click.option("--reason", default="halted by hand", show_default=True)
def halt(hard: bool, reason: str) -> None:
    """Stop: no new entry, from the next check on. Stops and targets of open trades stay."""
    settings = load()
    switch = HaltFile(settings.home.halt)
    switch.halt(output.inert(reason), hard=hard)
    output.say(f"halted: {settings.home.halt}")
    _record(settings, TradingState.HALTED, reason, hard=hard)
    if hard:
        _naked(settings)


def _record(settings: Settings, target: TradingState, reason: str, *, hard: bool = False) -> None:
    """Note it in the journal too; the file is what counts, and a broken journal cannot undo it."""
    try:
        with bootstrap.opened(settings) as desk:
            _change(desk, target, reason, hard=hard)
    except DeskError as error:
        output.note(f"desk: the stop file is in place, but the journal does not know: {error}")


def _change(desk: Desk, target: TradingState, reason: str, *, hard: bool = False) -> None:
    with desk.journal.transaction() as tx:
        source = TradingState.HALTED if desk.halt.halted() else trading_state(tx)
        event = TradingStateChanged(
            source=source.value,
            target=target.value,
            reason=output.inert(reason),
            by=person(desk.settings),
            hard=hard,
        )
        tx.append(ids.STATE_STREAM, tx.version(ids.STATE_STREAM), [_new(event, ids.STATE_STREAM)])


def _new(event: Event, stream: str) -> NewEvent:
    return NewEvent(event=event, event_id=RandomIds().new(ids.EVENT, stream), occurred_at=datetime.now(UTC))


def _naked(settings: Settings) -> None:
    with bootstrap.opened(settings) as desk:
        naked = [one for one in trades(desk.journal) if one["state"] in ("FILLED", "UNPROTECTED", "UNKNOWN")]
    for one in naked:
        output.say(
            f"  without a proven stop: {one['trade_id']} {one['side']} {one['quantity']} {one['symbol']}"
        )


@click.command()
@click.option("--reason", default="reduced by hand", show_default=True)
def reduce(reason: str) -> None:
    """Only exits from now on; entries are denied."""
    with bootstrap.opened(load()) as desk:
        _change(desk, TradingState.REDUCING, reason)
    output.say("reducing: entries are denied, exits go on")


@click.command()
@click.option("--reason", required=True, help="Why it is safe again, in your words.")
def reopen(reason: str) -> None:
    """Trade again: recorded first, the stop file removed last."""
    if not reason.strip():
        raise UsageError("--reason is empty", fix="Say why it is safe again")
    with bootstrap.opened(load()) as desk:
        _change(desk, TradingState.ACTIVE, reason)
        desk.halt.clear()
    output.say("active: entries are possible again")


@click.command()
@json_flag
def flatten(as_json: bool) -> int:
    """Leave every open position at the market, each under a ticket of its own, reduce-only."""
    settings = load()
    with bootstrap.opened(settings) as desk:
        open_trades = [one for one in trades(desk.journal) if TradeState(str(one["state"])).exposed]
        done = [asyncio.run(_leave(desk, one)) for one in open_trades]
    if as_json:
        output.emit({"schema": "desk.flatten/1", "trades": done})
    for one in done if not as_json else ():
        output.say(f"{one['trade_id']}  {one['state']}  {one['exit_price']}")
    if not done and not as_json:
        output.say("no open trade")
    return 0 if all(one["state"] == "CLOSED" for one in done) else 1


async def _leave(desk: Desk, trade: dict[str, object]) -> dict[str, object]:
    session_id = str(trade["session_id"])
    with bootstrap.locked(desk, session_id):
        record = load_record(desk.journal, session_id)
        given = reopening.afterwards(desk, record)
        try:
            return await close_at_market(given.parts, str(trade["trade_id"]))
        finally:
            await given.parts.venue.aclose()


@click.group(invoke_without_command=True)
@click.pass_context
def breakers(ctx: click.Context) -> None:
    """The circuit breakers of this home."""
    if ctx.invoked_subcommand is not None:
        return
    with bootstrap.opened(load()) as desk:
        services = sorted(
            {str(one.data["service"]) for one in desk.journal.events(types=("BreakerChanged",))}
        )
        with desk.journal.transaction() as tx:
            found = [stored(tx, service) for service in services]
    for one in found:
        latched = ", until somebody resets it" if one.latched else ""
        output.say(f"{one.service}  {one.state.value}, {one.failures} failures{latched}")
    if not found:
        output.say("no breaker has ever counted a failure")


@breakers.command()
@click.argument("service")
def reset(service: str) -> None:
    """Close SERVICE's breaker: you have looked, and the service is well."""
    with bootstrap.opened(load()) as desk, desk.journal.transaction() as tx:
        stream = ids.breaker_stream(service)
        if not tx.version(stream):
            raise UsageError(
                f"there is no breaker {ascii(service)[1:-1][:40]}", fix="`desk breakers` lists them"
            )
        event = changed(stored(tx, service).reset(datetime.now(UTC)), "reset by hand")
        tx.append(stream, tx.version(stream), [_new(event, stream)])
    output.say(f"{service}  CLOSED")
