"""Orders that a dead process left without an outcome, met again: at every start and by `desk reconcile`."""

from __future__ import annotations

from collections.abc import Iterable

from desk import bootstrap, reopening
from desk.bootstrap import Desk, Hands
from desk.errors import Divergence
from desk.execution.on_record import order_state
from desk.execution.unknowns import Resolved, Unresolved, look_up, unresolved
from desk.journal import memory_journal
from desk.replay import resume as redrive
from desk.replay.nowhere import NoScreen
from desk.replay.record import Record
from desk.replay.record import load as load_record
from desk.session import SessionReport


async def catch_up(desk: Desk, found: Iterable[Unresolved]) -> list[Resolved]:
    """Settle each order whose session no living process works on; what is in flight there is not ours."""
    return [await settled(desk, one) for one in bootstrap.free(desk, found) if one.session_id is not None]


async def settled(desk: Desk, one: Unresolved) -> Resolved:
    """Settle one order by reads. Nothing is sent again.

    A session that is still open is resumed, which meets its own order again, protects what was filled and
    ends; the order of a session that is over is looked up.

    Raises:
        UsageError: another process works on the session.
    """
    session_id = one.session_id or ""
    with bootstrap.locked(desk, session_id):
        record = load_record(desk.journal, session_id)
        if record.closed is None and await _resumed(desk, record):
            return _as_recorded(desk, one)
        given = reopening.afterwards(desk, record)
        try:
            return await look_up(given.parts, one)
        finally:
            await given.parts.venue.aclose()


async def go_on(desk: Desk, record: Record, hands: Hands) -> SessionReport:
    """Resume a session, after this account's other unknown orders have been met. It must not be over.

    Raises:
        UsageError: another process works on it.
        Divergence: this version of the desk does not give what is on record.
    """
    with bootstrap.locked(desk, record.session_id):
        opened = record.opened
        found = unresolved(desk.journal, venue=opened.venue, account=opened.account)
        await catch_up(desk, [one for one in found if one.session_id != record.session_id])
        return await _re_driven(desk, record.session_id, hands, answering=True)


async def _resumed(desk: Desk, record: Record) -> bool:
    """False if this version of the desk does not give what is on record: then only a lookup is left."""
    try:
        await _re_driven(
            desk, record.session_id, Hands(screen=NoScreen(), prompt=None, person=""), answering=False
        )
    except Divergence:
        return False
    return True


async def _re_driven(desk: Desk, session_id: str, hands: Hands, *, answering: bool) -> SessionReport:
    record = load_record(desk.journal, session_id)
    given = reopening.with_world(desk, record, hands, answering=answering)
    shadow = memory_journal()
    try:
        return await redrive.resume(record, given, shadow, desk.journal)
    finally:
        shadow.close()
        await given.parts.venue.aclose()


def _as_recorded(desk: Desk, one: Unresolved) -> Resolved:
    return Resolved(
        client_order_id=one.submitted.client_order_id,
        session_id=one.session_id,
        symbol=one.submitted.symbol,
        state=order_state(desk.journal, one.submitted.client_order_id),
    )
