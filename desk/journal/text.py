"""The canonical form, written fast: an event is a dozen documents, and the journal writes all of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

from desk.domain import canonical

if TYPE_CHECKING:
    from desk.domain.canonical import Json


def written(plain_document: Json) -> str:
    """What ``canonical.written`` gives for a document that is plain already, byte for byte."""
    try:
        return orjson.dumps(plain_document, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:
        # Half a surrogate pair, a whole number past 64 bits, deep nesting: the slow form has all of them.
        return canonical.written(plain_document)


def sha256(plain_document: Json) -> str:
    """What ``canonical.sha256`` gives for a document that is plain already."""
    return hashlib.sha256(written(plain_document).encode()).hexdigest()
