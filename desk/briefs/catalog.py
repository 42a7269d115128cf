"""The bundled briefs: what ``desk brief list`` shows and ``@name`` finds."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

DEFAULT = "brexit-eve"
#: Name and one line about each.
BUNDLED: Mapping[str, str] = MappingProxyType(
    {
        "brexit-eve": "S&P 500, close of 2016-06-23, the eve of the Brexit vote",
        "year-end-rally": "S&P 500, close of 2016-12-05, after the US election",
        "boxing-day": "S&P 500, close of 2018-12-26, the rebound in the December sell-off",
        "euro-pause": "EUR/USD by the hour, 2017-09-08 21:00Z, the day after the ECB met",
        "opec-whisper": "WTI crude, close of 2016-02-11, with a text that gives orders",
    }
)


def bundled_folder() -> Traversable:
    """Where the bundled briefs lie, in a checkout and in an installed wheel alike."""
    return files("desk.briefs")
