"""The digest of one session: what "byte-identical" means.

Two records of the same session are equal iff their digests are, in whatever journal they lie: the
place in the journal (``seq``) and the chain's hashes are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from json.encoder import encode_basestring as quoted

from desk.domain.canonical import timestamp
from desk.journal.document import text_of
from desk.ports import Recorded


def session_line(recorded: Recorded) -> bytes:
    """The canonical line of one event, without ``seq``, ``prev_hash`` and ``hash``."""
    return (
        f'{{"data":{text_of(recorded.data)},"event_id":{quoted(recorded.event_id)}'
        f',"event_type":{quoted(recorded.event_type)},"metadata":{text_of(recorded.metadata)}'
        f',"occurred_at":"{timestamp(recorded.occurred_at)}","schema_version":{recorded.schema_version}'
        f',"stream_id":{quoted(recorded.stream_id)},"stream_type":{quoted(recorded.stream_type)}'
        f',"version":{recorded.version}}}'
    ).encode()


def session_digest(events: Iterable[Recorded]) -> str:
    """Hex sha256 over the lines of a session's events, by stream name and version, a newline between.

    Args:
        events: what ``Journal.of_session`` returns, in any order. What came after the session was
            closed (a later reconcile of its orders, say) is no part of it.
    """
    found = list(events)
    closed = min((each.seq for each in found if each.event_type == "SessionClosed"), default=None)
    within = [each for each in found if closed is None or each.seq <= closed]
    within.sort(key=lambda each: (each.stream_id, each.version))
    return sha256(b"\n".join(map(session_line, within))).hexdigest()
