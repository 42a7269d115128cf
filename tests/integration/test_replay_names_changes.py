"""A record of which one character was changed, past chain and key: replay says at which step and in what.

Recorded is a trade of the embedded venue that waited for a human, on the wall with random ids and again
on the brief's clock with a seed: there ids and stamps can be counted again and are not taken on trust.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from desk.errors import BriefError, JournalCorrupt
from desk.journal import SqliteJournal, session_digest
from desk.replay.divergence import Difference
from desk.replay.record import Record, load
from desk.replay.resume import Replayed
from tests.corpus.recorder import Recorder
from tests.kernel.altered import Place, altered, place, places, replayed

#: Every so many values one is changed; `make torture` changes each.
STRIDE = 71


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One recorded session, and its replay after a change."""

    record: Record
    journal: SqliteJournal
    digest: str

    def found(self, record: Record, journal: Any = None) -> Replayed:
        return asyncio.run(replayed(record, journal or self.journal))

    def changed(self, event_type: str, *path: str | int, nth: int = 0, value: object = None) -> Replayed:
        where = place(self.record, event_type, *path, nth=nth)
        return self.found(altered(self.record, where, value))

    def named(self, found: Replayed) -> tuple[str, str]:
        """The first divergence: the type of its step, and its field."""
        assert not found.ok
        first = found.divergences[0]
        return self.type_at(first.step), first.field

    def type_at(self, step: int) -> str:
        return next(event.event_type for event in self.record.events if event.seq == step)


def recorded(home: Path, **wishes: Any) -> Recorder:
    one = Recorder(home=home, chance=Random(1))
    one.run("@year-end-rally", approve="inbox", **wishes)
    one.say(reason="fine")
    one.resume()
    return one


