"""The brief: what a user hands in, checked value by value and immutable from here on.

``brief_from_tree`` reads one from a tree of text, ``Brief.document`` writes it as plain JSON in the same
keys, with the sha256 of a data slice where a file's name stood, so that ``brief_from_record`` rebuilds it
from a journal alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct

from desk.domain.canonical import Json, sha256
from desk.domain.csv_series import macro, prices
from desk.domain.csv_table import Table, read_table
from desk.domain.ids import ACCOUNT, SYMBOL
from desk.domain.money import ZERO, amount, plain
from desk.domain.proposal import Mandate
from desk.domain.series import Macro, MacroName, Prices, Slice, StampRule, Visibility, slice_of
from desk.domain.stamps import DAY, Stamp, Timeframe, as_of, duration, stamp
from desk.domain.tree import Fields, Form, Node, Scalar, shown, tree
from desk.errors import BriefError

KEYS = (
    "as_of",
    "symbols",
    "horizon",
    "question",
    "bars",
    "macro",
    "mandate",
    "events",
    "account",
    "balance_usdc",
    "tape",
    "text",
)
MANDATE_KINDS = ("trade", "bet", "escrow")

MAX_SYMBOLS = 5
MAX_EVENTS = 50
MAX_TEXT = 20_000
MAX_QUESTION = 300
MAX_NAME = 64
MAX_REFERENCE = 1_000

#: Fetches the bytes of a CSV by what the brief calls it, with the name to show in messages.
Load: TypeAlias = Callable[[str], tuple[bytes, str]]


class Event(Struct, frozen=True, kw_only=True):
    """Something announced. A bare date lasts that whole day."""

    name: str
    at: Stamp

    @property
    def moments(self) -> tuple[datetime, ...]:
        """The time, or both ends of the day: near one of them means near the event."""
        return (self.at.at,) if self.at.timed else (self.at.at, self.at.at + DAY)

    def within(self, span: timedelta, moment: datetime) -> bool:
        """True iff ``moment`` is at most ``span`` before the event begins or after it ends."""
        return self.moments[0] - span <= moment <= self.moments[-1] + span


class Brief(Struct, frozen=True, kw_only=True, dict=True):
    """One question about one or more markets, with everything known at ``as_of``.

    The first of ``symbols`` is the market that may be traded; the others are context. ``text`` is
    untrusted. ``tape`` holds bars after ``as_of`` for the embedded venue and is read by nothing else.
    ``sha256`` covers all of it, data included, but ``name``.
    """

    name: str
    as_of: datetime
    symbols: tuple[str, ...]
    horizon: str
    question: str
    text: str
    bars: Mapping[str, Prices]
    macro: Mapping[MacroName, Macro]
    mandate: Mandate
    events: tuple[Event, ...]
    account: str | None
    balance_usdc: Decimal | None
    tape: Mapping[str, Prices]

    def __post_init__(self) -> None:
        _ = self.sha256  # Now: what cannot be written down is not a brief.

    @cached_property
    def sha256(self) -> str:
        content = self.document()
        del content["name"]
        return sha256(content)

    @property
    def symbol(self) -> str:
        return self.symbols[0]

    @property
    def timeframe(self) -> Timeframe:
        return self.bars[self.symbol].timeframe

    @property
    def bar_s(self) -> int:
        return self.timeframe.bar_s

    @property
    def event_moments(self) -> tuple[datetime, ...]:
        """The times of all events, as the gate counts 24 hours from them."""
        return tuple(moment for event in self.events for moment in event.moments)

    @property
    def slices(self) -> dict[str, Slice]:
        """Each CSV as the desk writes it, by key: ``bars/SYMBOL``, ``macro/NAME``, ``tape/SYMBOL``."""
        return (
            {f"bars/{symbol}": series.slice for symbol, series in self.bars.items()}
            | {f"macro/{name}": series.slice for name, series in self.macro.items()}
            | {f"tape/{symbol}": series.slice for symbol, series in self.tape.items()}
        )

    def document(self) -> dict[str, Json]:
        """Plain JSON in the keys of a brief file; a series is the sha256 of its slice."""
        return {
            "name": self.name,
            "as_of": Stamp(self.as_of, timed=True).text(),
            "symbols": list(self.symbols),
            "horizon": self.horizon or None,
            "question": self.question or None,
            "text": self.text,
            "bars": {symbol: series.slice.sha256 for symbol, series in self.bars.items()},
            "macro": {name.value: _macro_document(series) for name, series in self.macro.items()},
            "mandate": {
                "kinds": list(self.mandate.kinds),
                "max_notional_usdc": _plain(self.mandate.max_notional_usdc),
                "max_loss_usdc": _plain(self.mandate.max_loss_usdc),
            },
            "events": [{"at": event.at.text(), "name": event.name} for event in self.events],
            "account": self.account,
            "balance_usdc": _plain(self.balance_usdc),
            "tape": {symbol: series.slice.sha256 for symbol, series in self.tape.items()},
        }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _macro_document(series: Macro) -> dict[str, Json]:
    rule = series.visibility
    return {
        "csv": series.slice.sha256,
        "stamp": rule.stamp.value,
        "publication_lag": f"{int(rule.publication_lag.total_seconds())}s",
        "max_age": f"{int(rule.max_age.total_seconds())}s",
    }


def brief_from_record(document: Mapping[str, object], slices: Mapping[str, bytes]) -> Brief:
    """The brief that ``Brief.document`` and ``Brief.slices`` (key to bytes) were taken from.

    Raises:
        BriefError: a slice is missing or is not the one the document names.
    """
    by_hash = {slice_of(body).sha256: (body, key) for key, body in slices.items()}

    def load(wanted: str) -> tuple[bytes, str]:
        if wanted not in by_hash:
            raise BriefError("a data slice of the recorded brief is missing or altered", file="record")
        return by_hash[wanted]

    content = {key: value for key, value in document.items() if key != "name"}
    return brief_from_tree(tree(content), name=str(document.get("name")), file="record", load=load)


def brief_from_tree(node: Node, *, name: str, file: str, load: Load) -> Brief:
    """A checked brief from what a file says, or a refusal with file, line and reason.

    Args:
        node: the file as text, lists and tables; the free text is its key ``text``.
        name: the brief's name: a bundled name or a file's stem.
        file: what messages call the file.
        load: fetches a CSV by the reference the file gives.

    Raises:
        BriefError: for anything that is not exactly a brief.
    """
    form = Form(node, file=file, where="the brief")
    form.only(*KEYS)
    moment = form.parse("as_of", as_of)
    symbols = _symbols(form)
    bars = _bars(form, symbols, moment, load)
    return Brief(
        name=name,
        as_of=moment,
        symbols=symbols,
        horizon=form.text("horizon", limit=MAX_NAME, default=""),
        question=form.text("question", limit=MAX_QUESTION, default=""),
        text=_text(form),
        bars=bars,
        macro=_macro(form.form("macro"), moment, load),
        mandate=_mandate(form.form("mandate")),
        events=tuple(_event(form, entry) for entry in form.items("events", limit=MAX_EVENTS)),
        account=_account(form),
        balance_usdc=_positive(form, "balance_usdc"),
        tape=_tape(form.form("tape"), bars, moment, load),
    )


def _symbols(form: Form) -> tuple[str, ...]:
    form.node("symbols")
    symbols = form.texts("symbols", limit=MAX_SYMBOLS)
    if not symbols:
        form.refuse("symbols", "symbols is empty", fix="Name the market: `symbols: [SPX-PERP]`")
    for symbol in symbols:
        if SYMBOL.fullmatch(symbol) is None:
            problem = f"{shown(symbol)} is not a symbol"
            form.refuse("symbols", problem, fix="Capitals, digits, : and -, at most 24")
    return symbols


def _text(form: Form) -> str:
    if "text" not in form:
        return ""
    node = form.node("text")
    if not isinstance(node, Scalar):
        form.refuse("text", "text is not text")
    if len(node.text) > MAX_TEXT:
        form.refuse("text", f"the text has {len(node.text)} characters", fix=f"At most {MAX_TEXT} are read")
    return node.text


def _account(form: Form) -> str | None:
    if "account" not in form:
        return None
    account = form.text("account", limit=80)
    if ACCOUNT.fullmatch(account) is None:
        form.refuse(
            "account",
            f"{shown(account)} is not an account's name",
            fix="Lower-case letters, digits and _ . : -, at most 80",
        )
    return account


def _positive(form: Form, key: str) -> Decimal | None:
    if key not in form:
        return None
    value = form.parse(key, amount)
    if value <= ZERO:
        form.refuse(key, f"{key} is not above zero")
    return value


def _table(form: Form, key: str, load: Load) -> Table:
    """The CSV named at ``key``. A file that cannot be had is blamed on the brief's line."""
    reference = form.text(key, limit=MAX_REFERENCE)
    try:
        body, file = load(reference)
    except BriefError as error:
        if error.line is not None:
            raise
        form.refuse(key, f"{shown(reference)}: {error.what}", why=error.why, fix=error.fix)
    return read_table(body, file=file)


