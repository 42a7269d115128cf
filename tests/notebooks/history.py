"""More days of the history that the package bundles: its slices put together, and cut anew for any day.

Nothing is added to the data of the bundled briefs; where it comes from stands in ``desk/briefs/DATA.md``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from desk.briefs.catalog import data_folder

Rows = list[list[str]]
#: Files that hold parts of one series, and how many rows of it a brief gets: of history and of tape.
MARKETS = {"SPX-PERP": ("spx", 810, 60), "WTI-PERP": ("wti", 810, 60), "EURUSD-PERP": ("eurusd", 900, 130)}
MACRO = {"vix": ("vix", 260), "credit": ("yields", 64), "core_cpi": ("cpi", 30), "wti": ("oil", 70)}
#: A hole wider than this: what lies before it is another stretch of the series.
HOLE = {"yields": timedelta(days=40), "cpi": timedelta(days=40)}
HOLE_ELSEWHERE = timedelta(days=12)


@cache
def series(name: str) -> tuple[list[str], Rows]:
    """The header and the rows of all files of a series, in order, each row once."""
    head: list[str] = []
    rows: dict[str, list[str]] = {}
    for path in sorted((data_folder() / "data").glob(f"{name}-*.csv")):
        with path.open(encoding="ascii", newline="") as file:
            head, *more = list(csv.reader(file))
        rows |= {row[0]: row for row in more}
    return head, [rows[key] for key in sorted(rows)]


def stretch(name: str, rows: Rows) -> Rows:
    """The rows after the last hole."""
    start = 0
    for place, (before, after) in enumerate(pairwise(rows), start=1):
        if moment(after[0]) - moment(before[0]) > HOLE.get(name, HOLE_ELSEWHERE):
            start = place
    return rows[start:]


def moment(stamp: str) -> datetime:
    return datetime.fromisoformat(f"{stamp}+00:00" if ":" in stamp else f"{stamp}T00:00:00+00:00")


@dataclass(frozen=True, kw_only=True)
class Day:
    """A brief on a day of the bundled history. ``extra`` goes into its front matter as it stands."""

    name: str
    symbol: str
    as_of: str
    question: str = "Is there a trade here, and which way?"
    text: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def written(self, folder: Path) -> Path:
        """The brief and its data as files; the path of the brief."""
        folder.mkdir(parents=True, exist_ok=True)
        name, before, after = MARKETS[self.symbol]
        head, rows = series(name)
        known = [row for row in rows if row[0] <= self._last]
        save(folder / f"{self.name}-bars.csv", head, stretch(name, known)[-before:])
        save(folder / f"{self.name}-tape.csv", head, rows[len(known) : len(known) + after])
        lines = [f"as_of: {self.as_of}", f"symbols: [{self.symbol}]", f"question: {self.question}"]
        lines += ["bars:", f"  {self.symbol}: {self.name}-bars.csv", "macro:", *self._macro(folder)]
        lines += ["tape:", f"  {self.symbol}: {self.name}-tape.csv"]
        lines += [f"{key}: {value}" for key, value in {"mandate": "{kinds: [trade]}", **self.extra}.items()]
        path = folder / f"{self.name}.md"
        path.write_text("\n".join(["---", *lines, "---", self.text, ""]), encoding="utf-8")
        return path

    @property
    def _last(self) -> str:
        """The stamp of the last bar that is known: the day itself, or the hour before."""
        if "T" not in self.as_of:
            return self.as_of
        return (moment(self.as_of.rstrip("Z")) - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")

    def _macro(self, folder: Path) -> list[str]:
        """Each macro series as far as it was out, if the bundled part of it reaches this day."""
        found = []
        for key, (name, count) in MACRO.items():
            if key == "wti" and self.symbol == "WTI-PERP":
                continue
            head, rows = series(name)
            rows = stretch(name, [row for row in rows if row[0] <= self._last[:10]])[-count:]
            if rows:
                save(folder / f"{self.name}-{name}.csv", head, rows)
                found.append(f"  {key}: {{csv: {self.name}-{name}.csv}}")
        return found


def save(path: Path, head: list[str], rows: Rows) -> None:
    path.write_text("\n".join(",".join(row) for row in [head, *rows]) + "\n", encoding="ascii")
