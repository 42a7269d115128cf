"""Events as text and back: strict both ways, old shapes lifted, nothing guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import pytest

from desk.domain import events
from desk.domain.canonical import canonical
from desk.domain.events import TOPICS, BreakerChanged, Event, FeeCharged, GateAssessed
from desk.errors import JournalCorrupt, JournalError
from desk.journal.codec import Codec, decode, encode
from desk.journal.document import LazyDocument, parse

FEE = FeeCharged(account="a", amount_usdc=Decimal("1.50"), what="é")


class Said(Event, frozen=True, kw_only=True):
    """A made-up event in its third version: ``by`` was once called ``who``, and had no ``times``."""

    by: str
    times: int


def _renamed(data: dict[str, object]) -> dict[str, object]:
    return {"by": data["who"]}


def _counted(data: dict[str, object]) -> dict[str, object]:
    return {**data, "times": 1}


SAID = Codec({"Said": Said}, {("Said", 1): _renamed, ("Said", 2): _counted})


def test_an_event_is_written_in_the_canonical_form() -> None:
    assert encode(FEE) == ("FeeCharged", 1, '{"account":"a","amount_usdc":"1.5","what":"é"}')


def test_an_event_is_read_back_equal() -> None:
    assessed = GateAssessed(
        intent_id="int_1",
        intent_hash="a" * 64,
        stage="send",
        cleared=False,
        reasons=("TRADE_SIZE", "CASH_RESERVE"),
        checks=({"code": "TRADE_SIZE", "ok": False}, {}),
        max_admissible_usdc=Decimal(0),
        max_without_human_usdc=Decimal("-0.000001"),
        human_reasons=(),
        equity_usdc=None,
        nav=Decimal("1.00000001"),
        venue_time=datetime(2016, 6, 23, 21, 0, 0, 1, tzinfo=UTC),
    )
    name, version, text = encode(assessed)
    assert decode(name, version, parse(text)) == assessed


def test_every_event_of_the_domain_has_a_topic_and_a_codec() -> None:
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)]
    bases = {base for kind in kinds for base in kind.__mro__[1:]}
    assert {kind.__name__ for kind in kinds if kind not in bases} == set(TOPICS)


@pytest.mark.parametrize(
    "broken",
    [
        FeeCharged(account="a", amount_usdc=1.5, what=""),
        FeeCharged(account="a", amount_usdc=Decimal("NaN"), what=""),
        FeeCharged(account=None, amount_usdc=Decimal(1), what=""),
        FeeCharged(account="\udfff", amount_usdc=Decimal(1), what=""),
        BreakerChanged(service="s", state="s", failures=True, successes=0, cause="c"),
        BreakerChanged(
            service="s",
            state="s",
            failures=0,
            successes=0,
            cause="c",
            since=datetime(2016, 1, 1),  # noqa: DTZ001
        ),
        events.ViewStated(who="w", view={"nan": float("nan")}),
        events.ViewStated(who="w", view=["no", "mapping"]),
        events.ViewStated(who="w", view={}, warnings=["a list"]),
        Said(by="me", times=1),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_could_not_be_read_back_equal_is_not_written(broken: Event) -> None:
    with pytest.raises(JournalError) as refused:
        encode(broken)
    assert refused.value.code == "EVENT_UNWRITABLE"


def test_a_document_nested_without_end_is_not_written() -> None:
    nested: dict[str, object] = {}
    for _ in range(5000):
        nested = {"deeper": nested}
    with pytest.raises(JournalError) as refused:
        encode(events.ViewStated(who="w", view=nested))
    assert refused.value.code == "EVENT_UNWRITABLE"


def test_members_of_an_enumeration_are_written_as_their_text() -> None:
    class Kind(StrEnum):
        FUNDING = "funding"

    charged = FeeCharged(account="a", amount_usdc=Decimal(1), what=Kind.FUNDING)
    assert encode(charged)[2].endswith('"funding"}')


STRANGE_NUMBERS = ("1.50", "1e3", "NaN", "+1", "01", "1_0", "٣", "", " 1", "1.")
STRANGE_JSON = ('{"a":1.5}', '{"a":1e3}', '{"a":NaN}', '{"a":-Infinity}', '{"a":1,"a":1}', "[]", "", "{")
GOOD = {"account": "a", "amount_usdc": "1.5", "what": "x"}


@pytest.mark.parametrize(
    "data",
    [
        {"account": "a", "amount_usdc": "1.5"},
        {**GOOD, "more": "x"},
        {**GOOD, "amount_usdc": 1},
        {**GOOD, "what": None},
        *({**GOOD, "amount_usdc": text} for text in STRANGE_NUMBERS),
    ],
)
def test_data_that_does_not_fit_its_type_is_corrupt(data: dict[str, object]) -> None:
    assert decode("FeeCharged", 1, GOOD) == FeeCharged(account="a", amount_usdc=Decimal("1.5"), what="x")
    with pytest.raises(JournalCorrupt) as refused:
        decode("FeeCharged", 1, data)
    assert refused.value.code == "EVENT_UNREADABLE"


def test_a_field_that_is_missing_is_not_made_up_from_its_default() -> None:
    changed = BreakerChanged(service="s", state="s", failures=0, successes=0, cause="c")
    data = parse(encode(changed)[2])
    del data["probe_by"]
    with pytest.raises(JournalCorrupt):
        decode("BreakerChanged", 1, data)


@pytest.mark.parametrize("moment", ["2016-06-23", "2016-06-23T21:00:00Z", "2016-13-23T21:00:00.000000Z", 5])
def test_a_time_that_is_not_of_the_canonical_form_is_corrupt(moment: object) -> None:
    changed = BreakerChanged(service="s", state="s", failures=0, successes=0, cause="c")
    data = {**parse(encode(changed)[2]), "since": moment}
    with pytest.raises(JournalCorrupt):
        decode("BreakerChanged", 1, data)


@pytest.mark.parametrize(("name", "version"), [("FaucetRobbed", 1), ("FeeCharged", 2)])
def test_an_event_of_a_newer_program_is_said_to_be_one(name: str, version: int) -> None:
    with pytest.raises(JournalError, match="newer") as refused:
        decode(name, version, GOOD)
    assert refused.value.code == "EVENT_UNKNOWN"


def test_old_shapes_are_lifted_a_step_at_a_time() -> None:
    now = Said(by="me", times=1)
    assert SAID.encode(now)[1] == 3
    assert SAID.decode("Said", 1, {"who": "me"}) == now
    assert SAID.decode("Said", 2, {"by": "me"}) == now
    assert SAID.decode("Said", 3, {"by": "me", "times": 1}) == now


@pytest.mark.parametrize("data", [{}, {"by": "me", "times": 1}])
def test_an_old_event_without_its_old_shape_is_corrupt(data: dict[str, object]) -> None:
    with pytest.raises(JournalCorrupt):
        SAID.decode("Said", 1, data)


def test_versions_start_at_one() -> None:
    with pytest.raises(JournalCorrupt):
        SAID.decode("Said", 0, {"by": "me", "times": 1})


def test_upcasters_that_leave_a_gap_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="gap"):
        Codec({"Said": Said}, {("Said", 2): _counted})


@pytest.mark.parametrize("text", [*STRANGE_JSON, "[" * 100_000], ids=range(len(STRANGE_JSON) + 1))
def test_json_that_the_desk_would_not_write_is_not_read(text: str) -> None:
    with pytest.raises(JournalCorrupt):
        parse(text)


def test_a_document_is_parsed_when_it_is_looked_into() -> None:
    broken = LazyDocument("{")
    with pytest.raises(JournalCorrupt):
        len(broken)
    whole = LazyDocument('{"b":2,"a":[1]}')
    assert whole == {"a": [1], "b": 2}
    assert canonical(whole) == b'{"a":[1],"b":2}'


def test_a_time_in_another_zone_is_written_in_utc() -> None:
    tokyo = datetime(2016, 6, 24, 6, tzinfo=timezone(timedelta(hours=9)))
    changed = BreakerChanged(service="s", state="s", failures=0, successes=0, cause="c", since=tokyo)
    assert '"since":"2016-06-23T21:00:00.000000Z"' in encode(changed)[2]
