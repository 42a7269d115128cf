"""Reading a brief: three syntaxes of the same thing, and a refusal with file and line for all else."""

from __future__ import annotations

import io
import json
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from desk.briefs.reader import read
from desk.errors import BriefError
from tests.brief_samples import FRONT, LAST, bars, markdown, refused, sample, write

JSON = {
    "as_of": str(LAST),
    "symbols": ["SPX-PERP"],
    "horizon": "40 bars",
    "question": "Is there a trade?",
    "bars": {"SPX-PERP": "bars.csv"},
    "text": "Words.",
}


def test_markdown_gives_a_brief(tmp_path: Path) -> None:
    brief = read(str(write(tmp_path)))

    assert (brief.name, brief.symbol, brief.text) == ("brief", "SPX-PERP", "Words.")
    assert (brief.timeframe, brief.bar_s) == ("1d", 86400)
    assert len(brief.bars["SPX-PERP"].bars) == 60


def test_json_gives_the_same_brief_as_markdown(tmp_path: Path) -> None:
    from_markdown = read(str(write(tmp_path)))

    from_json = read(str(write(tmp_path, json.dumps(JSON).encode())))

    assert from_json == from_markdown
    assert from_json.sha256 == from_markdown.sha256


def test_standard_input_names_csv_files_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(markdown())))

    assert read("-").sha256 == read(str(path)).sha256


def test_a_bare_date_means_the_next_midnight_and_a_time_itself(tmp_path: Path) -> None:
    assert sample(tmp_path).as_of == datetime(2016, 3, 1, tzinfo=UTC)

    later = FRONT.replace(f"as_of: {LAST}", "as_of: 2016-03-01T18:30:00+02:00")

    assert read(str(write(tmp_path, markdown(later)))).as_of == datetime(2016, 3, 1, 16, 30, tzinfo=UTC)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    plain = read(str(write(tmp_path)))
    path = write(tmp_path, b"\xef\xbb\xbf" + markdown().replace(b"\n", b"\r\n"))
    csv = tmp_path / "bars.csv"
    csv.write_bytes(b"\xef\xbb\xbf" + csv.read_bytes().replace(b"\n", b"\r\n"))

    assert read(str(path)) == plain


def test_volumes_of_billions_are_counts_and_pass(tmp_path: Path) -> None:
    rows = bars()
    rows[-1] = rows[-1].rsplit(",", 1)[0] + ",1726000000"

    assert sample(tmp_path, rows=rows).bars["SPX-PERP"].bars[-1].volume == Decimal(1726000000)


def test_one_value_column_gives_close_only_bars(tmp_path: Path) -> None:
    rows = ["date,wti_usd", *(f"{row.split(',')[0]},{row.split(',')[4]}" for row in bars()[1:])]

    series = sample(tmp_path, rows=rows).bars["SPX-PERP"]

    assert series.close_only
    assert {(bar.open, bar.high, bar.low) for bar in series.bars} == {(b.close,) * 3 for b in series.bars}


def test_adjusted_prices_are_read_over(tmp_path: Path) -> None:
    rows = [row + ",9" for row in bars()]
    rows[0] = "Date,Open,High,Low,Close,Volume,Adj Close"

    assert sample(tmp_path, rows=rows) == sample(tmp_path)


FRONT_FAULTS = {
    "unknown key": ("lot_size: 5\n", 8, "'lot_size' is not a key"),
    "duplicate key": ("horizon: long\n", 8, "'horizon' stands twice"),
    "unknown macro": ("macro: {gdp: {csv: x.csv}}\n", 8, "'gdp' is not a key of macro"),
    "bad duration": ("macro:\n  vix: {csv: bars.csv, max_age: 5 weeks}\n", 9, "not a duration"),
    "missing csv": ("macro:\n  vix: {csv: no.csv}\n", 9, "there is no such file"),
    "anchor": ("account: &a swing\n", 8, "anchors and aliases"),
    "alias": ("account: *a\n", 8, "anchors and aliases"),
    "tag": ("account: !!python/name:os.system swing\n", 8, "tags are not read"),
    "deep": (f"account: {'[' * 20}{']' * 20}\n", 8, "nested too deeply"),
    "exponent": ("balance_usdc: 1e5\n", 8, "not a number the desk accepts"),
    "nan": ("balance_usdc: .nan\n", 8, "not a number the desk accepts"),
    "unicode digits": ("balance_usdc: ١٠٠\n", 8, "not a number the desk accepts"),
    "zero": ("balance_usdc: 0\n", 8, "not above zero"),
    "huge": (f"balance_usdc: {'9' * 60}\n", 8, "not a number the desk accepts"),
    "account": ("account: ../../etc\n", 8, "not an account's name"),
    "kind": ("mandate: {kinds: [trade, arson]}\n", 8, "not a kind of act"),
    "event time": ("events:\n  - {at: 2016-03-01T10:00:00, name: X}\n", 9, "no offset"),
    "event name": ("events:\n  - {at: 2016-03-01}\n", 9, "an event has no name"),
    "many events": (f"events: [{'2016-03-01 X,' * 51}]\n", 8, "At most 50"),
    "text twice": ("text: here\n", 8, "text stands in the front matter"),
    "not a table": ("mandate: trade\n", 8, "mandate is not a table"),
    "control character": ('account: "a\\x07"\n', 8, "control character"),
    "surrogate": ('account: "\\ud800"\n', 8, "surrogate"),
    "escape past unicode": ('account: "\\UFFFFFFFF"\n', 2, "not YAML"),
    "open quote": ('account: "swing\n', 8, "not YAML"),
    "second document": ("...\n--- x\n", 9, "second document"),
}


