"""Whatever the instruction at which the process dies: what a coroutine was told is recorded, it is."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from desk.journal import open_journal, verify_home
from desk.journal.group import Group
from tests.journal_samples import new
from tests.kernel.crash import DIED, dying, instructions

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
CALLERS, TIMES, STRIDE = 4, 3, 61


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A place in memory where there is one: this is about order, not about the disk."""
    fast = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(dir=fast if fast.is_dir() else None))
    yield root
    shutil.rmtree(root)


async def append(home: Path) -> None:
    """A few coroutines that each append again and again, and say outside what they were told."""
    said = os.open(home / "said", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    with closing(open_journal(home)) as journal:

        async def caller(n: int) -> None:
            for version in range(TIMES):
                event = new(10 * n + version)
                told = await journal.append_together(f"account-{n}", version, [event])
                os.write(said, f"account-{n} {told} {event.event_id}\n".encode())

        await asyncio.gather(*(caller(n) for n in range(CALLERS)))
    os.close(said)


def lost(home: Path) -> list[str]:
    """What was said to be recorded and is not; and what is wrong with the journal."""
    said = (home / "said").read_text().splitlines() if (home / "said").exists() else []
    with closing(open_journal(home)) as journal:
        held = {f"{one.stream_id} {one.version} {one.event_id}" for one in journal.events()}
    return [*(set(said) - held), *(problem.code for problem in verify_home(home).problems)]


def swept(scratch: Path) -> tuple[list[str], int]:
    """What was lost over deaths at every ``STRIDE``-th instruction, and how many deaths there were."""
    counting = scratch / "counting"
    counting.mkdir(mode=0o700)
    total = instructions(lambda: append(counting), scratch)
    found: list[str] = []
    for at in range(1, total, STRIDE):
        home = scratch / f"home-{at}"
        home.mkdir(mode=0o700)
        assert dying(lambda home=home: append(home), at) == DIED  # type: ignore[misc]
        found += [f"k={at}: {one}" for one in lost(home)]
    return found, total // STRIDE


def test_a_death_at_any_instruction_loses_nothing_a_caller_was_told(scratch: Path) -> None:
    found, deaths = swept(scratch)
    assert found == []
    assert deaths > 30


def test_the_sweep_sees_callers_that_are_told_too_early(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hasty(self: Group, stream_id: str, expected: int, events: list[object]) -> int:
        asyncio.get_running_loop().call_soon(self._journal.append, stream_id, expected, events)
        return expected + len(events)

    monkeypatch.setattr(Group, "append", hasty)
    found, _ = swept(scratch)
    assert found
