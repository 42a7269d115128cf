"""Events to canonical JSON text and back, from their annotations alone.

Each record of ``desk.domain.events`` gets its shape once, when the codec is made. Text is
strict in both directions: what cannot be read back equal is refused before it is written, and a
field too many or too few is never guessed at. An old shape is lifted to today's by *upcasters*, one
step a version, so the rest of the desk knows only the newest.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, cast

from desk.domain import events
from desk.domain.canonical import encoded
from desk.errors import JournalCorrupt, JournalError
from desk.journal.document import LazyDocument
from desk.journal.shape import Shape, Unwritable

if TYPE_CHECKING:
    from desk.domain.canonical import Json
    from desk.domain.events import Event
    from desk.ports import Recorded

#: The code of what a newer program has recorded.
EVENT_UNKNOWN: Final = "EVENT_UNKNOWN"
#: Lifts the data of one version of an event to the next.
Upcaster = Callable[[dict[str, "Json"]], dict[str, "Json"]]


class _Shapes(dict[str, Shape]):
    """Shapes by type, each made when it is first needed: most programs read a few types only."""

    def __init__(self, kinds: Mapping[str, type[Event]]) -> None:
        super().__init__()
        self._kinds = kinds

    def __missing__(self, name: str) -> Shape:
        shape = self[name] = Shape(self._kinds[name])
        return shape


class Codec:
    """Writes and reads a set of event types.

    Args:
        kinds: the event classes by name.
        upcasters: ``(event_type, version)`` to the step that lifts that version to the next. A type's
            current version is one more than its steps; they must start at 1 and leave no gap.
    """

    def __init__(
        self, kinds: Mapping[str, type[Event]], upcasters: Mapping[tuple[str, int], Upcaster] | None = None
    ) -> None:
        self._kinds = dict(kinds)
        self._upcasters = dict(upcasters or {})
        self._shapes = _Shapes(self._kinds)
        self._versions = {name: self._steps_of(name) + 1 for name in self._kinds}

    def _steps_of(self, name: str) -> int:
        steps = sorted(version for kind, version in self._upcasters if kind == name)
        if steps != list(range(1, len(steps) + 1)):
            raise ValueError(f"the upcasters of {name} leave a gap")
        return len(steps)

    def encode(self, event: Event) -> tuple[str, int, str]:
        """``(event_type, schema_version, data)`` with ``data`` as canonical JSON text.

        Raises:
            JournalError: a field holds what its annotation does not allow (``EVENT_UNWRITABLE``).
        """
        name = type(event).__name__
        if self._kinds.get(name) is not type(event):
            raise _unwritable(name, "it is not an event of the desk")
        try:
            text = encoded(self._shapes[name].data(event)).decode()
        except Unwritable as error:
            raise _unwritable(f"{name}.{error.field}", "its value has no canonical form") from None
        except (UnicodeEncodeError, RecursionError):
            # Half of a surrogate pair, which models do produce, is not text.
            raise _unwritable(name, "it holds text that is not Unicode, or is nested too deeply") from None
        return name, self._versions[name], text

    def decode(self, event_type: str, schema_version: int, data: Mapping[str, Json]) -> Event:
        """The event in data as it was recorded, lifted to its current version.

        Raises:
            JournalError: a type or version newer than this program (``EVENT_UNKNOWN``).
            JournalCorrupt: the data is not that of its type (``EVENT_UNREADABLE``).
        """
        return self.made(event_type, self.lifted(event_type, schema_version, dict(data)))

    def version(self, event_type: str) -> int:
        """The version in which events of this type are written; 0 for a type it does not know."""
        return self._versions.get(event_type, 0)

    def is_current(self, event_type: str, schema_version: int) -> bool:
        """Is data of this version in the shape of today?"""
        return self.version(event_type) == schema_version

    def lifted(self, event_type: str, schema_version: int, data: dict[str, Json]) -> dict[str, Json]:
        """``data`` in today's shape; see ``decode`` for the errors."""
        newest = self.version(event_type)
        if type(schema_version) is not int or schema_version > newest:
            raise JournalError(
                f"the journal holds an event this program does not know ({ascii(event_type)[:60]})",
                why="a newer Purple Desk wrote it",
                fix="Update Purple Desk",
                code=EVENT_UNKNOWN,
            )
        try:
            for step in range(schema_version, newest):
                data = self._upcasters[event_type, step](data)
        except _UNFIT:
            raise _unreadable(event_type) from None
        return data

    def made(self, event_type: str, data: dict[str, Json]) -> Event:
        """The event of a known type in data of today's shape.

        Raises:
            JournalCorrupt: it is not of that shape (``EVENT_UNREADABLE``).
        """
        try:
            return self._shapes[event_type].event(data)
        except _UNFIT:
            raise _unreadable(event_type) from None


#: What reading data of another shape than was expected may raise.
_UNFIT: Final = (TypeError, ValueError, LookupError, ArithmeticError)


def _unreadable(event_type: str) -> JournalCorrupt:
    return JournalCorrupt(
        f"an event of type {event_type} cannot be read",
        why="its data does not fit its type",
        fix="Run `desk verify`",
        code="EVENT_UNREADABLE",
    )


def _unwritable(what: str, why: str) -> JournalError:
    return JournalError(f"{what} cannot be recorded", why=why, code="EVENT_UNWRITABLE")


def _informed(data: dict[str, Json]) -> dict[str, Json]:
    """What was read on the way to it was carried by the session's next event."""
    if "inputs" in data:
        raise ValueError("a field that this version did not have")
    return {**data, "inputs": []}


#: Steps from an old shape of an event to the next.
UPCASTERS: Mapping[tuple[str, int], Upcaster] = types.MappingProxyType(
    {("ApprovalDecided", 1): _informed, ("SessionSuspended", 1): _informed}
)
#: The codec of every event the desk has a topic for.
CODEC = Codec({name: cast("type[Event]", getattr(events, name)) for name in events.TOPICS}, UPCASTERS)


def encode(event: Event) -> tuple[str, int, str]:
    """``(event_type, schema_version, data)``; see ``Codec.encode``."""
    return CODEC.encode(event)


def decode(event_type: str, schema_version: int, data: Mapping[str, Json]) -> Event:
    """The event; see ``Codec.decode``."""
    return CODEC.decode(event_type, schema_version, data)


def is_current(event_type: str, schema_version: int) -> bool:
    """Is data of this version in the shape of today?"""
    return CODEC.is_current(event_type, schema_version)


def data_of(event_type: str, schema_version: int, text: str) -> LazyDocument:
    """The data in a row: ``text`` as it was recorded, and in today's shape for whoever looks into it.

    Looking into data of a newer version raises ``EVENT_UNKNOWN``: its fields may mean anything.
    """
    if is_current(event_type, schema_version):
        return LazyDocument(text)
    codec = CODEC
    return LazyDocument(text, lambda data: codec.lifted(event_type, schema_version, data))


def event_of(recorded: Recorded) -> Event:
    """What ``Recorded.event`` returns."""
    data = recorded.data
    if isinstance(data, LazyDocument):
        return CODEC.made(recorded.event_type, data.whole())
    return CODEC.decode(recorded.event_type, recorded.schema_version, data)
