"""Many replays at once: a process a core, each with its own reader of the journal and no way out."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import click

from desk.cli.archive import archived
from desk.cli.screen import Silent
from desk.replay.nowhere import forbid_sockets
from desk.replay.resume import Replayed
from desk.replaying import replayed

#: Sessions a worker takes at a time: enough that handing them over costs nothing beside replaying them.
CHUNK = 8


def replayed_in_parallel(session_ids: Sequence[str]) -> Iterator[Replayed]:
    """Each session's replay, in the order given."""
    workers = min(os.cpu_count() or 1, 1 + len(session_ids) // CHUNK)
    if workers == 1:
        forbid_sockets()
        yield from _counted(map(_one, session_ids), len(session_ids))
        return
    # Spawned and not forked: a child must not inherit an open SQLite connection.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=forbid_sockets) as pool:
        yield from _counted(pool.map(_one, session_ids, chunksize=CHUNK), len(session_ids))


def _one(session_id: str) -> Replayed:
    with archived() as archive:
        return asyncio.run(replayed(archive.source(session_id), session_id, Silent()))


def _counted(found: Iterator[Replayed], total: int) -> Iterator[Replayed]:
    """With a line that counts, on a terminal."""
    if not sys.stderr.isatty():
        yield from found
        return
    with click.progressbar(found, length=total, label="replaying", file=sys.stderr) as bar:
        yield from bar
