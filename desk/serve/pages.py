"""The templates: every value is escaped, and nothing invisible in it gets through."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from desk.domain.approval import SHORT_HASH
from desk.serve.closer import Closer
from desk.serve.gate import measure, number
from desk.serve.overview import Overview, mapping

SIGNS: Mapping[str, str] = MappingProxyType({"<=": "≤", ">=": "≥"})


def inert(value: object) -> object:
    """Text without control, bidi and zero-width characters. Escaping is the template's."""
    if not isinstance(value, str) or isinstance(value, Markup) or (value.isascii() and value.isprintable()):
        return value
    return "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in value)


def condition(value: object) -> str:
    """A machine-checkable condition as a line."""
    it = mapping(value)
    than = it.get("threshold", it.get("than"))
    if isinstance(than, Mapping):
        offset = "" if than["atr"] is None else f" {_signed(than['atr'])} ATR"
        offset += "" if than["pct"] is None else f" {_signed(than['pct'])} %"
        than = f"{than['fact']}{offset}"
    op = SIGNS.get(str(it.get("op")), str(it.get("op")))
    by = f" by {str(it['by'])[:10]}" if it.get("by") else ""
    return f"{it.get('fact_name')} {op} {short(than)}{by}"


def _signed(text: object) -> str:
    return f"− {str(text)[1:]}" if str(text).startswith("-") else f"+ {text}"


def short(value: object) -> str:
    """A recorded number, short enough to read; other text as it is."""
    found = number(value)
    return str(value) if found is None else measure(found, "")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("desk.serve"),
        autoescape=True,
        finalize=inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(condition=condition, short=short)
    return made


def _page(template: str, **values: object) -> str:
    return _environment().get_template(template).render(hash_length=SHORT_HASH, **values)


def login(*, anybody: bool, to: str = "", problem: str = "") -> str:
    """``to`` is the approval that somebody wanted to see."""
    return _page("login.html", anybody=anybody, to=to, problem=problem)


def home(seen: Overview, name: str) -> str:
    return _page("home.html", seen=seen, name=name)


def approval(it: Closer, name: str, token: str, problem: str) -> str:
    return _page("approval.html", it=it, name=name, token=token, problem=problem)


def problem(text: str) -> str:
    return _page("problem.html", problem=text)
