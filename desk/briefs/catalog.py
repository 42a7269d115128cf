"""The bundled briefs: five days of real history, with what the rules model makes of them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from desk.errors import BriefError

#: Name to one line about it. The first is the default.
BUNDLED = {
    "brexit-eve": "S&P 500, 23 June 2016, the eve of the vote",
    "year-end-rally": "S&P 500, 5 December 2016: large enough that a human decides",
    "boxing-day": "S&P 500, 26 December 2018, after the worst December in decades",
    "euro-pause": "EUR/USD, 8 September 2017, hourly: nothing to do",
    "opec-whisper": "WTI, 11 February 2016, with a text that tries to give orders",
}


def data_folder() -> Path:
    """Where the bundled briefs name their CSV files from."""
    return Path(str(resources.files("desk.briefs")))


def bundled(name: str) -> Path:
    """The file of a bundled brief.

    Raises:
        BriefError: there is none of that name.
    """
    if name not in BUNDLED:
        known = ", ".join(f"@{one}" for one in BUNDLED)
        raise BriefError(f"there is no bundled brief @{ascii(name)[1:-1][:40]}", fix=f"Known: {known}")
    return data_folder() / f"{name}.md"