def _bars(form: Form, symbols: tuple[str, ...], moment: datetime, load: Load) -> dict[str, Prices]:
    form.node("bars")
    files = form.form("bars")
    files.only(*symbols)
    bars = {symbol: prices(_table(files, symbol, load), known_at=moment) for symbol in symbols}
    if len({series.timeframe for series in bars.values()}) > 1:
        form.refuse("bars", "the symbols' bars differ in length", fix="Hand in one timeframe for all")
    return bars


def _tape(files: Form, bars: Mapping[str, Prices], moment: datetime, load: Load) -> dict[str, Prices]:
    files.only(*bars)
    tape = {}
    for symbol in (symbol for symbol in bars if symbol in files):
        table = _table(files, symbol, load)
        if table.rows[0].stamp.at < moment:
            table.refuse(
                table.rows[0], "a tape's row begins before as_of", fix="Put closed bars under `bars`"
            )
        tape[symbol] = prices(table, known_at=None, timeframe=bars[symbol].timeframe)
    return tape


def _macro(form: Form, moment: datetime, load: Load) -> dict[MacroName, Macro]:
    form.only(*MacroName)
    series = {}
    for name in (name for name in MacroName if name in form):
        entry = form.form(name)
        entry.only("csv", "stamp", "publication_lag", "max_age")
        table = _table(entry, "csv", load)
        rule = _visibility(entry, name, timed=table.rows[0].stamp.timed)
        series[name] = macro(table, name=name, rule=rule, known_at=moment)
    return series


