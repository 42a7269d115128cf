"""Text from outside, made inert and put between marks it cannot contain.

The marks are made of ASCII angle brackets, and no angle bracket of any kind survives inside. Control,
format, bidi, zero-width and unassigned characters are dropped and every run of space is one space, so
nothing inside can start a line of its own and pass for a fact or a heading.
"""

from __future__ import annotations

import unicodedata

from desk.domain.characters import NONE, settled

OPEN, CLOSE = "<<<UNTRUSTED", "UNTRUSTED>>>"
LONGEST = 1200
_BRACKETS = str.maketrans({"<": "‹", ">": "›"})
_CUT = " …(cut)"


def inert(text: str) -> str:
    """``text`` on one line, without anything invisible and without angle brackets."""
    folded = " ".join(unicodedata.normalize("NFKC", settled(text, NONE)).translate(_BRACKETS).split())
    if folded.isascii() and folded.isprintable():
        return folded
    return "".join(char for char in folded if not unicodedata.category(char).startswith("C"))


def enveloped(label: str, text: str) -> str:
    """``text`` between the marks, at most ``LONGEST`` characters of it; empty when there is none."""
    safe = inert(text)
    if not safe:
        return ""
    if len(safe) > LONGEST:
        safe = safe[:LONGEST] + _CUT
    return f"{OPEN} {label}\n{safe}\n{CLOSE}"
