"""Purple Desk: a trading desk of LLM agents that can only act through one narrow door.

What may be imported from here is for looking at recorded sessions and accounts, in notebooks and other
programs:

>>> from desk import recorded
>>> session = recorded()[0]
>>> session.outcome
'executed'
>>> session.replay().ok
True

It is loaded when it is first asked for; ``import desk`` loads nothing, and none of it loads AutoGen.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desk.api import Account, Session, account, casebook, diff, load, load_sessions, recorded, sweep

__version__ = "0.1.0"

__all__ = [
    "Account",
    "Session",
    "account",
    "casebook",
    "diff",
    "load",
    "load_sessions",
    "recorded",
    "sweep",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(importlib.import_module("desk.api"), name)
    raise AttributeError(f"module 'desk' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
