"""Real sessions, recorded for tests: the whole desk on the embedded venue, in this process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from desk import bootstrap
from desk.bootstrap import Hands, Wishes
from desk.briefs.reader import read
from desk.config import Settings
from desk.deliberation.floor import drive
from desk.domain.limits import tightened
from desk.home.paths import Home
from desk.replay.portable import PortableRecord, portable, written
from desk.session import Session
from tests.kernel.fakes import Dark


def recording(home: Path, brief: str = "@brexit-eve", limits: Any = None, **wishes: Any) -> PortableRecord:
    """One session, run to its end in this home; ``wishes`` are those of ``desk run``."""
    settings = Settings(home=Home(home))
    if limits:
        settings = replace(settings, limits=tightened(settings.limits, limits))
    with bootstrap.opened(settings) as desk:
        return asyncio.run(_recorded(desk, brief, Wishes(**wishes)))


async def _recorded(desk: bootstrap.Desk, brief: str, wishes: Wishes) -> PortableRecord:
    given = bootstrap.given(desk, wishes, read(brief), Hands(screen=Dark(), prompt=None, person="tester"))
    report = await Session(replace(given, chat=drive)).run()
    await given.parts.venue.aclose()
    return portable(desk.journal, report.session_id, desk.journal.head())


def lines(record: PortableRecord) -> list[bytes]:
    """The record's file."""
    return list(written(record))
