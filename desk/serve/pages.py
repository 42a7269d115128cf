"""The templates: every value is escaped, and nothing invisible in it gets through."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from desk.domain.approval import SHORT_HASH
from desk.domain.inert import inert
from desk.serve.closer import Closer
from desk.serve.overview import Overview
from desk.view.wording import condition, short


def shown(value: object) -> object:
    """Text without control, bidi and zero-width characters. Escaping is the template's."""
    return inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("desk.serve"),
        autoescape=True,
        finalize=shown,
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
