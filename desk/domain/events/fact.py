"""What every fact is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

#: A plain JSON mapping: what ``desk.domain.canonical.document`` returns for a mapping.
Document: TypeAlias = Mapping[str, object]
#: ``{port, request_sha256, reply}``: what was read from outside on the way to this event.
Inputs: TypeAlias = tuple[Document, ...]


class Event(Struct, frozen=True, kw_only=True):
    """Base of all facts."""


class Informed(Event, frozen=True, kw_only=True):
    """A fact that something from outside led to: ``inputs`` is what was read on the way to it."""

    inputs: Inputs = ()