@pytest.mark.parametrize("fault", FRONT_FAULTS)
def test_a_fault_in_the_front_matter_is_refused_at_its_line(tmp_path: Path, fault: str) -> None:
    extra, line, words = FRONT_FAULTS[fault]

    error = refused(write(tmp_path, markdown(FRONT + extra)))

    assert words in str(error)
    assert (error.file, error.line, error.exit_code) == (str(tmp_path / "brief.md"), line, 2)


SYMBOL_FAULTS = ["[spx]", "[]", "[A, A]", "[A, B, C, D, E, F]", '["SPX\\u202e"]', "SPX-PERP", "[[A]]"]


@pytest.mark.parametrize("symbols", SYMBOL_FAULTS)
def test_symbols_are_one_to_five_of_the_allowed_letters(tmp_path: Path, symbols: str) -> None:
    front = FRONT.replace("[SPX-PERP]", symbols)

    assert refused(write(tmp_path, markdown(front))).line == 3


ROW_FAULTS = {
    "nan": "2016-01-30,1,2,1,nan,1",
    "infinite": "2016-01-30,1,2,1,inf,1",
    "exponent": "2016-01-30,1,2,1,1e2,1",
    "negative": "2016-01-30,1,2,1,-1,1",
    "zero": "2016-01-30,1,2,0,1,1",
    "high under low": "2016-01-30,1.5,1,2,1.5,1",
    "close over high": "2016-01-30,1,2,1,3,1",
    "empty cell": "2016-01-30,1,2,1,,1",
    "few cells": "2016-01-30,1,2,1,1",
    "many cells": "2016-01-30,1,2,1,1,1,1",
    "quotes": '2016-01-30,"1",2,1,1,1',
    "no such day": "2016-02-30,1,2,1,1,1",
    "unsorted": "2016-01-05,1,2,1,1,1",
    "duplicate": "2016-01-29,1,2,1,1,1",
    "a time among dates": "2016-01-30 10:00:00,1,2,1,1,1",
    "volume of words": "2016-01-30,1,2,1,1,many",
    "blank": "",
}


@pytest.mark.parametrize("fault", ROW_FAULTS)
def test_a_bad_row_is_refused_at_its_line_of_the_csv(tmp_path: Path, fault: str) -> None:
    rows = [*bars(29), ROW_FAULTS[fault], *bars()[31:]]

    error = refused(write(tmp_path, rows=rows))

    assert (error.file, error.line) == ("bars.csv", 31)


def test_the_first_row_of_the_day_after_as_of_is_refused_by_name(tmp_path: Path) -> None:
    error = refused(write(tmp_path, rows=bars(61)))

    assert (error.line, error.what) == (62, "2016-03-01 is after as_of")


CSV_FAULTS = {
    "empty": b"",
    "header only": b"date,close\n",
    "no date": b"close,open\n1,2\n",
    "columns": b"date,open,close\n2016-01-01,1,2\n2016-01-02,1,2\n",
    "same column twice": b"date,close,close\n2016-01-01,1,2\n",
    "one row": b"date,close\n2016-01-01,1\n",
    "weekly": b"date,close\n2016-01-01,1\n2016-01-08,1\n2016-01-15,1\n",
    "not utf-8": b"date,close\n2016-01-01,\xff\n",
    "too many rows": b"date,close\n" + b"2016-01-01,1\n" * 20_001,
    "too large": b"date,close\n" + b" " * 5_000_001,
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("fault", CSV_FAULTS)
def test_a_csv_that_is_none_is_refused_under_its_name(tmp_path: Path, fault: str) -> None:
    path = write(tmp_path)
    (tmp_path / "bars.csv").write_bytes(CSV_FAULTS[fault])

    assert refused(path).file == "bars.csv"


FILE_FAULTS = {
    "empty": b"",
    "blank": b"  \n\n",
    "prose": b"Buy everything.\n",
    "unclosed": b"---\nas_of: 2016-01-01\n",
    "no keys": b"---\n---\nwords\n",
    "list": b"---\n- a\n---\n",
    "not utf-8": b"---\nas_of: \xff\n---\n",
    "too large": b"---\n" + b"a" * 300_000,
    "long text": markdown(text="x" * 20_001),
    "open object": b'{"as_of": "2016-01-01"',
    "two objects": b"{}{}",
    "nan": b'{"balance_usdc": NaN}',
    "true": b'{"account": true}',
    "duplicate": b'{"as_of": "2016-01-01", "as_of": "2016-01-02"}',
    "deep": b'{"a": ' + b"[" * 100_000,
    "bad escape": b'{"a": "\\x"}',
    "half a pair": b'{"text": "\\ud800"}',
    "many nodes": b"---\na: [" + b"1," * 5_000 + b"]\n---\n",
    "a billion laughs": b"---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\n",
}


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_file_that_is_no_brief_is_refused_under_its_name(tmp_path: Path, fault: str) -> None:
    path = write(tmp_path, FILE_FAULTS[fault])

    assert refused(path).file == str(path)


def test_json_faults_stand_at_their_own_line(tmp_path: Path) -> None:
    content = json.dumps(JSON | {"mandate": {"kinds": ["trade", "arson"]}}, indent=2)
    where = content.split("\n").index('    "kinds": [') + 1

    assert refused(write(tmp_path, content.encode())).line == where


def test_a_directory_a_missing_file_and_a_pipe_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for name in ("", "none.md", "pipe", "x\0y", "n" * 5000):
        assert refused(tmp_path / name).what


def test_an_unknown_bundled_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BriefError, match="@brexit-eve"):
        read("@../../etc/passwd")


def test_a_name_that_breaks_lines_stays_on_one(tmp_path: Path) -> None:
    assert "\\n" in str(refused(tmp_path / "a\nb.md"))
