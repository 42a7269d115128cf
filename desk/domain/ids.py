"""Names of things: prefixed ids, and the names of the journal's streams."""

from __future__ import annotations

import re

from desk.errors import UsageError

SESSION = "ses"
INTENT = "int"
APPROVAL = "apr"
TICKET = "tkt"
CLIENT_ORDER = "cid"
TRADE = "trd"
EVENT = "evt"
PREFIXES = (SESSION, INTENT, APPROVAL, TICKET, CLIENT_ORDER, TRADE, EVENT)

_ID = re.compile(r"(ses|int|apr|tkt|cid|trd|evt)_[0-9a-f]{32}")
#: A venue's own ids, before they are put in a URL or a filter.
VENUE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
#: Symbols of the venue's market list (Purple Flea contract, ``OrderRequest.symbol``).
SYMBOL = re.compile(r"[A-Z0-9:-]{1,24}")
#: An account's name: ``paper:<session id>``, or one the user chose.
ACCOUNT = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,79}")


def is_id(text: object, prefix: str) -> bool:
    """True iff ``text`` is an id of this program with this prefix."""
    return isinstance(text, str) and text.startswith(prefix) and _ID.fullmatch(text) is not None


def require_id(text: str, prefix: str) -> str:
    """``text`` itself, if it is an id with this prefix.

    Raises:
        UsageError: otherwise.
    """
    if not is_id(text, prefix):
        raise UsageError(
            f"{ascii(text)[:60]} is not an id of the form {prefix}_…",
            fix="Copy it from `desk sessions` or `desk approvals`",
        )
    return text


def session_stream(session_id: str) -> str:
    return f"session-{session_id}"


def call_stream(session_id: str, role: str, n: int) -> str:
    """One stream a model reply: replies that arrive at the same time cannot swap their events."""
    return f"call-{session_id}-{role}-{n}"


def order_stream(client_order_id: str) -> str:
    return f"order-{client_order_id}"


def trade_stream(trade_id: str) -> str:
    return f"trade-{trade_id}"


def account_stream(account: str) -> str:
    return f"account-{account}"


def breaker_stream(service: str) -> str:
    return f"breaker-{service}"


STATE_STREAM = "desk-state"


def stream_type(stream_id: str) -> str:
    """The noun before the first dash: ``session``, ``call``, ``order``, ``trade``, ``account`` …"""
    return stream_id.partition("-")[0]
