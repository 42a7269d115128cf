"""Untrusted text as it may be shown: nothing in it can move a cursor, turn the line round or hide."""

from __future__ import annotations

import unicodedata

#: More marks than this above or below one letter draw over the lines around it.
MOST_MARKS = 2


def inert(text: str) -> str:
    """Text without control, bidi, zero-width and private characters: each becomes a space.

    Of the marks that stack on one letter only the first few stay.
    """
    if text.isascii() and text.isprintable():
        return text
    shown, stacked = [], 0
    for char in text:
        category = unicodedata.category(char)
        stacked = stacked + 1 if category in ("Mn", "Me") else 0
        if stacked <= MOST_MARKS:
            shown.append(" " if category[0] in "CZ" else char)
    return "".join(shown)
