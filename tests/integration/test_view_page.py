"""The page for a colleague or an auditor: the whole story, inert, and how to check it."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from desk import recorded
from desk.errors import DeskError
from desk.replay.portable import PortableRecord
from desk.view.page import page
from tests.e2e.conftest import Desk, desk, home
from tests.recordings import recording

__all__ = ["desk", "home"]

SESSIONS = recorded()
VOID = {"meta", "img"}
WHISPER = "</p><script>alert(1)</script>\u202eevil\u200b https://evil.test javascript:x"


class Read(HTMLParser):
    """The tags, whether they are closed in order, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.styles = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.styles += data
        else:
            self.words += data


@pytest.mark.parametrize("session", SESSIONS, ids=lambda one: f"{one.name}-{one.outcome}")
def test_every_recorded_session_has_a_page_that_runs_and_fetches_nothing(session: Any) -> None:
    html = session.page()
    read = Read(html)

    assert not read.open
    assert {"script", "iframe", "form", "link", "object"}.isdisjoint({tag for tag, _ in read.tags})
    assert not re.search(r"<script|javascript:|https?://", html)
    assert all(not name.startswith("on") and name != "style" for _, it in read.tags for name in it)


def test_the_page_tells_the_story_the_proof_and_how_to_check_it(tmp_path: Path) -> None:
    record = recording(tmp_path / "home")
    words = Read(page(record)).words

    for told in (
        "brexit-eve",
        "executed",
        "Polls favour Remain",
        "The debate",
        "The gate",
        "FILLED",
        "Step by step",
    ):
        assert told in words
    for proof in (record.session_id, record.session_digest, record.journal_hash):
        assert proof in words
    for command in ("desk import", f"desk replay {record.session_id} --verify", "desk verify"):
        assert command in words


def test_its_policy_allows_its_own_style_sheet_and_nothing_else() -> None:
    read = Read(SESSIONS[0].page())
    (policy,) = (it["content"] for tag, it in read.tags if it.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(read.styles.encode()).digest()).decode()

    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_the_same_record_gives_the_same_page() -> None:
    assert SESSIONS[0].page() == SESSIONS[0].page()


def test_links_lead_to_facts_of_the_page() -> None:
    tags = Read(SESSIONS[0].page()).tags
    ids = {it.get("id") for _, it in tags}

    assert {str(it["href"])[1:] for tag, it in tags if tag == "a"} <= ids


def test_a_hostile_brief_stays_text(tmp_path: Path) -> None:
    source = Path(__file__).resolve().parents[2] / "desk" / "briefs"
    text = (source / "brexit-eve.md").read_text(encoding="utf-8").replace("data/", f"{source}/data/")
    hostile = tmp_path / "hostile.md"
    hostile.write_text(text.replace("Polls favour Remain", WHISPER), encoding="utf-8")
    html = page(recording(tmp_path / "home", brief=str(hostile)))

    assert "<script" not in html
    assert not re.search(r"[\u202e\u200b]", html)
    assert "<script>alert(1)</script>" in Read(html).words


def forged(record: PortableRecord, kind: str, **changed: Any) -> PortableRecord:
    """The record with fields of all its events of a kind replaced, as somebody might who hashes it anew."""
    events = []
    for one in record.events:
        data = copy.deepcopy(dict(one.data)) | (changed if one.event_type == kind else {})
        events.append(one._replace(data=data))
    return replace(record, events=tuple(events))


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("GateAssessed", {"checks": [{"code": 1}]}),
        ("ViewStated", {"view": {"claims": "x", "forecast": 3}}),
        ("DossierBuilt", {"facts": [{"id": "F1"}]}),
        ("ModelReplied", {"usd": "NaN"}),
    ],
)
def test_a_record_of_another_shape_is_refused_in_a_line(kind: str, changed: dict[str, Any]) -> None:
    with pytest.raises(DeskError) as caught:
        page(forged(SESSIONS[0].portable, kind, **changed))

    assert "\n" not in str(caught.value)


def test_the_command_writes_the_same_page(desk: Desk, home: Path, tmp_path: Path) -> None:
    desk("run", "--quiet")
    target = tmp_path / "page.html"
    done = desk("export", "--html", "-o", str(target))

    assert done.code == 0
    assert Read(target.read_text(encoding="utf-8")).words.count("brexit-eve") >= 2
    assert desk("export", "--html").out == target.read_text(encoding="utf-8")
