"""A CSV file as header and rows of cells, each with its line. Strict: no quotes, no gaps, UTF-8 only."""

from __future__ import annotations

from typing import NoReturn

from msgspec import Struct

from desk.domain.stamps import Stamp, stamp
from desk.domain.tree import shown
from desk.errors import BadNumber, BriefError

MAX_BYTES = 5_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 12
#: Names a date column may have.
DATE_COLUMNS = ("date", "time", "datetime")


class Row(Struct, frozen=True):
    """A row: its line in the file, its date, and the text of its other cells."""

    line: int
    stamp: Stamp
    cells: tuple[str, ...]


class Table(Struct, frozen=True, kw_only=True):
    """``columns`` are the lower-case names after the date; each row has one cell for each of them."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def refuse(self, row: Row | None, problem: str, *, why: str = "", fix: str = "") -> NoReturn:
        """Refuse this row, or the header when there is none."""
        raise BriefError(problem, why=why, fix=fix, file=self.file, line=1 if row is None else row.line)


def decoded(body: bytes, *, file: str, limit: int = MAX_BYTES) -> str:
    """Text of a file: UTF-8 with or without a byte order mark, lines ended by LF or CRLF.

    Raises:
        BriefError: too large, empty, or not UTF-8 (with the line of the first bad byte).
    """
    if len(body) > limit:
        raise BriefError(
            f"the file is larger than {limit:,} bytes", fix="Cut it to what is needed", file=file
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise BriefError("this is not UTF-8 text", fix="Save it as UTF-8", file=file, line=line) from None
    if not text.strip():
        raise BriefError("the file is empty", file=file)
    return text.replace("\r\n", "\n")


def read_table(body: bytes, *, file: str) -> Table:
    """Read a CSV whose first column is ``date`` (or ``time``); dates ascend strictly.

    Raises:
        BriefError: with file and line, for anything else.
    """
    lines = decoded(body, file=file).rstrip("\n").split("\n")
    if len(lines) - 1 > MAX_ROWS:
        raise BriefError(f"more than {MAX_ROWS:,} rows", fix="Cut it to what is needed", file=file)
    header = [name.strip().lower().replace(" ", "_") for name in lines[0].split(",")]
    if header[0] not in DATE_COLUMNS or not 2 <= len(header) <= MAX_COLUMNS or len(set(header)) < len(header):
        raise BriefError(
            "the header does not name a date and the columns after it",
            fix="Write date,open,high,low,close,volume or date,close",
            file=file,
            line=1,
        )
    table = Table(file=file, columns=tuple(header[1:]), rows=tuple(_rows(lines, len(header), file)))
    if not table.rows:
        table.refuse(None, "there is no row under the header")
    _require_order(table)
    return table


def _rows(lines: list[str], width: int, file: str) -> list[Row]:
    rows = []
    for line, text in enumerate(lines[1:], start=2):
        first, *cells = text.split(",")
        if len(cells) + 1 != width:
            raise BriefError(
                f"a row of {len(cells) + 1} cells under a header of {width}", file=file, line=line
            )
        try:
            rows.append(Row(line, stamp(first, offset_required=False), tuple(cells)))
        except BadNumber as error:
            raise BriefError(error.what, fix=error.fix, file=file, line=line) from None
    return rows


def _require_order(table: Table) -> None:
    previous = table.rows[0]
    for row in table.rows[1:]:
        if row.stamp.timed != previous.stamp.timed:
            table.refuse(row, "a bare date and a time in one file", fix="Write every row the same way")
        if row.stamp.at <= previous.stamp.at:
            kind = "twice the same date" if row.stamp.at == previous.stamp.at else "the rows are not sorted"
            table.refuse(row, f"{shown(row.stamp.text())}: {kind}", fix="Sort by date, oldest first")
        previous = row
