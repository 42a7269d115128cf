"""Reading back the JSON that the journal wrote: strictly, and only when somebody looks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NoReturn, cast

import orjson
from msgspec import DecodeError
from msgspec.json import Decoder

from desk.domain import canonical
from desk.domain.canonical import written
from desk.errors import JournalCorrupt

if TYPE_CHECKING:
    from desk.domain.canonical import Json


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(_literal: str) -> NoReturn:
    raise ValueError("a number that is not whole")


_FAST: Decoder[object] = Decoder(float_hook=_refuse)
_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_refuse, parse_constant=_refuse)


def parse(text: str) -> dict[str, Json]:
    """The JSON object in ``text``.

    Raises:
        JournalCorrupt: it is not an object, or holds a float, NaN, an infinity or a key twice.
    """
    value = _as_written(text)
    if value is None:
        try:
            value = _STRICT.decode(text)
        except (ValueError, TypeError, RecursionError):
            value = None
    if not isinstance(value, dict):
        raise JournalCorrupt(
            "a recorded document cannot be read",
            why="it is not a JSON object of the canonical form",
            fix="Run `desk verify`",
            code="DOCUMENT_UNREADABLE",
        )
    return cast("dict[str, Json]", value)


def _as_written(text: str) -> object:
    """The value, if ``text`` is the canonical form of one; None if only the strict decoder can tell.

    What the fast decoder is too kind to does not come back the same when written again: a key twice, a
    number past 64 bits.
    """
    try:
        value: object = _FAST.decode(text)
        return value if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == text.encode() else None
    except (DecodeError, orjson.JSONEncodeError, UnicodeEncodeError, RecursionError):
        return None


class LazyDocument(Mapping[str, "Json"]):
    """A JSON object that is parsed when it is first looked into: most folds skip most events.

    Args:
        text: it as it was recorded.
        lift: brings what was parsed to the shape that is looked into; as it is without one.
    """

    __slots__ = ("_lift", "_parsed", "_text")

    def __init__(self, text: str, lift: Callable[[dict[str, Json]], dict[str, Json]] | None = None) -> None:
        self._text = text
        self._lift = lift
        self._parsed: dict[str, Json] | None = None

    @property
    def text(self) -> str:
        """It as it was recorded."""
        return self._text

    def whole(self) -> dict[str, Json]:
        """All of it, parsed. It is not a copy."""
        if self._parsed is None:
            parsed = parse(self._text)
            self._parsed = parsed if self._lift is None else self._lift(parsed)
        return self._parsed

    def __getitem__(self, key: str) -> Json:
        return self.whole()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())

    def __repr__(self) -> str:
        return f"LazyDocument({self._text!r})"


def text_of(document: Mapping[str, Json]) -> str:
    """The canonical text of a document; one from the journal still has it, as it was recorded."""
    return document.text if isinstance(document, LazyDocument) else written(canonical.document(document))


def as_recorded(document: Mapping[str, Json]) -> Mapping[str, Json]:
    """The document that its text says, in whatever shape that was."""
    return parse(document.text) if isinstance(document, LazyDocument) else document
