"""A request to a model that is not the recorded one: which part of it, as a diff against the nearest."""

from __future__ import annotations

from difflib import SequenceMatcher

from msgspec.structs import replace

from desk.deliberation.roles import Prompt
from desk.domain.canonical import Json, sha256, written
from desk.domain.shape import shaped
from desk.ports import ModelRequest, Recorded
from desk.replay.divergence import Difference, compared, unified
from desk.replay.record import Record


def other_request(record: Record, call: Recorded, request: ModelRequest) -> list[Difference]:
    """How a request differs from the one that this call of the record answered. Prompts differ as texts."""
    before, after = _comparable(record, call, request)
    if found := compared(call.seq, {"request": before}, {"request": after}):
        return found
    hashes: tuple[dict[str, Json], ...] = (
        {"data": {"request_sha256": call.data["request_sha256"]}},
        {"data": {"request_sha256": sha256(shaped(request))}},
    )
    return compared(call.seq, *hashes)


def unasked(record: Record, request: ModelRequest) -> Difference:
    """A request that the record does not hold, against the one of this role that it is most like."""
    calls = record.calls_of(request.role)
    if not calls:
        return Difference(
            step=record.events[-1].seq,
            field="request",
            recorded=written(f"{request.role} is never asked"),
            replayed=_last_words(request),
        )
    asked = _plain(request)
    nearest = max(calls, key=lambda call: SequenceMatcher(None, _recorded(call), asked).quick_ratio())
    return Difference(
        step=nearest.seq,
        field="request",
        recorded=written(f"{request.role} is asked {len(calls)} times"),
        replayed=_last_words(request),
        diff=unified(_recorded(nearest), asked),
    )


def _comparable(record: Record, call: Recorded, request: ModelRequest) -> tuple[Json, Json]:
    before, after = call.data["request"], shaped(request)
    assert isinstance(before, dict)
    pinned, now = str(before["system"]), Prompt(request.role, request.system).sha256
    text = record.text(pinned)
    if pinned == now or text is None:
        return before, {**after, "system": now}
    return {**before, "system": text}, after


def _recorded(call: Recorded) -> str:
    request = call.data["request"]
    assert isinstance(request, dict)
    return _text(request["messages"])


def _plain(request: ModelRequest) -> str:
    return _text(shaped(replace(request, system=""))["messages"])


def _text(messages: Json) -> str:
    assert isinstance(messages, list)
    return "\n".join(str(one["content"]) for one in messages if isinstance(one, dict))


def _last_words(request: ModelRequest) -> str:
    return written(str(request.messages[-1]["content"])[:160])
