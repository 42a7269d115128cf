"""Orders that a dead process left without an outcome, met again: at every start and by `desk reconcile`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from desk import bootstrap, reopening
from desk.bootstrap import Desk, Hands
from desk.deliberation.floor import drive
from desk.domain import ids
from desk.domain.lifecycle import fold_order
from desk.errors import Divergence
from desk.journal import memory_journal
from desk.ports import Screen
from desk.replay import resume as redrive
from desk.replay.nowhere import NoAnswers
from desk.replay.record import Record
from desk.replay.record import load as load_record
from desk.replay.unknowns import Resolved, Unresolved, look_up


async def catch_up(desk: Desk, found: Iterable[Unresolved], screen: Screen) -> list[Resolved]:
    """Settle each order whose session no living process works on; what is in flight there is not ours."""
    return [
        await settled(desk, one, screen) for one in bootstrap.free(desk, found) if one.session_id is not None
    ]


async def settled(desk: Desk, one: Unresolved, screen: Screen) -> Resolved:
    """Settle one order by reads. Nothing is sent again.

    A session that is still open is resumed, which meets its own order again, protects what was filled and
    ends; the order of a session that is over is looked up.

    Raises:
        UsageError: another process works on the session.
    """
    session_id = one.session_id or ""
    with bootstrap.locked(desk, session_id):
        record = load_record(desk.journal, session_id)
        if record.closed is None and await _resumed(desk, record, screen):
            return _as_recorded(desk, one)
        given = reopening.with_world(desk, record, Hands(screen=screen, prompt=None, person=""))
        try:
            return await look_up(given.parts, one)
        finally:
            await given.parts.venue.aclose()


async def _resumed(desk: Desk, record: Record, screen: Screen) -> bool:
    """False if this version of the desk does not give what is on record: then only a lookup is left."""
    given = reopening.with_world(desk, record, Hands(screen=screen, prompt=None, person=""))
    given = replace(given, answers=lambda _: NoAnswers(), chat=drive)
    shadow = memory_journal()
    try:
        await redrive.resume(record, given, shadow, desk.journal)
    except Divergence:
        return False
    finally:
        shadow.close()
        await given.parts.venue.aclose()
    return True


def _as_recorded(desk: Desk, one: Unresolved) -> Resolved:
    history = desk.journal.stream(ids.order_stream(one.submitted.client_order_id))
    return Resolved(
        client_order_id=one.submitted.client_order_id,
        session_id=one.session_id,
        symbol=one.submitted.symbol,
        state=fold_order(record.event_type for record in history),
    )
