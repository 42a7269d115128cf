"""What notebooks and other programs may use: recorded sessions to look at, run again, compare and change.

Nothing here reaches a network, a venue or a model unless ``fork`` is given one, and nothing can send an
order. Looking at a record imports neither AutoGen nor openai.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from desk import __version__, bundled
from desk.config import load as settings
from desk.domain.brief import Brief
from desk.domain.dossier import Fact
from desk.domain.events import SessionOpened
from desk.domain.limits import CEILING
from desk.domain.money import amount
from desk.domain.shape import unshaped
from desk.errors import UsageError
from desk.forking import forked
from desk.home.paths import Home
from desk.home.records import SUFFIX, RecordFiles
from desk.journal import SqliteJournal, read_journal
from desk.journal.projections import show_document
from desk.journal.snapshots import open_snapshots
from desk.ports import Recorded
from desk.replay.account import Account as Account
from desk.replay.account import account_of
from desk.replay.archive import Archive
from desk.replay.comparing import compared
from desk.replay.fork.change import DENY, GRANT, Change
from desk.replay.hindsight import Hindsight, hindsight
from desk.replay.moment import events_until, until
from desk.replay.nowhere import NoScreen
from desk.replay.portable import PortableRecord, written
from desk.replay.proposed import proposed
from desk.replay.receiving import received
from desk.replay.record import Record
from desk.replay.resume import Replayed, brief_of
from desk.replay.walk import Walk
from desk.replaying import replayed
from desk.view.cards import Cards
from desk.view.casebook import Case, Casebook
from desk.view.compare import SideBySide
from desk.view.page import page
from desk.view.prices import PriceChart, price_chart
from desk.view.sweep import Sweep
from desk.view.sweep import sweep as swept
from desk.view.timeline import Timeline, timeline
from desk.view.waterfall import Waterfall, waterfall

Document = Mapping[str, Any]
T = TypeVar("T")


class Session:
    """One recorded session, read only.

    ``document`` is the same public JSON document that ``desk show --json`` prints; money in it is text.
    """

    def __init__(self, portable: PortableRecord) -> None:
        self.portable = portable
        self.record: Record = portable.record

    @property
    def id(self) -> str:
        return self.portable.session_id

    @property
    def digest(self) -> str:
        """The session digest: two sessions with the same one are the same to the byte."""
        return self.portable.session_digest

    @property
    def opened(self) -> SessionOpened:
        return self.record.opened

    @property
    def parent(self) -> str | None:
        """The session this one is a fork of; None for a session that really ran."""
        return self.opened.parent

    @property
    def began_at(self) -> datetime:
        return self.record.events[0].occurred_at

    @cached_property
    def document(self) -> Document:
        return show_document(self.record.events, self.portable.journal_hash)

    @property
    def name(self) -> str:
        """The brief's name: not an id, several sessions may have it."""
        return self.record.brief.name

    @property
    def outcome(self) -> str:
        """``executed``, ``no_trade``, ``denied`` …"""
        return str(self.document["session"]["outcome"])

    @property
    def decided_by(self) -> str:
        return str(self.document["session"]["decided_by"])

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(self.document["session"]["reasons"])

    @cached_property
    def brief(self) -> Brief:
        """The brief with its data series: ``bars`` up to its time, ``tape`` after it."""
        return brief_of(self.record, self.portable)

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """The numbered facts of the dossier."""
        return tuple(unshaped(Fact, fact) for fact in self.document["facts"])

    @cached_property
    def steps(self) -> Walk:
        """What happened, step by step, and what was known at each of them."""
        return Walk(self.record, self.portable)

    @cached_property
    def hindsight(self) -> Hindsight:
        """What the bars after its time made of its trade and its forecasts; no decision knew any of it."""
        return hindsight(self.record, self.brief)

    def debate(self) -> Cards:
        """Who said what, resting on which facts."""
        return Cards(self.document)

    def prices(self, before: int = 60) -> PriceChart:
        """The market, with so many bars before the decision and some after it."""
        return price_chart(self.brief, self.hindsight, before=before)

    def gate(self) -> Waterfall | None:
        """The gate's last look at the proposal; None if there was none."""
        intent, judged = self.document["intent"], self.document["gate"]
        return None if judged is None else waterfall(intent["symbol"], intent["size"], judged)

    def timeline(self) -> Timeline:
        """Every step: who acted, what it took and what it cost."""
        return timeline(self.steps)

    def page(self) -> str:
        """The whole session as one HTML file that runs and fetches nothing (``desk export --html``)."""
        return page(self.portable)

    def at(self, place: str) -> Document:
        """The document as it stood after event ``place`` (its number), or at a time with its offset.

        Raises:
            UsageError: the session had not begun.
        """
        known = until(self.record.events, place)
        return show_document(known, known[-1].hash)

    def save(self, path: str | Path) -> Path:
        """Write the record to a file that ``load`` and ``desk import`` read."""
        target = Path(path)
        with target.open("wb") as file:
            file.writelines(written(self.portable))
        return target

    def replay(self) -> Replayed:
        """Run the record again through the real law, nothing outside, each event held against it."""
        return _finished(lambda: replayed(self.portable, self.id, NoScreen()))

    def fork(
        self,
        at: int = 1,
        *,
        limits: Mapping[str, Decimal | int | str] | None = None,
        models: Mapping[str, str] | None = None,
        prompts: Mapping[str, str] | None = None,
        answer: Decimal | int | str | None = None,
        venue_reply: Mapping[str, Any] | None = None,
    ) -> Session:
        """The record run again with inputs changed from step ``at`` on. Nothing can be sent.

        Args:
            at: a number of ``steps``; 1 is the whole session.
            limits: figures by name, tighter or looser.
            models: role to ``rules`` or ``openai:MODEL``, which is then asked over the network.
            prompts: role to another system prompt.
            answer: ``grant``, ``deny`` or a smaller size in USDC.
            venue_reply: merged into what the venue answered in that step.

        Raises:
            UsageError: the change cannot be made there.
            ConfigError: a limit or a model is not one, or a model that has to be asked has no key.
        """
        change = Change(
            at=at,
            models=dict(models or {}),
            prompts=dict(prompts or {}),
            limits={name: amount(str(value)) for name, value in (limits or {}).items()},
            answer=answer if answer in (None, GRANT, DENY) else amount(str(answer)),
            venue_reply=venue_reply,
        )
        made = _finished(lambda: forked(self.portable, self.id, change, settings(), NoScreen()))
        return Session(made)

    def __repr__(self) -> str:
        fork = f", fork of {self.parent}" if self.parent else ""
        return f"<Session {self.id} {self.brief.name}: {self.outcome}{fork}>"

    def _repr_html_(self) -> str:
        return self.debate()._repr_html_()


