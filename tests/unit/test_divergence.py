"""How a difference between two documents is named and shown."""

from __future__ import annotations

from desk.domain.canonical import Json
from desk.replay.divergence import AROUND, MOST_LINES, SHORT, Difference, Parted, compared, unified


def fields(before: dict[str, Json], after: dict[str, Json]) -> list[str]:
    return [one.field for one in compared(7, before, after)]


def test_equal_documents_have_no_difference() -> None:
    assert compared(7, {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}) == []


def test_a_field_is_named_by_its_way_and_shown_as_canonical_text() -> None:
    [found] = compared(7, {"data": {"a": {"b": True}}}, {"data": {"a": {"b": None}}})

    assert found == Difference(step=7, field="data.a.b", recorded="true", replayed="null")


def test_an_entry_is_named_as_it_names_itself() -> None:
    before: dict[str, Json] = {"checks": [{"code": "A", "limit": "1"}, {"code": "B", "limit": "2"}]}
    after: dict[str, Json] = {"checks": [{"code": "A", "limit": "1"}, {"code": "B", "limit": "3"}]}

    assert fields(before, after) == ["checks[B].limit"]


def test_an_entry_too_many_is_found_by_its_name_and_the_others_are_not_shifted() -> None:
    before: dict[str, Json] = {"facts": [{"id": "F1"}, {"id": "F2"}, {"id": "F3"}]}
    after: dict[str, Json] = {"facts": [{"id": "F1"}, {"id": "F3"}]}

    assert fields(before, after) == ["facts[F2]"]


def test_entries_without_names_of_their_own_go_by_place() -> None:
    twice: list[Json] = [{"port": "halt"}, {"port": "halt"}]

    assert fields({"inputs": twice}, {"inputs": [twice[0], {"port": "now"}]}) == ["inputs[1].port"]
    assert fields({"reasons": ["A"]}, {"reasons": ["A", "B"]}) == ["reasons[1]"]
    assert fields({"mixed": [1, "x"]}, {"mixed": [1, {"id": "x"}]}) == ["mixed[1]"]


def test_two_kinds_of_event_differ_in_their_kind_and_in_nothing_else() -> None:
    before: dict[str, Json] = {"event_type": "A", "event_id": "1", "data": {"x": 1}}
    after: dict[str, Json] = {"event_type": "B", "event_id": "2", "data": {"y": 1}}

    assert fields(before, after) == ["event_type"]


def test_causes_come_before_ids_and_stamps_and_those_before_hashes() -> None:
    names = ["data.intent_hash", "event_id", "data.dossier_sha256", "data.act.size", "occurred_at"]
    parted = Parted(Difference(step=1, field=name, recorded="1", replayed="2") for name in names)

    assert [one.field for one in parted.found][:1] == ["data.act.size"]
    assert [one.field for one in parted.found][-2:] == ["data.intent_hash", "data.dossier_sha256"]
    assert parted.what == "step 1 differs in data.act.size"


def test_a_long_text_is_cut_to_where_it_differs() -> None:
    long = "x" * 500
    [found] = compared(1, {"t": long + "a" + long}, {"t": long + "b" + long})

    assert found.recorded == f'"…{"x" * AROUND}a{"x" * (AROUND - 1)}…"'
    assert found.replayed == f'"…{"x" * AROUND}b{"x" * (AROUND - 1)}…"'
    assert found.diff == ""


def test_a_text_of_several_lines_is_shown_by_its_lines_and_as_a_diff() -> None:
    lines = [f"line {n} of the prompt" for n in range(20)]
    other = [*lines[:9], "another line", *lines[10:]]
    [found] = compared(1, {"t": "\n".join(lines)}, {"t": "\n".join(other)})

    assert (found.recorded, found.replayed) == ('"line 9 of the prompt"', '"another line"')
    assert "\n-line 9 of the prompt\n+another line\n" in found.diff


def test_a_diff_is_bounded() -> None:
    one, other = "\n".join(map(str, range(900))), "\n".join(map(str, range(900, 1800)))

    assert len(unified(one, other).split("\n")) == MOST_LINES + 1
    assert all(len(found.recorded) < 2 * SHORT for found in compared(1, {"t": one}, {"t": other}))
