"""The head anchor: signed, in two slots, never backwards, never ahead."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.errors import JournalCorrupt, JournalUnavailable
from desk.journal.anchor import SLOT_BYTES, Anchor, FileSlots, Mark, MemorySlots
from desk.journal.chain import GENESIS, Head
from desk.journal.key import Key

KEY = Key(bytes(32))
ONE, TWO, THREE = Head(1, "1" * 64), Head(2, "2" * 64), Head(3, "3" * 64)


def started(slots: MemorySlots | FileSlots | None = None) -> Anchor:
    anchor = Anchor(slots or MemorySlots(), KEY)
    anchor.start()
    return anchor


def test_a_new_anchor_is_at_the_beginning() -> None:
    assert started().latest() == Mark(GENESIS, 1)


def test_an_anchor_that_was_never_written_says_nothing() -> None:
    assert Anchor(MemorySlots(), KEY).latest() is None


def test_it_moves_with_the_head_from_slot_to_slot() -> None:
    slots = MemorySlots()
    anchor = started(slots)
    for head in (ONE, TWO):
        assert anchor.advance(head)
    assert anchor.latest() == Mark(TWO, 3)
    before = slots.read()
    anchor.advance(THREE)
    assert slots.read()[1] == before[1]
    assert slots.read()[0] != before[0]


def test_it_never_moves_backwards() -> None:
    slots = MemorySlots()
    anchor = started(slots)
    anchor.advance(TWO)
    before = slots.read()
    assert anchor.advance(ONE)
    assert slots.read() == before
    assert anchor.latest() == Mark(TWO, 2)


def test_given_a_torn_write_then_the_other_slot_counts() -> None:
    slots = MemorySlots()
    anchor = started(slots)
    anchor.advance(ONE)
    anchor.advance(TWO)
    slots.write(1, slots.read()[1][:50].ljust(SLOT_BYTES, b"\0"))
    assert anchor.latest() == Mark(ONE, 2)
    assert anchor.doubtful()


def test_given_no_genuine_slot_then_it_is_forged() -> None:
    slots = MemorySlots()
    Anchor(slots, Key(b"x" * 32)).start()
    mine = Anchor(slots, KEY)
    with pytest.raises(JournalCorrupt) as refused:
        mine.latest()
    assert refused.value.code == "ANCHOR_FORGED"
    assert not mine.advance(ONE)


@pytest.mark.parametrize("offset", range(0, 150, 7))
def test_every_changed_byte_of_a_slot_is_noticed(offset: int) -> None:
    slots = MemorySlots()
    anchor = started(slots)
    body = bytearray(slots.read()[1])
    body[offset] ^= 1
    slots.write(1, bytes(body))
    assert anchor.latest() == Mark(GENESIS, 0)
    assert anchor.doubtful()


def test_a_file_is_two_slots_of_four_kib_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.anchor"
    anchor = started(FileSlots(path))
    anchor.advance(ONE)
    assert path.stat().st_size == 2 * SLOT_BYTES
    assert path.stat().st_mode & 0o777 == 0o600
    anchor.close()


def test_two_programs_move_one_anchor(tmp_path: Path) -> None:
    path = tmp_path / "journal.anchor"
    one, other = started(FileSlots(path)), Anchor(FileSlots(path), KEY)
    other.advance(TWO)
    one.advance(ONE)
    one.advance(THREE)
    assert other.latest() == Mark(THREE, 3)
    one.close()
    other.close()


def test_while_another_holds_the_lock_it_stays_behind(tmp_path: Path) -> None:
    path = tmp_path / "journal.anchor"
    anchor, holder = started(FileSlots(path)), FileSlots(path)
    assert holder.lock(1)
    assert not anchor.advance(ONE)
    holder.unlock()
    assert anchor.advance(ONE)
    anchor.close()
    holder.close()


def test_an_anchor_that_is_a_directory_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailable):
        FileSlots(tmp_path)
    slots = FileSlots(tmp_path, read_only=True)
    with pytest.raises(JournalUnavailable):
        slots.read()
    slots.close()
