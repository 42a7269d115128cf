"""Small briefs on disk for tests: a valid one, and ways to change one thing about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

from desk.briefs.reader import read
from desk.domain.brief import Brief
from desk.errors import BriefError

FIRST = date(2016, 1, 1)
BARS = 60
#: The last bar's date: the brief's ``as_of`` is the next 00:00Z.
LAST = FIRST + timedelta(days=BARS - 1)
HEADER = "date,open,high,low,close,volume"


def bars(count: int = BARS, first: date = FIRST) -> list[str]:
    """CSV lines: a market that rises by one and swings by two each day."""
    rows = []
    for at in range(count):
        close = 100 + at
        rows.append(f"{first + timedelta(days=at)},{close - 1},{close + 1},{close - 2},{close},{1000 + at}")
    return [HEADER, *rows]


FRONT = f"""as_of: {LAST}
symbols: [SPX-PERP]
horizon: 40 bars
question: Is there a trade?
bars:
  SPX-PERP: bars.csv
"""


def markdown(front: str = FRONT, text: str = "Words.") -> bytes:
    return f"---\n{front}---\n{text}\n".encode()


def write(folder: Path, body: bytes | None = None, rows: Iterable[str] | None = None) -> Path:
    """A brief and its ``bars.csv`` in ``folder``; returns the brief's path."""
    (folder / "bars.csv").write_text("\n".join(bars() if rows is None else rows) + "\n")
    path = folder / "brief.md"
    path.write_bytes(markdown() if body is None else body)
    return path


def sample(folder: Path, extra: str = "", rows: Iterable[str] | None = None) -> Brief:
    """The brief of ``FRONT`` plus these lines of front matter."""
    return read(str(write(folder, markdown(FRONT + extra), rows)))


def refused(path: Path | str) -> BriefError:
    """The refusal of this file; it is one line."""
    with pytest.raises(BriefError) as caught:
        read(str(path))
    assert "\n" not in str(caught.value)
    return caught.value
