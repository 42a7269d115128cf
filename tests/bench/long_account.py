"""``python -m tests.bench.long_account``: a look at an account that has lived long, by snapshot and without.

The account's events are those of one real session that trades and is closed, repeated under other ids and
six hours apart.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from desk import bootstrap
from desk.cli.watch import Watch
from desk.config import Settings
from desk.domain.balance import BalanceFold
from desk.domain.canonical import written
from desk.domain.portfolio import LedgerFold
from desk.home.paths import Home
from desk.journal import SqliteJournal, open_journal
from desk.journal.codec import decode
from desk.journal.document import parse
from desk.journal.snapshots import Folding, Snapshots, open_snapshots
from desk.ports import ANY, NewEvent, Projection, Recorded
from tests.recordings import recording

EVENTS, ROUNDS, ACCOUNT = 20_000, 7, "fund"


def one_session(home: Path) -> list[Recorded]:
    """What a session that trades and is closed adds to its account; the account's opening aside."""
    recording(home, "@brexit-eve", account=ACCOUNT)
    with bootstrap.opened(Settings(home=Home(home))) as desk:
        asyncio.run(Watch(desk, fast=True, aloud=False).run())
        return desk.journal.of_account(ACCOUNT)


def again(events: Sequence[Recorded], turn: int) -> Iterator[tuple[str, NewEvent]]:
    """The same session at another time, under ids of its own."""

    def other(text: str) -> str:
        for prefix in ("ses_", "int_", "tkt_", "trd_", "cid_", "apr_"):
            text = text.replace(prefix, f"{prefix}{turn:05x}")
        return text

    for n, one in enumerate(events):
        event = decode(one.event_type, one.schema_version, parse(other(written(dict(one.data)))))
        yield (
            other(one.stream_id),
            NewEvent(
                event=event,
                event_id=f"evt_{turn:016x}{n:016x}",
                occurred_at=one.occurred_at + timedelta(hours=6 * turn),
                account=ACCOUNT,
            ),
        )


def lived(home: Path, length: int = EVENTS) -> SqliteJournal:
    """A home whose account has so many events."""
    with tempfile.TemporaryDirectory() as folder:
        opening, *events = one_session(Path(folder))
    journal = open_journal(home)
    deposit = NewEvent(
        event=opening.event,
        event_id=opening.event_id,
        occurred_at=opening.occurred_at,
        account=ACCOUNT,
    )
    journal.append(opening.stream_id, ANY, [deposit])
    for turn in range(1, length // len(events) + 1):
        with journal.transaction() as tx:
            for stream, new in again(events, turn):
                tx.append(stream, ANY, [new])
    return journal


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        journal = lived(home)
        last = journal.of_account(ACCOUNT)[-1].occurred_at
        print(f"{journal.head()[0]} events; milliseconds, the median of {ROUNDS}")

        def opened() -> Snapshots:
            return open_snapshots(home, made_by="bench")

        projections: tuple[Projection[Any], ...] = (LedgerFold(last + timedelta(hours=1)), BalanceFold())
        for projection in projections:
            before = measured(journal, projection, Folding)
            kept = opened()
            first = measured(journal, projection, lambda kept=kept: kept, rounds=1)
            kept.flush()
            same = measured(journal, projection, lambda kept=kept: kept)
            another = measured(journal, projection, opened)
            print(
                f"{projection.name:<8} without {before:8.2f}   the first time {first:8.2f}   "
                f"then {same:6.3f}   in another process {another:6.3f}"
            )
        journal.close()


def measured(
    journal: SqliteJournal, projection: Projection[Any], folds: Callable[[], Folding], rounds: int = ROUNDS
) -> float:
    """Milliseconds of one fold in a transaction, as the gate does it."""
    taken = []
    for _ in range(rounds):
        with journal.transaction() as tx:
            began = perf_counter()
            folds().folded(projection, tx, ACCOUNT)
            taken.append(perf_counter() - began)
    return median(taken) * 1000


if __name__ == "__main__":
    main()
