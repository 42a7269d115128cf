"""`desk verify`: everything that can be checked about a journal, reported and never thrown."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from desk.domain import ids
from desk.domain.canonical import written
from desk.errors import DeskError, JournalError
from desk.journal import anchor as anchoring
from desk.journal import chain, codec, schema, seal, shape
from desk.journal.chain import GENESIS, Head, Row
from desk.journal.document import parse
from desk.journal.faults import EDGE

if TYPE_CHECKING:
    from desk.domain.canonical import Json
    from desk.journal.anchor import Anchor, Mark
    from desk.journal.key import Key

#: After so many problems the rest says nothing new.
MOST_PROBLEMS: Final = 100
_WHOLE_NUMBERS: Final = frozenset({"seq", "version", "schema_version"})
_TYPES: Final = tuple(int if name in _WHOLE_NUMBERS else str for name in Row._fields)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is not as it must be. ``seq`` is the event it was seen at, if it was at one."""

    code: str
    detail: str
    seq: int | None = None


class Report(Struct, frozen=True, kw_only=True):
    """What was found. ``head`` is the newest event's hash; ``anchor_seq`` None without a genuine anchor."""

    events: int
    head: str
    anchor_seq: int | None
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems

    def document(self) -> dict[str, Json]:
        """The public JSON of ``desk verify``."""
        return {
            "ok": self.ok,
            "events": self.events,
            "head": self.head,
            "anchor_seq": self.anchor_seq,
            "problems": [
                {"code": problem.code, "seq": problem.seq, "detail": problem.detail}
                for problem in self.problems
            ],
        }


def unreadable(error: JournalError) -> Report:
    """The report on a journal that cannot even be opened."""
    problem = Problem(code=error.code, detail=str(error))
    return Report(events=0, head=GENESIS.hash, anchor_seq=None, problems=(problem,))


def examine(db: sqlite3.Connection, key: Key, anchor: Anchor, *, full: bool) -> Report:
    """Examine one state of the journal: what is committed meanwhile is not part of it."""
    examination = _Examination(db, key, full=full)
    examination.attempt(lambda: examination.read_anchor(anchor))
    with _snapshot(db, examination):
        for step in examination.steps():
            examination.attempt(step)
    return examination.report()


@contextmanager
def _snapshot(db: sqlite3.Connection, examination: _Examination) -> Iterator[None]:
    examination.attempt(examination.begin)
    try:
        yield
    finally:
        with suppress(sqlite3.Error):
            # A damaged file may end the transaction by itself; there is nothing to undo either way.
            db.execute("ROLLBACK")


def _run(db: sqlite3.Connection, sql: str) -> list[tuple[Any, ...]]:
    with EDGE:
        return db.execute(sql).fetchall()