@pytest.fixture(scope="module", params=["wall", "counted"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    counted = {"clock": "brief", "seed": "s"} if request.param == "counted" else {}
    one = recorded(tmp_path_factory.mktemp("home"), **counted)
    with ExitStack() as stack:
        desk = stack.enter_context(one.opened())
        record = load(desk.journal, one.session_id)
        assert record.closed is not None
        assert record.closed.outcome == "executed"
        yield Bench(record=record, journal=desk.journal, digest=session_digest(record.events))


def counted(bench: Bench) -> bool:
    return bench.record.opened.seed is not None


# ---- one of each kind ----------------------------------------------------------------------------

REPLY = ("data", "reply", "content")
LIMITS = ("SessionOpened", "data", "settings", "limits")
ANSWER = ("OrderFilled", "data", "inputs", 1)
LOOK = ("GateAssessed", "data", "inputs", 2, "reply", "value")
#: What was changed, and the first step and field at which the law does not follow from it.
CHANGES: list[tuple[tuple[Any, ...], str, str]] = [
    ((*LIMITS, "position_size"), "GateAssessed", "data.checks[POSITION_SIZE].limit"),
    ((*LIMITS, "trade_size"), "DossierBuilt", "data.facts[F49].value"),
    (("ModelReplied", "data", "reply", "prompt_tokens"), "ModelReplied", "data.prompt_tokens"),
    (("ModelReplied", "data", "request_sha256"), "ModelReplied", "data.request_sha256"),
    (
        ("ModelReplied", "data", "request", "messages", 0, "content"),
        "ModelReplied",
        "data.request.messages[0].content",
    ),
    (("BriefReceived", "data", "brief", "text"), "SessionOpened", "data.brief_sha256"),
    ((*ANSWER, "reply", "value", "average_price"), "OrderFilled", "data.answer.average_price"),
    ((*ANSWER, "reply", "value", "leverage"), "OrderFilled", "data.answer.leverage"),
    ((*ANSWER, "request_sha256"), "OrderFilled", "data.inputs[1].port"),
    ((*ANSWER, "port"), "OrderFilled", "data.inputs[1].port"),
    ((*LOOK, "balance_usdc"), "GateAssessed", "data.checks[POSITION_SHARE].limit"),
    ((*LOOK, "market", "category"), "GateAssessed", "data.inputs[2].reply"),
    (("ApprovalDecided", "data", "decision"), "GateAssessed", "event_type"),
    (("ApprovalDecided", "data", "card_hash"), "GateAssessed", "event_type"),
    (("ApprovalDecided", "data", "by"), "OrderSubmitted", "data.approved_by"),
]
#: Those of them that nothing but the comparison sees: the law goes on over them.
COMPARED = CHANGES[:6]


def called(change: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in change)


@pytest.mark.parametrize(("change", "step", "field"), CHANGES, ids=[called(one) for one, *_ in CHANGES])
def test_a_change_is_named_where_the_law_first_differs(bench: Bench, change, step, field) -> None:
    found = bench.changed(*change)

    assert bench.named(found) == (step, field)
    assert found.divergences[0].recorded != found.divergences[0].replayed


#: Values that a brief's clock and a seed give, and where they show when nobody can count them again.
DRAWN: list[tuple[tuple[Any, ...], tuple[str, str] | None]] = [
    (("TicketIssued", "data", "ticket_id"), ("ModelReplied", "request.messages[0].content")),
    (("TicketIssued", "data", "client_order_id"), ("OrderSubmitted", "stream_id")),
    (("IntentMinted", "data", "intent_id"), ("GateAssessed", "data.intent_id")),
    (("ViewStated", "occurred_at"), ("ViewStated", "occurred_at")),
    (("TicketIssued", "event_id"), None),
    (("OrderFilled", "occurred_at"), None),
]


@pytest.mark.parametrize(("change", "elsewhere"), DRAWN, ids=[called(one) for one, _ in DRAWN])
def test_an_id_or_a_stamp_is_named_itself_where_it_can_be_counted_again(bench: Bench, change, elsewhere):
    found = bench.changed(*change)

    if counted(bench):
        assert bench.named(found) == (change[0], ".".join(change[1:]))
    elif elsewhere is not None:
        assert bench.named(found) == elsewhere
    else:
        assert found.ok
        assert found.session_digest != bench.digest


def test_a_letter_of_a_reply_is_shown_where_it_is_first_passed_on(bench: Bench) -> None:
    """The officer's call is durable before the views that it is shown."""
    found = bench.changed("ModelReplied", *REPLY, value=said(bench).replace("Rules model", "Rules nodel", 1))

    assert bench.named(found) == ("ModelReplied", "request.messages[0].content")
    first = found.divergences[0]
    assert ("Rules model" in first.recorded, "Rules nodel" in first.replayed) == (True, True)
    assert [line[:15] for line in first.diff.split("\n") if line[0] in "-+"][2:] == [
        "-macro_analyst:",
        "+macro_analyst:",
    ]


def test_a_reply_that_no_longer_reads_shows_the_question_nobody_asked(bench: Bench) -> None:
    found = bench.changed("ModelReplied", *REPLY, value=said(bench)[:-1])

    assert bench.named(found) == ("ModelReplied", "request")
    assert "+Your reply was not accepted: the reply: must be one JSON object" in found.divergences[0].diff


def test_a_space_in_a_reply_changes_nothing_but_the_digest(bench: Bench) -> None:
    found = bench.changed("ModelReplied", *REPLY, value=said(bench) + " ")

    assert found.ok
    assert found.session_digest != bench.digest


def said(bench: Bench) -> str:
    """The macro analyst's first reply."""
    replied = bench.record.call("macro_analyst", 1)
    assert replied is not None
    return str(replied.reply["content"])


# ---- prompts -------------------------------------------------------------------------------------


class Blobs:
    """The journal with other bytes under some sha256."""

    def __init__(self, journal: SqliteJournal, changed: dict[str, bytes]) -> None:
        self._journal, self._changed = journal, changed

    def blob(self, digest: str) -> bytes | None:
        return self._changed.get(digest) or self._journal.blob(digest)


def prompt_of(bench: Bench, role: str) -> tuple[str, bytes]:
    digest = str(bench.record.opened.prompts[role])
    body = bench.journal.blob(digest)
    assert body is not None
    return digest, body


def test_a_prompt_that_is_not_the_pinned_one_is_named_by_its_role(bench: Bench) -> None:
    digest, body = prompt_of(bench, "risk_officer")
    found = bench.found(bench.record, Blobs(bench.journal, {digest: body.replace(b"a", b"b", 1)}))

    assert bench.named(found) == ("SessionOpened", "data.prompts.risk_officer")


def test_a_prompt_that_was_changed_with_its_pin_is_shown_line_by_line(bench: Bench) -> None:
    _, body = prompt_of(bench, "risk_officer")
    line = next(line for line in body.decode().split("\n")[1:] if len(line) > 20)
    other = body.replace(line.encode(), line.replace(line[9], "#", 1).encode(), 1)
    pin = sha256(other).hexdigest()
    pinned = altered(
        bench.record, place(bench.record, "SessionOpened", "data", "prompts", "risk_officer"), pin
    )
    found = bench.found(pinned, Blobs(bench.journal, {pin: other}))

    assert bench.named(found) == ("ModelReplied", "request.system")
    assert f"-{line}" in found.divergences[0].diff.split("\n")
    assert f"+{line.replace(line[9], '#', 1)}" in found.divergences[0].diff.split("\n")


@pytest.mark.parametrize("name", ["bars/SPX-PERP", "tape/SPX-PERP"])
def test_a_series_of_other_numbers_is_refused_before_anything_runs(bench: Bench, name: str) -> None:
    digest = str(bench.record.brief.slices[name])
    body = bench.journal.blob(digest)
    assert body is not None
    with pytest.raises(BriefError, match="missing or altered"):
        bench.found(bench.record, Blobs(bench.journal, {digest: body[:-2] + b"7\n"}))


# ---- all of them ---------------------------------------------------------------------------------


def judged(bench: Bench, where: Place) -> str:
    """What a replay makes of one changed character: ``named``, ``follows``, ``refused``, or ``inert``.

    A change that nothing depends on is no divergence; the digest is another one all the same.
    """
    record = altered(bench.record, where)
    assert session_digest(record.events) != bench.digest, where
    try:
        found = bench.found(record)
    except (BriefError, JournalCorrupt):
        return "refused"
    if found.ok:
        return "inert"
    first: Difference = found.divergences[0]
    assert first.recorded != first.replayed, where
    assert first.step >= where.step or first.field.endswith("brief_sha256"), (where, first)
    return "named" if first.step == where.step else "follows"


def inert(bench: Bench, where: Place) -> bool:
    """May nothing depend on it? What was read and not used; a name; the human's stamp, made elsewhere."""
    drawn = where.path in (("event_id",), ("occurred_at",))
    unread = ("inputs", "settings", "latency_ms", "finish_reason", "call_id", "seed", "clock", "reason")
    return (
        (drawn and not counted(bench))
        or where.event_type == "ApprovalDecided"
        or bool({*where.path} & {*unread, "desk_version", "venue", "channel"})
    )


def swept(bench: Bench, stride: int) -> Counter[str]:
    chosen = list(places(bench.record))[::stride]
    found = {where: judged(bench, where) for where in chosen}
    wrongly = [where for where, verdict in found.items() if verdict == "inert" and not inert(bench, where)]
    assert wrongly == []
    return Counter(found.values())


def test_any_character_of_a_record_may_change_and_replay_or_the_digest_says_so(bench: Bench) -> None:
    found = swept(bench, STRIDE)

    assert found.total() > 20
    assert found["named"] > 0.7 * found.total()


@pytest.mark.torture
def test_every_value_of_a_record_may_change_and_replay_or_the_digest_says_so(bench: Bench) -> None:
    found = swept(bench, 1)

    assert found.total() > 1500
    assert found["named"] > 0.8 * found.total()


# ---- the negative control ------------------------------------------------------------------------


class Whatever(str):
    """Equal to every hash."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


@pytest.mark.parametrize(("change", "step", "field"), COMPARED, ids=[called(one) for one, *_ in COMPARED])
def test_without_the_comparison_nobody_would_see_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, change, step, field
) -> None:
    monkeypatch.setattr("desk.replay.shadow.differences", lambda *_: [])
    monkeypatch.setattr("desk.replay.given.sha256", lambda _: Whatever())
    monkeypatch.setattr("desk.replay.resume.session_digest", lambda _: "same")

    assert bench.changed(*change).ok


def test_the_record_as_it_is_has_the_digest_it_had(bench: Bench) -> None:
    found = bench.found(bench.record)

    assert found.ok
    assert found.session_digest == bench.digest
