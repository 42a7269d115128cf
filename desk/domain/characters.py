"""Characters as every supported Python knows them: those of Unicode 14, which came with Python 3.11.

Each Python brings its own Unicode tables. What one takes for a letter, a numeral or nothing at all must
not decide what a session comes to, or a record would replay on the Python that made it and on no other.
So text is settled first: characters that came later are taken out, or stand for nothing known.

Sources: UnicodeData.txt and Unihan of 15.0 and 15.1, as ``unicodedata`` of Python 3.12 and 3.13 has them.
"""

from __future__ import annotations

import re
import unicodedata

#: Stands for a character that may not be known: shown as one, and as no character at all.
UNKNOWN, NONE = "\ufffd", "\uffff"
#: First and last of each run that Unicode 15.0 and 15.1 assigned.
LATER = (
    *((0x0CF3, 0x0CF3), (0x0ECE, 0x0ECE), (0x2FFC, 0x2FFF), (0x31EF, 0x31EF), (0x10EFD, 0x10EFF)),
    *((0x1123F, 0x11241), (0x11B00, 0x11B09), (0x11F00, 0x11F10), (0x11F12, 0x11F3A), (0x11F3E, 0x11F59)),
    *((0x1342F, 0x1342F), (0x13439, 0x13455), (0x1B132, 0x1B132), (0x1B155, 0x1B155), (0x1D2C0, 0x1D2D3)),
    *((0x1DF25, 0x1DF2A), (0x1E030, 0x1E06D), (0x1E08F, 0x1E08F), (0x1E4D0, 0x1E4F9), (0x1F6DC, 0x1F6DC)),
    *((0x1F774, 0x1F776), (0x1F77B, 0x1F77F), (0x1F7D9, 0x1F7D9), (0x1FA75, 0x1FA77), (0x1FA87, 0x1FA88)),
    *((0x1FAAD, 0x1FAAF), (0x1FABB, 0x1FABD), (0x1FABF, 0x1FABF), (0x1FACE, 0x1FACF), (0x1FADA, 0x1FADB)),
    *((0x1FAE8, 0x1FAE8), (0x1FAF7, 0x1FAF8), (0x2B739, 0x2B739), (0x2EBF0, 0x2EE5D), (0x31350, 0x323AF)),
)
#: Ideographs that count as numerals since Unicode 15.1; before, they were words (京 is in Tokyo's name).
WORDS = frozenset("两京俩倆拐洞皕秭鈎钩")
_LATER = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in LATER) + "]")


def settled(text: str, instead: str = UNKNOWN) -> str:
    """``text`` with ``instead`` for each character that a supported Python may not know."""
    return text if text.isascii() else _LATER.sub(instead, text)


def is_numeral(char: str) -> bool:
    """Does the character have a numeric value, of whatever script? For a settled one."""
    return char not in WORDS and unicodedata.numeric(char, None) is not None
