"""What the journal costs, side by side with the bare disk and with the ``eventsourcing`` package."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from statistics import median

from msgspec.structs import asdict

from desk.journal import SqliteJournal, open_journal, read_journal
from desk.ports import ANY, EMPTY, NewEvent, Recorded
from tests.bench.event_store import SUMMED, EventStore
from tests.bench.measures import Measure, Rounds, ratio
from tests.journal_samples import SESSION, new, submitted

AT_ONCE, EACH = 200, 20
BLOCK = 100
BATCH = 10_000
#: Columns beside the two documents: ids, stream, time, two hashes.
PLACE_BYTES = 300


# ---- replay --------------------------------------------------------------------------------------


def replay(home: Path, record: Sequence[Recorded], rounds: Rounds) -> Iterator[Measure]:
    """A whole log, folded: a session's events again and again, each time in streams of their own."""
    times = max(1, rounds.replayed // len(record))
    journal = open_journal(home / "replay")
    by_stream, in_one = EventStore(home / "streams.db"), EventStore(home / "one.db")
    for n in range(times):
        with journal.transaction() as tx:
            for place, one in enumerate(record):
                tx.append(f"{one.stream_id}{n}", ANY, [_copied(one, n * len(record) + place)])
        by_stream.add((one.stream_id, one.event_type, _fields(one)) for one in record)
    in_one.add(("all", one.event_type, _fields(one)) for _ in range(times) for one in record)
    sides: dict[str, Callable[[], tuple[int, Decimal]]] = {
        "typed": lambda: _every_event_typed(journal),
        "wanted": lambda: _what_the_fold_wants(journal),
        "by stream": by_stream.replayed,
        "in one": in_one.replayed,
    }
    assert len({side() for side in sides.values()}) == 1, "both sides must come to the same"
    taken = {name: [_seconds(side) for _ in range(rounds.rounds)] for name, side in sides.items()}
    yield _faster("replay, chain verified: eventsourcing / ours", taken["by stream"], taken["wanted"], 6)
    yield _faster("the same, every event typed", taken["by stream"], taken["typed"], None)
    yield _faster("the same, theirs one aggregate", taken["in one"], taken["wanted"], None)
    yield _faster("the same, ours typed, theirs one aggregate", taken["in one"], taken["typed"], None)
    for store in (journal, by_stream, in_one):
        store.close()


def _copied(one: Recorded, n: int) -> NewEvent:
    return NewEvent(
        event=one.event,
        event_id=f"evt_{n:032x}",
        occurred_at=one.occurred_at,
        account=str(one.metadata["account"]),
        session_id=str(one.metadata["session"]),
    )


def _fields(one: Recorded) -> dict[str, object]:
    event = one.event
    return asdict(event)


def _every_event_typed(journal: SqliteJournal) -> tuple[int, Decimal]:
    count, total = 0, Decimal(0)
    for one in journal.events():
        count += 1
        fact = one.event
        if one.event_type in SUMMED:
            total += getattr(fact, SUMMED[one.event_type])
    return count, total


def _what_the_fold_wants(journal: SqliteJournal) -> tuple[int, Decimal]:
    """As the desk's own folds do: every event is read and proven, and decoded if the fold is about it."""
    count, total = 0, Decimal(0)
    for one in journal.events():
        count += 1
        if one.event_type in SUMMED:
            total += getattr(one.event, SUMMED[one.event_type])
    return count, total


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _faster(name: str, theirs: list[float], ours: list[float], least: float | None) -> Measure:
    values = [their / our for their, our in zip(theirs, ours, strict=True)]
    middle = median(values)
    return Measure(
        name=name,
        value=f"{middle:.1f} [{min(values):.1f}..{max(values):.1f}]",
        wanted="reported apart" if least is None else f"≥ {least}",
        ok=None if least is None else middle >= least,
    )


# ---- append --------------------------------------------------------------------------------------


def append(home: Path, rounds: Rounds) -> Iterator[Measure]:
    """One event, durable, against a bare write and fdatasync of the same bytes on the same disk."""
    raw = os.open(home / "raw", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    with closing(open_journal(home / "append")) as journal:
        facts = (new(n, submitted("tkt_1"), SESSION) for n in range(10**9))
        journal.append("order-cid", EMPTY, [next(facts) for _ in range(BATCH)])
        (newest,) = journal.stream("order-cid", after=BATCH - 1)
        body = b"x" * (len(repr(newest.data)) + len(repr(newest.metadata)) + PLACE_BYTES)
        values, ours, theirs = [], [], []
        for _ in range(rounds.rounds):
            theirs.append(median(_each(lambda: (os.write(raw, body), os.fdatasync(raw)))))
            ours.append(median(_each(lambda: journal.append("order-cid", ANY, [next(facts)]))))
            values.append(ours[-1] / theirs[-1])
    os.close(raw)
    detail = f" ({median(ours) * 1e6:.0f} / {median(theirs) * 1e6:.0f} µs)"
    yield ratio("durable append / bare write + fdatasync", values, 1.75, detail)


def _each(work: Callable[[], object]) -> list[float]:
    taken = []
    for _ in range(BLOCK):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return taken


def together(home: Path, rounds: Rounds) -> Iterator[Measure]:
    """Many sessions in one process, each waiting for its own append before it goes on."""
    with closing(open_journal(home / "together")) as journal:
        commits = 0
        stock = journal._commit

        def counted(*args: object) -> None:
            nonlocal commits
            commits += 1
            stock(*args)  # type: ignore[arg-type]

        journal._commit = counted  # type: ignore[method-assign]
        facts = (new(n, submitted("tkt_1"), SESSION) for n in range(10**9))
        taken = [
            _seconds(lambda: asyncio.run(_sessions(journal, facts))) / (AT_ONCE * EACH)
            for _ in range(rounds.rounds)
        ]
    shared = commits / (AT_ONCE * EACH * rounds.rounds)
    yield Measure(
        name=f"{AT_ONCE} sessions at once: commits an append",
        value=f"{shared:.3f}, of one to three fsyncs each",
        wanted="≤ 0.2 fsync",
        ok=3 * shared <= 0.2,
    )
    yield Measure(
        name=f"{AT_ONCE} sessions at once: CPU an append",
        value=f"{median(taken) * 1e6:.0f} µs",
        wanted="≤ 60 µs",
        ok=median(taken) <= 60e-6,
    )


async def _sessions(journal: SqliteJournal, facts: Iterator[NewEvent]) -> None:
    async def session(n: int) -> None:
        for _ in range(EACH):
            await journal.append_together(f"order-{n}", ANY, [next(facts)])

    await asyncio.gather(*(session(n) for n in range(AT_ONCE)))


# ---- opening -------------------------------------------------------------------------------------


def opening(home: Path, rounds: Rounds) -> Iterator[Measure]:
    """A long journal whose writer was killed just before its next checkpoint was due."""
    with closing(open_journal(home / "long")) as journal:
        for first in range(0, rounds.journal, BATCH):
            last = min(first + BATCH, rounds.journal)
            journal.append(f"account-{first}", EMPTY, [new(n) for n in range(first, last)])
        journal.append("account-a", EMPTY, [new(rounds.journal + n) for n in range(999)])
        taken = []
        for look in (*[read_journal] * rounds.rounds, open_journal):
            began = time.perf_counter()
            look(home / "long").close()
            taken.append(time.perf_counter() - began)
    yield Measure(
        name=f"opening a journal of {rounds.journal:,} events",
        value=f"{max(taken) * 1e3:.0f} ms, 999 of them after its checkpoint",
        wanted="≤ 1 s",
        ok=max(taken) <= 1,
    )
