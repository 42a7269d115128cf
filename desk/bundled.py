"""Where the notebooks and the records that come with the desk lie: in the wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def notebooks() -> Path:
    """The directory of the bundled notebooks."""
    inside = _HERE / "notebooks"
    return inside if inside.is_dir() else _HERE.parent / "notebooks"


def records() -> Path:
    """The directory of the bundled records, a file a session."""
    return notebooks() / "records"
