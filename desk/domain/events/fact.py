"""What every fact is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

#: A plain JSON mapping: what ``desk.domain.canonical.document`` returns for a mapping.
Document: TypeAlias = Mapping[str, object]
#: ``{port, request_sha256, reply}``: what was read from outside on the way to this event.
Inputs: TypeAlias = tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Informed(Event):
    """A fact that something from outside led to: ``inputs`` is what was read on the way to it."""

    inputs: Inputs = ()
