"""Processes that die at a chosen instruction, and a venue that outlives them.

A child is forked before any database is opened, runs the kernel, and kills itself with SIGKILL at the k-th
bytecode instruction of the kernel's own modules: no handler, no ``finally``, no flush runs.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import desk
from desk.domain.market import OrderRequest, VenueOrder
from desk.domain.shape import shaped, unshaped
from desk.execution.tickets import Tickets
from desk.journal import load_or_create, open_journal
from tests.kernel.bench import Bench
from tests.kernel.venue import HandVenue

ROOT = Path(desk.__file__).parent
#: Where an instruction can come between two effects. What they call is pure: dying in it is dying before
#: the next instruction here.
KERNEL = frozenset(
    str(path)
    for path in [
        *(ROOT / "execution").glob("*.py"),
        ROOT / "journal" / "group.py",
        ROOT / "journal" / "sqlite.py",
        ROOT / "journal" / "transaction.py",
    ]
)
DIED, NEVER = -signal.SIGKILL, 0


class LedgerVenue(HandVenue):
    """A venue whose ledger is a file: one line an order, written in one piece when it is carried out."""

    def __init__(self, clear: Callable[[Any], None], ledger: Path, *, hides_ids: bool) -> None:
        super().__init__(clear)
        self.hides_ids = hides_ids
        self.attaches = False
        self._ledger = ledger
        for request in self.recorded():
            super()._carried_out(request)

    def recorded(self) -> list[OrderRequest]:
        from json import loads

        lines = self._ledger.read_text().splitlines() if self._ledger.exists() else []
        return [unshaped(OrderRequest, loads(line)) for line in lines]

    def _carried_out(self, request: OrderRequest) -> VenueOrder:
        from json import dumps

        with self._ledger.open("ab", buffering=0) as file:
            file.write(dumps(shaped(request)).encode() + b"\n")
        return super()._carried_out(request)


def bench_at(home: Path, *, hides_ids: bool, process: int, venue: type[LedgerVenue] = LedgerVenue) -> Bench:
    """A desk on this home and its venue's ledger; ``process`` keeps the ids of two of them apart."""
    key = load_or_create(home)
    tickets = Tickets(key)
    return Bench(
        journal=open_journal(home, key),
        venue=venue(tickets.clear, home / "venue.ledger", hides_ids=hides_ids),
        tickets=tickets,
        ids_from=1 + 100_000 * process,
        session=process,
    )


def dying(work: Callable[[], Coroutine[Any, Any, None]], at: int) -> int:
    """Run ``work`` in a child that dies at its ``at``-th kernel instruction: ``DIED``, or ``NEVER``."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            _live(work, Fuse(at))
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (DIED, NEVER), f"the child failed with {code} instead of dying"
    return code


def instructions(work: Callable[[], Coroutine[Any, Any, None]], scratch: Path) -> int:
    """How many kernel instructions ``work`` takes, counted in a child that lives."""
    note = scratch / "count"
    child = os.fork()
    if child == 0:
        fuse = Fuse(0)
        try:
            _live(work, fuse)
            note.write_text(str(-fuse.left))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return int(note.read_text())


def _live(work: Callable[[], Coroutine[Any, Any, None]], fuse: Fuse) -> None:
    async def lit() -> None:
        fuse.light()
        await work()

    asyncio.run(lit())


class Fuse:
    """Burns one instruction at a time; at zero the process is gone."""

    def __init__(self, length: int) -> None:
        self.left = length

    def burn(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def light(self) -> None:
        """Start counting: by trace on 3.11, by monitoring from 3.12 on, where a trace sees less."""
        if sys.version_info >= (3, 12):
            self._monitor()
        else:
            sys.settrace(self._traced)

    def _traced(self, frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code.co_filename not in KERNEL:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._stepped

    def _stepped(self, frame: FrameType, event: str, arg: object) -> Any:
        if event == "opcode":
            self.burn()
        return self._stepped

    def _monitor(self) -> None:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        tool = 4
        monitoring.use_tool_id(tool, "fuse")

        def stepped(code: CodeType, offset: int) -> Any:
            if code.co_filename not in KERNEL:
                return monitoring.DISABLE
            self.burn()
            return None

        monitoring.register_callback(tool, monitoring.events.INSTRUCTION, stepped)
        monitoring.set_events(tool, monitoring.events.INSTRUCTION)
