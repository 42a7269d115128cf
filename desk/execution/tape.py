"""Everything that came from outside on the way to an event, in order, so that it can be given again.

Live, a tape calls the world and notes ``{port, request_sha256, reply}``; the next event of the session
carries the notes as its ``inputs``. Re-driven, it answers from the recorded notes and never calls the
world; a request that differs from the recorded one is a ``Divergence``. Money-moving calls are special:
past the record's end they may go out only if the burn of their ticket was live too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from desk.domain.canonical import Json, Plain, document, sha256
from desk.domain.events import Document, Inputs
from desk.errors import DeskError, Divergence, NotSent, OutcomeUnknown, ReadFailed, Refused

T = TypeVar("T")
Encode = Callable[[T], object]
Decode = Callable[[object], T]

_ERRORS: dict[str, type[DeskError]] = {
    kind.__name__: kind for kind in (NotSent, Refused, OutcomeUnknown, ReadFailed)
}
#: Reason of an act whose answer the record does not hold: the process ended between bytes and answer.
INTERRUPTED = "INTERRUPTED"


_NOTHING = sha256(None)


def _yes() -> bool:
    return True


class Tape:
    """One session's inputs.

    Args:
        recorded: the notes of the record that is re-driven; empty for a live session.
        may_act: whether a money-moving call that is not on record may go out.
        carries: whether the event about to be written may carry notes; on record, one of an old format did
            not.
    """

    def __init__(
        self,
        recorded: Sequence[Document] = (),
        may_act: Callable[[], bool] = _yes,
        carries: Callable[[], bool] = _yes,
    ) -> None:
        self._recorded = list(recorded)
        self._position = 0
        self._may_act = may_act
        self._carries = carries
        self._notes: list[Document] = []

    @property
    def position(self) -> int:
        """How many of the recorded inputs were used."""
        return self._position

    @property
    def live(self) -> bool:
        """Is everything on record used up?"""
        return self._position >= len(self._recorded)

    def reaches(self, port: str) -> bool:
        """Does what was begun go on with this port? False where the process ended before it did.

        On record, its note is next; past the record, only the process that began may say that it goes on.
        """
        if self.live:
            return self._may_act()
        return self._recorded[self._position]["port"] == port

    def take(self) -> Inputs:
        """The notes since the last event, for the event about to be written, or the next that carries any."""
        if not self._carries():
            return ()
        notes, self._notes = tuple(self._notes), []
        return notes

    def note(
        self, port: str, live: Callable[[], T], encode: Encode[T], decode: Decode[T], request: object = None
    ) -> T:
        """A synchronous input."""
        digest = _NOTHING if request is None else sha256(request)
        if not self.live:
            return decode(self._replay(port, digest))
        value = live()
        self._keep(port, digest, {"value": document(encode(value))})
        return value

    async def read(
        self,
        port: str,
        live: Callable[[], Awaitable[T]],
        encode: Encode[T],
        decode: Decode[T],
        request: object = None,
    ) -> T:
        """An input that has to be waited for. A venue error on record is raised again."""
        digest = _NOTHING if request is None else sha256(request)
        if not self.live:
            return decode(self._replay(port, digest))
        return await self._called(port, digest, live, encode)

    async def act(
        self,
        port: str,
        live: Callable[[], Awaitable[T]],
        encode: Encode[T],
        decode: Decode[T],
        request: object,
    ) -> T:
        """A money-moving call.

        Raises:
            OutcomeUnknown: it is not on record and may not go out: it was begun by a process that is
                gone, so nobody knows what became of it.
        """
        digest = _NOTHING if request is None else sha256(request)
        if self._next_is(port, digest):
            return decode(self._replay(port, digest))
        if not self.live or not self._may_act():
            raise OutcomeUnknown("the process ended before the answer came", code=INTERRUPTED)
        return await self._called(port, digest, live, encode)

    async def _called(self, port: str, digest: str, live: Callable[[], Awaitable[T]], encode: Encode[T]) -> T:
        try:
            value = await live()
        except (NotSent, Refused, OutcomeUnknown, ReadFailed) as error:
            kind = next(name for name, kind in _ERRORS.items() if isinstance(error, kind))
            self._keep(port, digest, {"error": kind, "code": error.code})
            raise
        self._keep(port, digest, {"value": document(encode(value))})
        return value

    def _keep(self, port: str, digest: str, reply: Json) -> None:
        self._notes.append(Plain(port=port, request_sha256=digest, reply=reply))

    def _next_is(self, port: str, digest: str) -> bool:
        if self.live:
            return False
        note = self._recorded[self._position]
        return note["port"] == port and note["request_sha256"] == digest

    def _replay(self, port: str, digest: str) -> object:
        note = self._recorded[self._position]
        if not self._next_is(port, digest):
            other = Divergence(
                f"input {self._position + 1} of the record is another one",
                why=f"recorded {note['port']}, now {port}",
            )
            other.asked = port, digest
            raise other
        self._position += 1
        return self.replied(note)

    def replied(self, note: Document) -> object:
        """The recorded answer, noted again; an error on record is raised again."""
        self._notes.append(note)
        reply = note["reply"]
        assert isinstance(reply, dict)
        if "error" in reply:
            raise _ERRORS[str(reply["error"])]("the venue's recorded answer", code=str(reply["code"]))
        return reply["value"]
