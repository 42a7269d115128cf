"""Where the venue is: one base URL, checked once, and the only paths that are built under it."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from desk.domain.ids import VENUE_ID
from desk.errors import ConfigError, ReadFailed

_TEXT = re.compile(r"[\x21-\x7e]{1,200}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?", re.IGNORECASE)
_PATH = re.compile(r"(/[A-Za-z0-9_~][A-Za-z0-9._~-]{0,63})*")


def base_url(text: str) -> str:
    """``text`` without its trailing slash, if it is a place a key may be sent to.

    https anywhere, http to loopback only; a path is kept (``/api/v1``); no user, query or fragment.

    Raises:
        ConfigError: otherwise.
    """
    if _TEXT.fullmatch(text) is None or "\\" in text:
        raise _refused("it has characters a URL cannot have")
    try:
        parts = urlsplit(text.rstrip("/"))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _refused("it is not a URL") from None
    if "@" in parts.netloc or parts.query or parts.fragment or "?" in text or "#" in text:
        raise _refused("it carries a user, a query or a fragment")
    if _PATH.fullmatch(parts.path) is None:
        raise _refused("its path is not plain segments")
    if port == 0 or not _is_host(host):
        raise _refused("its host or port is not one")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise _refused("only https, or http to loopback, is allowed")
    return text.rstrip("/")


def _refused(why: str) -> ConfigError:
    return ConfigError(
        "PURPLE_FLEA_BASE_URL is refused",
        why=why,
        fix="Write it like https://purpleflea.com/api/v1",
        code="BAD_BASE_URL",
    )


def _is_host(host: str) -> bool:
    return (":" in host and _is_loopback(host)) or _HOST.fullmatch(host) is not None


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def order_path(order_id: str) -> str:
    """The path of one order.

    Raises:
        ReadFailed: if the id is not one that may stand in a URL.
    """
    if VENUE_ID.fullmatch(order_id) is None:
        raise ReadFailed("an order id of the venue is malformed", code="BAD_VENUE_ID")
    return f"/trade/order/{order_id}"
