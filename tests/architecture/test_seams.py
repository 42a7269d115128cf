"""Time, chance and environment enter through few places, and errors are never swallowed whole."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.sources import Source, handlers, source, sources

#: What makes two runs differ.
SEAM = re.compile(
    r"time\.(time|monotonic|perf_counter|process_time|localtime|gmtime)(_ns)?"
    r"|datetime\.datetime\.(now|utcnow|today)|datetime\.date\.today"
    r"|uuid\.\w+|random\.\w+|secrets\.\w+|numpy\.random.*"
    r"|os\.(environ|environb|getenv|getenvb|urandom|putenv)"
)
CLOCK, WAIT, CHANCE = "what time it is", "how long to wait", "what nobody can guess"
#: Every place that may touch a seam, and what it does there. Nothing it reads reaches a decision unrecorded.
ALLOWED: dict[str, dict[str, str]] = {
    "desk/home/clock.py": {"datetime.datetime.now": CLOCK, "time.monotonic_ns": CLOCK},
    "desk/home/identity.py": {"time.time_ns": "ids that sort", "os.urandom": CHANCE},
    "desk/config.py": {"os.environ": "settings, read once"},
    "desk/bootstrap/venues.py": {"datetime.datetime.now": "how far the embedded venue has come"},
    "desk/journal/key.py": {"os.urandom": CHANCE},
    "desk/execution/tickets.py": {"secrets.token_hex": CHANCE},
    "desk/approval/console.py": {"time.monotonic": WAIT},
    "desk/approval/inbox.py": {"time.monotonic": WAIT},
    "desk/cli/approvals.py": {"datetime.datetime.now": CLOCK},
    "desk/cli/live.py": {"time.monotonic": "how long somebody has been thinking"},
    "desk/cli/card.py": {"datetime.datetime.now": "the countdown on a screen"},
    "desk/cli/paper.py": {"datetime.datetime.now": "the served venue's own clock"},
    "desk/cli/serve.py": {"secrets.token_urlsafe": CHANCE},
    "desk/serve/overview.py": {"datetime.datetime.now": "the countdown on a page"},
    "desk/serve/resuming.py": {"time.monotonic": WAIT},
    "desk/serve/server.py": {"time.time": "how old a click or a cookie is"},
    "desk/serve/visitors.py": {"secrets.token_hex": CHANCE},
    "desk/cli/state.py": {"datetime.datetime.now": CLOCK},
    "tools/purple_flea/pace.py": {"time.monotonic_ns": WAIT},
    "tools/purple_flea/reads.py": {"random.random": "jitter between reads"},
}


def touched(one: Source) -> set[str]:
    """The seams a module names, wherever it does: called, stored or handed on."""
    names = {one.dotted(node) for node in ast.walk(one.tree) if isinstance(node, ast.Attribute | ast.Name)}
    return {name for name in names if SEAM.fullmatch(name)}


def test_time_chance_and_environment_are_read_where_it_is_allowed_and_nowhere_else() -> None:
    found = {one.path: names for one in sources() if (names := touched(one))}

    assert found == {path: set(names) for path, names in ALLOWED.items()}


@pytest.mark.parametrize(
    "line",
    [
        "import time\ntime.time()",
        "import time as t\nt.monotonic()",
        "from time import time_ns as now\nnow()",
        "from datetime import datetime\nstamp = datetime.now",
        "import datetime as dt\ndt.datetime.utcnow()",
        "from datetime import date\ndate.today()",
        "import uuid\nuuid.uuid4()",
        "from random import choice\nchoice([1])",
        "import os\nos.environ['X']",
        "from os import getenv\ngetenv('X')",
    ],
)
def test_a_new_reading_of_a_seam_would_be_seen(line: str) -> None:
    assert touched(source("desk/domain/new.py", line))


# ---- errors --------------------------------------------------------------------------------------

BROAD = {"", "Exception", "BaseException"}
#: Broad handlers that do not raise again, each for a reason stated beside it.
TURNED_INTO_AN_ANSWER = {
    "desk/deliberation/team.py": "kept and raised by deliberate with its own type",
    "desk/deliberation/lean_runtime.py": "handed to whoever awaits it",
    "desk/journal/group.py": "told to the coroutines whose events it kept from being recorded",
    "desk/serve/worker.py": "raised again in the thread that started it",
    "desk/serve/guard.py": "answered with 500 and logged by its type: its text may be anything",
    "desk/serve/resuming.py": "logged by its type and tried again later: it must not end the other sessions",
    "desk/serve/announcing.py": "logged by its type: a card in Slack must not end the sessions' way on",
}


def broad(one: Source) -> list[ast.ExceptHandler]:
    """Handlers that catch everything, or everything that is an Exception."""
    caught = [
        (handler, handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type])
        for handler in handlers(one)
    ]
    return [
        handler
        for handler, kinds in caught
        if BROAD & {"" if kind is None else one.dotted(kind) for kind in kinds}
    ]


def swallowed(one: Source) -> list[int]:
    """Lines of broad handlers after which nothing is raised."""
    return [
        handler.lineno
        for handler in broad(one)
        if not any(isinstance(node, ast.Raise) for node in ast.walk(handler))
    ]


def test_whatever_is_caught_wholesale_is_raised_again() -> None:
    found = {one.path for one in sources() if swallowed(one)}

    assert found == set(TURNED_INTO_AN_ANSWER)


def test_nothing_suppresses_everything() -> None:
    suppressed = [
        one.path
        for one in sources()
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Call)
        and one.dotted(node.func) == "contextlib.suppress"
        and BROAD & {one.dotted(kind) for kind in node.args}
    ]

    assert suppressed == []


@pytest.mark.parametrize(
    "body", ["except Exception:\n  pass", "except:\n  x = 1", "except (ValueError, BaseException):\n  ..."]
)
def test_a_swallowed_error_would_be_seen(body: str) -> None:
    assert swallowed(source("desk/new.py", f"try:\n  work()\n{body}"))


# ---- the domain ----------------------------------------------------------------------------------

#: All that the domain takes from the standard library. None of it does I/O, reads a clock or draws lots.
PURE = frozenset(
    {
        "__future__",
        "collections.abc",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "hashlib",
        "hmac",
        "itertools",
        "json",
        "json.encoder",
        "msgspec",
        "msgspec.structs",
        "operator",
        "orjson",
        "re",
        "types",
        "typing",
        "unicodedata",
    }
)
IMPURE_BUILTINS = frozenset({"open", "input", "print", "exec", "eval", "__import__", "breakpoint", "float"})
DOMAIN = tuple(one for one in sources() if one.path.startswith("desk/domain/"))


def test_the_domain_uses_a_closed_list_of_pure_modules() -> None:
    taken = {
        str(name)
        for one in DOMAIN
        for node in ast.walk(one.tree)
        for name in (
            [node.module]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }

    assert {name for name in taken if not name.startswith("desk.")} <= PURE
    assert {".".join(name.split(".")[:2]) for name in taken - PURE} == {"desk.domain", "desk.errors"}


def test_the_domain_calls_no_builtin_that_touches_the_world_and_makes_no_float() -> None:
    called = {
        (one.path, node.func.id)
        for one in DOMAIN
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_BUILTINS
    }
    floats = {
        (one.path, node.lineno)
        for one in DOMAIN
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    }

    assert (called, floats) == (set(), set())
