"""The inputs of a fork: the record's, by what was asked, and past them those of its own world."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from desk.domain.canonical import Json, sha256
from desk.domain.events import Document
from desk.domain.money import plain
from desk.execution.tape import Decode, Encode, Tape
from desk.replay.fork.change import VENUE_PORTS, Change, venue_notes
from desk.replay.fork.twin import Twin
from desk.replay.record import Record

T = TypeVar("T")
#: A port, and the sha256 of what it was asked.
_Asked = tuple[str, str]

LIMITS, SUBMIT = "limits", "submit"
#: Inputs that come from the fork's own clock and settings, whatever the record's were.
OWN = frozenset({"over", "expiry", "now", "snapshot_age", "policy_changed"})


class ForkTape(Tape):
    """Inputs of the record by port and request, in their order. What it never held comes from outside it.

    What the venue answered after an order stays behind that order: a fork that has not sent it yet, because
    it asks a human first, does not see its fill. A reading that the record holds no further answer to keeps
    its last one: the world stands still. Once the twin has taken an order, the venue's answers are its own.

    Args:
        step: the number of the step that the fork is about to write.
    """

    def __init__(self, record: Record, change: Change, step: Callable[[], int], twin: Twin) -> None:
        super().__init__()
        self._change = change
        self._step = step
        self._twin = twin
        self._known: dict[_Asked, deque[tuple[int, Document]]] = defaultdict(deque)
        self._acts = acts = 0
        for note in _notes(record, change):
            self._known[str(note["port"]), str(note["request_sha256"])].append((acts, note))
            acts += note["port"] == SUBMIT
        self._last: dict[_Asked, Document] = {}

    def reaches(self, port: str) -> bool:
        return True

    def note(
        self, port: str, live: Callable[[], T], encode: Encode[T], decode: Decode[T], request: object = None
    ) -> T:
        if port == LIMITS:
            supposed = self._limits()
            return super().note(port, lambda: decode(supposed), encode, decode, request)
        note = None if port in OWN else self._on_record(port, sha256(request))
        if note is None:
            return super().note(port, live, encode, decode, request)
        return decode(self.replied(note))

    async def read(
        self,
        port: str,
        live: Callable[[], Awaitable[T]],
        encode: Encode[T],
        decode: Decode[T],
        request: object = None,
    ) -> T:
        note = None if port in VENUE_PORTS and self._twin.acted else self._on_record(port, sha256(request))
        if note is None:
            return await super().read(port, live, encode, decode, request)
        return decode(self.replied(note))

    async def act(
        self,
        port: str,
        live: Callable[[], Awaitable[T]],
        encode: Encode[T],
        decode: Decode[T],
        request: object,
    ) -> T:
        known = self._known.get((port, sha256(request)))
        if known and not self._twin.acted:
            acts, note = known.popleft()
            self._acts = acts + 1
            return decode(self.replied(note))
        return await super().act(port, live, encode, decode, request)

    def _on_record(self, port: str, digest: str) -> Document | None:
        """The next answer on record; none from behind an act that the fork has not come to."""
        known = self._known[port, digest]
        while known and known[0][0] < self._acts:
            self._last[port, digest] = known.popleft()[1]
        if known and known[0][0] == self._acts:
            self._last[port, digest] = known.popleft()[1]
        return self._last.get((port, digest))

    def _limits(self) -> dict[str, Json]:
        """What differs from the limits the session was opened with: as on record, and as supposed."""
        note = self._on_record(LIMITS, sha256(None))
        recorded = {} if note is None else note["reply"]["value"]  # type: ignore[index]  # a reply
        supposed = self._change.limits if self._step() >= self._change.at else {}
        return {**recorded, **{name: plain(value) for name, value in supposed.items()}}


def _notes(record: Record, change: Change) -> list[Document]:
    """Every input of the record, with the one that the change replaces."""
    found: list[Document] = []
    for number, event in enumerate(record.events, start=1):
        notes = event.data.get("inputs", ())
        assert isinstance(notes, list | tuple)
        changed = venue_notes(event)[-1:] if number == change.at and change.venue_reply is not None else []
        for place, note in enumerate(notes):
            assert isinstance(note, dict)
            found.append(_merged(note, change) if place in changed else note)
    return found


def _merged(note: Document, change: Change) -> Document:
    """The note with the change's fields in its reply; a whole other reply if it names an error."""
    wanted, reply = change.venue_reply, note["reply"]
    assert wanted is not None
    assert isinstance(reply, Mapping)
    if "error" in wanted:
        return {**note, "reply": dict(wanted)}
    return {**note, "reply": {"value": _patched(reply.get("value"), wanted)}}


def _patched(value: object, change: object) -> object:
    """A merge patch (RFC 7386), except that null is a value: that is how a venue leaves something out."""
    if not isinstance(change, Mapping):
        return change
    base = value if isinstance(value, dict) else {}
    return {**base, **{key: _patched(base.get(key), inner) for key, inner in change.items()}}