class _Examination:
    """The steps, and what they have found so far."""

    def __init__(self, db: sqlite3.Connection, key: Key, *, full: bool) -> None:
        self._db = db
        self._key = key
        self._full = full
        self._mark: Mark | None = None
        self._problems: list[Problem] = []
        self._head = GENESIS
        self._events = 0
        self._versions: Counter[str] = Counter()
        self._event_ids: set[str] = set()
        self._submitted: dict[str, list[int]] = {}
        self._slices: dict[str, int] = {}

    def steps(self) -> tuple[Callable[[], None], ...]:
        """What to do in order; each may fail without hindering the next."""
        quick = (self._schema, self._chain, self._anchor, self._seal)
        return (self._structure, *quick, self._tickets, self._blobs) if self._full else quick

    def attempt(self, step: Callable[[], None]) -> None:
        """Do one step; what it raises is a problem like any other."""
        try:
            step()
        except DeskError as error:
            self._note(error.code if isinstance(error, JournalError) else "ROW_MALFORMED", str(error))
        except (TypeError, ValueError, LookupError):
            # Types in a damaged file are anybody's guess, whatever the schema says.
            self._note("ROW_MALFORMED", "a row holds a value of the wrong type")

    def report(self) -> Report:
        return Report(
            events=self._events,
            head=self._head.hash,
            anchor_seq=self._mark.head.seq if self._mark is not None else None,
            problems=tuple(self._problems),
        )

    def _note(self, code: str, detail: str, seq: int | None = None) -> None:
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(Problem(code=code, detail=detail, seq=seq))

    def begin(self) -> None:
        _run(self._db, "BEGIN")

    def read_anchor(self, anchor: Anchor) -> None:
        """Before the database is looked at, so that a commit in between does no harm."""
        self._mark = anchor.latest()
        if anchor.doubtful():
            self._note("ANCHOR_FORGED", "one slot of the anchor is not signed with this home's key")

    # ---- the steps -------------------------------------------------------------------------------

    def _structure(self) -> None:
        found = _run(self._db, "PRAGMA integrity_check(10)")
        if found != [("ok",)]:
            self._note("FILE_DAMAGED", f"SQLite finds {len(found)} faults in the structure of the file")

    def _schema(self) -> None:
        schema.check(self._db)

    def _anchor(self) -> None:
        anchoring.check(self._db, self._mark)

    def _seal(self) -> None:
        seal.sealed_head(self._db, self._key)

    def _chain(self) -> None:
        reached = GENESIS if self._full else seal.checkpoint(self._db, self._key)
        self._head, self._events = reached, reached.seq
        for row in chain.rows_after(self._db, reached.seq):
            code = chain.broken(reached, row)
            if code is not None:
                self._note(code, "the chain of hashes does not hold here", row.seq)
            if self._full:
                self._row(row)
            # Go on from what is there, so that each fault is reported once.
            reached = self._head = Head(row.seq, row.hash)
            self._events += 1

    def _row(self, row: Row) -> None:
        if tuple(map(type, row)) != _TYPES:
            # Tables are strict when written to; a damaged file is not.
            self._note("ROW_MALFORMED", "a column holds a value of the wrong type", row.seq)
            return
        self._place(row)
        try:
            self._content(row)
        except JournalError as error:
            self._note(error.code, str(error), row.seq)
        except (TypeError, ValueError):
            self._note("ROW_MALFORMED", "its time is not in the canonical form", row.seq)

    def _place(self, row: Row) -> None:
        self._versions[row.stream_id] += 1
        if row.version != self._versions[row.stream_id]:
            self._note("VERSION_GAP", "the versions of its stream do not count up by one", row.seq)
        if row.stream_type != ids.stream_type(row.stream_id):
            self._note("ROW_MALFORMED", "its stream type is not that of its stream", row.seq)
        if row.event_id in self._event_ids:
            self._note("EVENT_ID_REPEATED", "an event before it has the same id", row.seq)
        self._event_ids.add(row.event_id)

    def _content(self, row: Row) -> None:
        data, metadata = parse(row.data), parse(row.metadata)
        if (written(data), written(metadata)) != (row.data, row.metadata):
            self._note("NOT_CANONICAL", "its text is not in the canonical form", row.seq)
        codec.decode(row.event_type, row.schema_version, data)
        shape.read_moment(row.occurred_at)
        if row.event_type == "OrderSubmitted":
            self._submitted.setdefault(str(data["ticket_id"]), []).append(row.seq)
        elif row.event_type == "BriefReceived":
            self._slices.update((digest, row.seq) for digest in _digests(data["slices"]))

    def _tickets(self) -> None:
        """Burning a ticket and recording its order is one act: neither exists without the other."""
        rows = _run(self._db, "SELECT ticket_id FROM tickets WHERE used_at IS NOT NULL")
        used = {row[0] for row in rows}
        for ticket_id in sorted(used - self._submitted.keys()):
            self._note("TICKET_WITHOUT_ORDER", f"{ascii(ticket_id)[:50]} is used, and no order names it")
        for ticket_id, places in self._submitted.items():
            if ticket_id not in used:
                self._note("ORDER_WITHOUT_TICKET", "the order's ticket is not there, or not used", places[0])
            if len(places) > 1:
                self._note("TICKET_USED_TWICE", "an order before it names the same ticket", places[1])

    def _blobs(self) -> None:
        with EDGE:
            for digest, body in self._db.execute("SELECT sha256, body FROM blobs"):
                if sha256(body).hexdigest() != digest:
                    self._note("BLOB_MISMATCH", "a stored data series was changed", self._slices.get(digest))
                self._slices.pop(digest, None)
        for seq in self._slices.values():
            self._note("BLOB_MISSING", "a data series of this brief is gone", seq)


def _digests(value: Json) -> Iterator[str]:
    """Every sha256 that a document names."""
    if isinstance(value, str):
        if _SHA256.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _digests(item)
    elif isinstance(value, list):
        for item in value:
            yield from _digests(item)
