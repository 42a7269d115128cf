"""The door of a fork: the real law of gate, ticket and order machine, in front of nothing real."""

from __future__ import annotations

from desk.domain.limits import WhatIf
from desk.execution.door import Passage
from desk.execution.room import Parts
from desk.replay.fork.twin import Twin
from desk.replay.nowhere import NoVenue


class WhatIfDoor(Passage):
    """``desk.ports.Door`` of a fork, and of its replay.

    Raises:
        TypeError: the limits are not a fork's, or the venue is one that could send.
    """

    def __init__(self, parts: Parts) -> None:
        if not isinstance(parts.limits, WhatIf) or type(parts.venue) not in (Twin, NoVenue):
            raise TypeError("a fork has supposed limits and a venue that cannot send")
        super().__init__(parts)
