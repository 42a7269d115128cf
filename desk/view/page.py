"""A session as one page: for a colleague or an auditor, to read without this program.

One file that runs nothing and fetches nothing. Its policy (CSP) allows its own style sheet, by hash, and
nothing else; what it may hold at all is ``desk.view.markup``'s to say.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from desk.errors import DeskError, UsageError
from desk.journal.projections import show_document
from desk.replay.hindsight import hindsight
from desk.replay.portable import PortableRecord
from desk.replay.resume import brief_of
from desk.replay.walk import Walk
from desk.view import sections
from desk.view.cards import Cards
from desk.view.looks import PAGE_SHEET
from desk.view.markup import Element, as_classes, el, written
from desk.view.prices import price_chart
from desk.view.timeline import timeline
from desk.view.waterfall import waterfall


def page(record: PortableRecord) -> str:
    """The whole session as HTML.

    Raises:
        UsageError: the record's documents are not of the shape that a desk writes (``RECORD_UNREADABLE``).
    """
    try:
        body = list(_sections(record))
    except DeskError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, LookupError) as error:
        # A record that proves itself may still hold anything: somebody can hash what they made up.
        raise UsageError(
            "this record cannot be shown",
            why=f"its documents are not those a desk writes ({type(error).__name__})",
            fix="Run `desk replay` of it, and ask where it comes from",
            code="RECORD_UNREADABLE",
        ) from None
    title = f"{record.record.brief.name} · {record.session_id}"
    return "<!doctype html>\n" + written(_html(title, body), as_classes) + "\n"


def _html(title: str, body: list[Element]) -> Element:
    digest = base64.b64encode(hashlib.sha256(PAGE_SHEET.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title),
        el("style", PAGE_SHEET),
    )
    return el("html", head, el("body", el("main", *body, look="root")), lang="en")


def _sections(record: PortableRecord) -> Iterator[Element]:
    session = record.record
    document = show_document(session.events, record.journal_hash)
    brief = brief_of(session, record)
    seen, cards = hindsight(session, brief), Cards(document)
    looked = None
    if document["gate"]:
        intent, judged = document["intent"], document["gate"]
        assert isinstance(intent, dict)
        assert isinstance(judged, dict)
        looked = waterfall(str(intent["symbol"]), str(intent["size"]), judged)
    parts = (
        sections.opening(cards, record),
        sections.question(brief),
        sections.market(price_chart(brief, seen), brief),
        sections.debate(cards),
        sections.gate(looked, record),
        sections.humans(record),
        sections.orders(document),
        sections.afterwards(seen),
        sections.steps(timeline(Walk(session, record))),
        sections.facts(cards),
        sections.settings(record),
        sections.proof(record),
    )
    yield from (one for one in parts if one is not None)
