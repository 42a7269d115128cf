"""A session's own handwriting: how its events get their stamps, ids, account and place."""

from __future__ import annotations

from desk.domain import ids
from desk.domain.events import Event
from desk.ports import ANY, Clock, Ids, Instant, NewEvent, Transaction


class SessionLog:
    """Writes events for one session and account.

    Events that need not be durable at once wait in ``held`` and go with the next write to the session's
    stream, so that a session costs few commits.
    """

    def __init__(self, clock: Clock, new_ids: Ids, session_id: str, account: str) -> None:
        self.session_id = session_id
        self.account = account
        self.stream = ids.session_stream(session_id)
        self._clock = clock
        self._ids = new_ids
        self._held: list[Event] = []
        self._held_elsewhere: list[tuple[str, Event]] = []

    def hold(self, *events: Event) -> None:
        """Keep for the next write."""
        self._held += events

    def hold_for(self, stream: str, *events: Event) -> None:
        """Keep for another stream; it goes in the same transaction as the next write."""
        self._held_elsewhere += [(stream, event) for event in events]

    def now(self) -> Instant:
        """The stamp of the next write to the session's stream."""
        return self._clock.stamp(self.stream)

    def stamp(self, stream: str) -> Instant:
        """The stamp of the next write to another stream of this session."""
        return self._clock.stamp(stream)

    def new_id(self, prefix: str) -> str:
        return self._ids.new(prefix, self.stream)

    def write(self, tx: Transaction, *events: Event, at: Instant | None = None) -> None:
        """Append what was held and these events to the session's stream, with one stamp."""
        batch = [*self._held, *events]
        if batch:
            self._append(tx, self.stream, batch, at or self.now())
        for stream, event in self._held_elsewhere:
            self.write_to(tx, stream, event)
        self._held, self._held_elsewhere = [], []

    def write_to(self, tx: Transaction, stream: str, *events: Event, at: Instant | None = None) -> None:
        """Append to another stream of this session: an order's, a trade's, a call's."""
        self._append(tx, stream, list(events), at or self._clock.stamp(stream))

    def made(self, stream: str, *events: Event, at: Instant | None = None) -> list[NewEvent]:
        """These events as they will be appended to another stream of this session."""
        wall = (at or self._clock.stamp(stream)).wall
        return [
            NewEvent(
                event=event,
                event_id=self._ids.new(ids.EVENT, stream),
                occurred_at=wall,
                account=self.account,
                session_id=self.session_id,
            )
            for event in events
        ]

    def _append(self, tx: Transaction, stream: str, events: list[Event], at: Instant) -> None:
        tx.append(stream, ANY, self.made(stream, *events, at=at))
