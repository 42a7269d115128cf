"""Is this request Slack's? Decided over the raw body, before anything of it is read."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable

from slack_sdk.signature import SignatureVerifier

from desk.domain.secret import Secret

MAX_BODY = 64_000
WINDOW_S = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class NotSlack(Exception):
    """The request is refused; ``reason`` is for our log, never for the sender."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def verify(body: bytes, headers: Iterable[tuple[str, str]], secret: Secret, now_s: int) -> tuple[str, int]:
    """The request's identity: its signature and its time.

    Raises:
        NotSlack: 413 too large; 401 for anything else that is missing, twice, malformed, old or not signed.
    """
    if len(body) > MAX_BODY:
        raise NotSlack(413, "TOO_LARGE")
    given = [(name.lower(), value) for name, value in headers]
    stamp = _one(given, "x-slack-request-timestamp", _TIMESTAMP)
    signature = _one(given, "x-slack-signature", _SIGNATURE)
    if abs(now_s - int(stamp)) > WINDOW_S:
        raise NotSlack(401, "TOO_OLD")
    try:
        expected = SignatureVerifier(secret.reveal()).generate_signature(timestamp=stamp, body=body)
    except UnicodeDecodeError:
        raise NotSlack(401, "NOT_UTF8") from None
    if expected is None or not hmac.compare_digest(expected, signature):
        raise NotSlack(401, "NOT_SIGNED")
    return signature, int(stamp)


def _one(headers: list[tuple[str, str]], name: str, shape: re.Pattern[str]) -> str:
    """The one value of a header. Two of them could mean two things to two readers."""
    values = [value for key, value in headers if key == name]
    if len(values) != 1 or not values[0].isascii() or shape.fullmatch(values[0]) is None:
        raise NotSlack(401, "BAD_HEADER")
    return values[0]