def load(record: str | Path, home: str | Path | None = None) -> Session:
    """A recorded session: from a file, or by its id from a home.

    Args:
        home: a desk's home; ``DESK_HOME`` or ``~/.desk`` if it is not given.

    Raises:
        UsageError: there is no such file or session, or it is not a whole record.
    """
    path = Path(record)
    if path.suffix == SUFFIX:
        return Session(_read(path))
    with _archive(home) as archive:
        return Session(archive.portable(str(record)))


def load_sessions(where: str | Path | None = None) -> list[Session]:
    """Every session of a home or of a directory of record files, oldest first; forks are not among them.

    Args:
        where: a desk's home, or a directory of files that ``desk export`` wrote; ``DESK_HOME`` without it.

    Raises:
        JournalUnavailable: there is neither a journal nor a record.
    """
    if where is not None and (files := sorted(Path(where).glob(f"*{SUFFIX}"))):
        found = [Session(_read(path)) for path in files]
    else:
        with _archive(where) as archive:
            ids = (*archive.own(), *archive.kept())
            found = [Session(archive.portable(one)) for one in ids]
    return sorted((one for one in found if one.parent is None), key=lambda one: (one.began_at, one.id))


def account(name: str, home: str | Path | None = None) -> Account:
    """An account of a home: its cash now, at any time, and as if an event had not been.

    Args:
        name: as ``desk run --account`` had it; a session's own is in its ``opened.account``.
        home: a desk's home; ``DESK_HOME`` or ``~/.desk`` if it is not given.

    Raises:
        UsageError: nothing was ever recorded for this account.
        JournalUnavailable: there is no journal.
    """
    with _journal(home) as journal:
        snapshots = open_snapshots(_home(home).path, made_by=__version__)
        now = account_of(journal, name, snapshots)
        newest, _ = journal.head()
    snapshots.flush()

    def load() -> Sequence[Recorded]:
        with _journal(home) as journal:
            return events_until(journal.of_account(name), str(newest))

    return Account(now.name, now.balance, load)