def _visibility(entry: Form, name: MacroName, *, timed: bool) -> Visibility:
    """What the brief says of the rows, else the series' own rule; a row with a time is stamped at open."""
    default = name.default
    rule = StampRule.OPEN if timed else default.stamp
    if "stamp" in entry:
        word = entry.text("stamp", limit=20)
        if word not in tuple(StampRule):
            entry.refuse("stamp", f"{shown(word)} is not a stamp", fix="Write open, close or period")
        rule = StampRule(word)
    return Visibility(
        stamp=rule,
        publication_lag=(
            entry.parse("publication_lag", duration)
            if "publication_lag" in entry
            else default.publication_lag
        ),
        max_age=entry.parse("max_age", duration) if "max_age" in entry else default.max_age,
    )


def _mandate(form: Form) -> Mandate:
    form.only("kinds", "max_notional_usdc", "max_loss_usdc")
    kinds = form.texts("kinds", limit=len(MANDATE_KINDS)) if "kinds" in form else Mandate().kinds
    for kind in kinds:
        if kind not in MANDATE_KINDS:
            problem = f"{shown(kind)} is not a kind of act"
            form.refuse("kinds", problem, fix="Known: " + ", ".join(MANDATE_KINDS))
    return Mandate(
        kinds=kinds,
        max_notional_usdc=form.parse("max_notional_usdc", amount) if "max_notional_usdc" in form else None,
        max_loss_usdc=form.parse("max_loss_usdc", amount) if "max_loss_usdc" in form else None,
    )


def _event(form: Form, node: Node) -> Event:
    """``{at: 2016-06-15T18:00:00Z, name: FOMC}``, or the same as one line: time, space, name."""
    if isinstance(node, Scalar):
        when, _, name = node.text.partition(" ")
        words = {"at": Scalar(when, node.line), "name": Scalar(name, node.line)}
        node = Fields(words, dict.fromkeys(words, node.line), node.line)
    entry = Form(node, file=form.file, where="an event")
    entry.only("at", "name")
    return Event(name=entry.text("name", limit=MAX_NAME), at=entry.parse("at", stamp))
