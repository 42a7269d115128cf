"""A replay put together: the record, a journal in memory, and nothing outside."""

from __future__ import annotations

from desk import reopening
from desk.journal import memory_journal
from desk.ports import Screen
from desk.replay.record import load
from desk.replay.resume import Replayed, replay
from desk.replay.source import Source


async def replayed(source: Source, session_id: str, screen: Screen) -> Replayed:
    """Re-drive a record through the real law and hold every event against it.

    Raises:
        UsageError: the source has no such session.
        JournalCorrupt: a data series of it is gone.
    """
    record = load(source, session_id)
    shadow = memory_journal()
    try:
        given = reopening.without_world(record, source, shadow, screen)
        return await replay(record, given, shadow)
    finally:
        shadow.close()
