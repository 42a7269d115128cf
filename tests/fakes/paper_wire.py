"""The embedded venue behind a wire that breaks on command, as a session's venue in this process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx

from desk import bootstrap
from desk.bootstrap import Desk
from tools.paper import PaperStore
from tools.paper.plan import FaultPlan
from tools.paper.sim import Wire, sim_app
from tools.purple_flea import Pace, PurpleFlea, ReadPolicy

BASE_URL = "http://127.0.0.1/api/v1"


async def no_sleep(seconds: float) -> None:
    """Time for the impatient."""


#: Reads that are tried as often as ever, without waiting in between.
PATIENT = ReadPolicy(sleep=no_sleep, jitter=lambda: 0.5)


class FaultyProcess(httpx.ASGITransport):
    """Requests go to the twin as the plan lets them; closing the client closes its store."""

    def __init__(
        self, store: PaperStore, now: Callable[[], datetime], plan: FaultPlan, settle_s: int
    ) -> None:
        super().__init__(sim_app(store, now, plan, wire=Wire.IN_PROCESS, settle_s=settle_s))
        self._store = store

    async def aclose(self) -> None:
        self._store.close()


def faulty_venue(
    desk: Desk, account: str, now: Callable[[], datetime], plan: FaultPlan, *, settle_s: int = 0
) -> PurpleFlea:
    """The venue of an account that is open already, at the time that ``now`` tells."""
    return PurpleFlea(
        BASE_URL,
        None,
        account,
        "paper",
        desk.tickets.clear,
        FaultyProcess(bootstrap.paper_store(desk), now, plan, settle_s),
        name="paper",
        reads=PATIENT,
        pace=Pace(rates=None),
    )
