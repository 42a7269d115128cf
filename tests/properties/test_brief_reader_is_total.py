"""Whatever is in a file, reading it gives a Brief or one BriefError of one line, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.briefs.reader import parse_brief
from desk.domain.brief import Brief, brief_from_record
from desk.errors import BriefError
from tests.brief_samples import FRONT, LAST, bars, markdown

EXTRA = """macro:
  vix: {csv: vix.csv, stamp: close, publication_lag: 0d, max_age: 5d}
mandate: {kinds: [trade], max_notional_usdc: 100}
events: [{at: 2016-03-02T10:00:00Z, name: Vote}]
balance_usdc: 10000
tape: {SPX-PERP: tape.csv}
"""
MARKDOWN = markdown(FRONT + EXTRA)
AS_JSON = json.dumps(
    {"as_of": str(LAST), "symbols": ["SPX-PERP"], "bars": {"SPX-PERP": "bars.csv"}, "text": "é"}
).encode()
CSV = "\n".join(bars(30)).encode()
#: Pieces that mean something to one of the parsers.
PIECES = [
    b"---\n", b"...", b"&a ", b"*a", b"<<: ", b"!!python/object:os.system ", b"? ", b": ", b"- ", b"[", b"]",
    b"{", b"}", b'"', b"'", b"|\n", b">\n", b"#", b"%TAG", b"\\ud800", b"\\UFFFFFFFF", b"\\x00", b"\t", b"\r",
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"NaN", b"Infinity", b"1e999", b"null", b"true", b",",
    b"9" * 40, b"-", b".", b"2016-02-30", b"9999-12-31", b"0000-00-00T00:00:00Z", b"99999999d", b"../",
    "\u202e".encode(), "٣".encode(), b"[" * 3000, b'{"a":' * 3000,
]  # fmt: skip


@cache
def folder() -> tuple[Path, TemporaryDirectory[str]]:
    held = TemporaryDirectory()
    path = Path(held.name)
    (path / "bars.csv").write_text("\n".join(bars()) + "\n")
    (path / "tape.csv").write_text(bars()[0] + "\n2016-03-01,1,1,1,1,1\n")
    (path / "vix.csv").write_text("date,vix\n2016-02-26,20\n")
    return path, held


@pytest.fixture(scope="module", autouse=True)
def _removed() -> Iterator[None]:
    yield
    folder()[1].cleanup()


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """``whole`` with a few cuts, doublings and foreign pieces in it."""
    body = whole
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 12)))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=3) | st.just(body[start:end] * 2))
        body = body[:start] + piece + body[end:]
    return body


def read(body: bytes) -> Brief | BriefError:
    try:
        return parse_brief(body, name="x", file="x.md", folder=folder()[0])
    except BriefError as error:
        return error


def require_total(outcome: Brief | BriefError) -> None:
    if isinstance(outcome, BriefError):
        assert len(str(outcome).splitlines()) == 1
        assert outcome.file
        assert outcome.line is None or outcome.line >= 1
    else:
        record = {key: one.body for key, one in outcome.slices.items()}
        again = brief_from_record(json.loads(json.dumps(outcome.document())), record)
        assert (again, again.sha256) == (outcome, outcome.sha256)


def test_the_undamaged_samples_are_briefs() -> None:
    assert isinstance(read(MARKDOWN), Brief)
    assert isinstance(read(AS_JSON), Brief)


@settings(max_examples=400, deadline=None)
@given(body=damaged(MARKDOWN) | damaged(AS_JSON) | st.binary(max_size=60))
def test_a_damaged_brief_is_a_brief_or_one_line(body: bytes) -> None:
    require_total(read(body))


@settings(max_examples=300, deadline=None)
@given(rows=damaged(CSV))
def test_damaged_bars_are_bars_or_one_line(rows: bytes) -> None:
    (folder()[0] / "damaged.csv").write_bytes(rows)

    require_total(read(markdown(FRONT.replace("bars.csv", "damaged.csv"))))


@settings(max_examples=200, deadline=None)
@given(rows=damaged(b"date,aaa,baa\n2015-11-01,4,5\n2015-12-01,4,5.1\n2016-01-01,4,5\n"))
def test_damaged_macro_rows_are_rows_or_one_line(rows: bytes) -> None:
    (folder()[0] / "macro.csv").write_bytes(rows)

    require_total(read(markdown(FRONT + "macro: {credit: {csv: macro.csv}}\n")))