def recorded(name: str | None = None) -> list[Session]:
    """The sessions that come with the desk: real runs over bundled history, for notebooks and tests.

    Args:
        name: only those of the brief of this name.
    """
    found = load_sessions(bundled.records())
    return [one for one in found if name in (None, one.name)]


def diff(one: Session, other: Session) -> SideBySide:
    """Where two sessions part first, ids and times aside, and what each came to."""
    return SideBySide.of(compared(one.portable, other.portable))


def casebook(sessions: Iterable[Session]) -> Casebook:
    """Many sessions as one book: outcomes, denials by rule, approvals, cost, results, calibration."""
    named = _named(sessions)
    return Casebook(
        tuple(
            Case(
                name=name,
                began_at=one.began_at,
                document=one.document,
                record=one.record,
                seen=one.hindsight,
            )
            for name, one in named
        )
    )


def sweep(sessions: Iterable[Session], limit: str, values: Iterable[Decimal | int | str]) -> Sweep:
    """Judge every recorded proposal again with one limit at each of these values, tighter or looser.

    Args:
        limit: a name of ``desk.domain.limits.Limits``, as in ``desk.toml``: ``trade_size``, ``human`` …

    Raises:
        UsageError: the limit is not one.
        BadNumber: a value is not a plain number.
    """
    if limit not in CEILING.document():
        known = ", ".join(CEILING.document())
        raise UsageError(f"{ascii(limit)[1:-1][:40]} is not a limit", fix=f"Known: {known}", code="NO_LIMIT")
    found = ((name, proposed(one.record)) for name, one in _named(sessions))
    cases = [(name, case) for name, case in found if case is not None]
    return swept(limit, getattr(CEILING, limit), [amount(str(value)) for value in values], cases)


def _named(sessions: Iterable[Session]) -> list[tuple[str, Session]]:
    """Each under its brief's name, with a number where there are several of it."""
    found: list[tuple[str, Session]] = []
    for one in sessions:
        many = sum(other.name == one.name for _, other in found)
        found.append((f"{one.name} ({many + 1})" if many else one.name, one))
    return found


def _read(path: Path) -> PortableRecord:
    try:
        with path.open("rb") as file:
            return received(file)
    except OSError as error:
        raise UsageError(f"{path} cannot be read", why=error.strerror or "", fix="Check the name") from None


def _home(home: str | Path | None) -> Home:
    return settings().home if home is None else Home(Path(home).expanduser())


@contextmanager
def _journal(home: str | Path | None) -> Iterator[SqliteJournal]:
    journal = read_journal(_home(home).path)
    try:
        yield journal
    finally:
        journal.close()


@contextmanager
def _archive(home: str | Path | None) -> Iterator[Archive]:
    with _journal(home) as journal:
        yield Archive(journal, RecordFiles(_home(home).records))


def _finished(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end. In a thread of its own: a notebook has a loop running already."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        done: list[T] = list(thread.map(lambda one: asyncio.run(one()), [work]))
        return done[0]
