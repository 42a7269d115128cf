"""``python -m tests.corpus.replay``: every session of a home again; 1 if one is not the same to the byte."""

from __future__ import annotations

import argparse
import asyncio
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from desk.errors import DeskError
from desk.journal import SqliteJournal, memory_journal, read_journal
from desk.reopening import without_world
from desk.replay.nowhere import NoScreen, forbid_sockets
from desk.replay.record import load
from desk.replay.resume import Replayed, replay


async def again(journal: SqliteJournal, session_id: str) -> Replayed:
    """One session from its record, with nothing outside within reach."""
    record = load(journal, session_id)
    with closing(memory_journal()) as shadow:
        return await replay(record, without_world(record, journal, shadow, NoScreen()), shadow)


def differing(home: Path) -> Iterator[tuple[str, str | None]]:
    """Each session of a home, and what is different about it now; None for one that is the same."""
    with closing(read_journal(home)) as journal:
        opened = [str(one.data["session_id"]) for one in journal.events(types=("SessionOpened",))]
        for session_id in opened:
            yield session_id, _difference(journal, session_id)


def _difference(journal: SqliteJournal, session_id: str) -> str | None:
    try:
        found = asyncio.run(again(journal, session_id))
    except (DeskError, AssertionError, LookupError, ValueError, TypeError) as error:
        return f"cannot be replayed: {type(error).__name__}: {error}"
    if found.ok:
        return None
    first = found.divergences[0] if found.divergences else None
    if first is None:
        return f"digest {found.session_digest}, recorded {found.recorded_digest}"
    return f"step {first.step}, {first.field}: recorded {first.recorded[:200]}, now {first.replayed[:200]}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.replay")
    parser.add_argument("--home", type=Path, required=True)
    home = parser.parse_args().home
    forbid_sockets()
    began, same, other = time.perf_counter(), 0, 0
    for session_id, difference in differing(home):
        same += difference is None
        if difference is not None:
            other += 1
            print(f"{session_id}: {difference}")
    took = time.perf_counter() - began
    print(
        f"{same} of {same + other} sessions the same to the byte on"
        f" {platform.python_implementation()} {platform.python_version()}, {took:.1f} s"
    )
    return 0 if same and not other else 1


if __name__ == "__main__":
    sys.exit(main())
