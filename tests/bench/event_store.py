"""The journal's peer: the same events in an application of the ``eventsourcing`` package on SQLite."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

#: The fold of both sides: how many events, and the sum of these amounts.
SUMMED = {"FundsDeposited": "amount_usdc", "OrderFilled": "filled_quantity", "FeeCharged": "amount_usdc"}


class Stream(Aggregate):
    """A stream of events, each with typed fields: Decimals, times, documents."""

    def __init__(self) -> None:
        self.count = 0
        self.total = Decimal(0)

    @event("Recorded")
    def record(self, kind: str, fields: dict[str, Any]) -> None:
        self.count += 1
        if kind in SUMMED:
            self.total += fields[SUMMED[kind]]


class EventStore:
    """An application in a file, and which streams it holds."""

    def __init__(self, path: Path) -> None:
        self._app: Application[UUID] = Application(
            env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
        )
        self._held: list[UUID] = []

    def add(self, facts: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
        """Record facts, given as (stream, kind, fields): an aggregate a stream."""
        streams: dict[str, Stream] = {}
        for name, kind, fields in facts:
            if name not in streams:
                streams[name] = Stream()
            streams[name].record(kind, fields)
        self._app.save(*streams.values())
        self._held += [stream.id for stream in streams.values()]

    def replayed(self) -> tuple[int, Decimal]:
        """The fold over everything, each aggregate rebuilt from its events."""
        count, total = 0, Decimal(0)
        for held in self._held:
            stream: Stream = self._app.repository.get(held)
            count, total = count + stream.count, total + stream.total
        return count, total

    def close(self) -> None:
        self._app.close()
