"""Where an approval stands is a fold of what people said: one word more never unsays what was settled."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from desk.domain import approval
from desk.domain.approval import DENIED, EDITED, EXPIRED, GRANTED, standing
from desk.domain.events import ApprovalDecided, ApprovalRequested
from desk.domain.money import plain
from desk.errors import UsageError
from tests.kernel.values import MARKET, NOW, intent

D = Decimal
ASKED = ApprovalRequested(
    approval_id="apr_1",
    intent_id="int_1",
    intent_hash="i" * 64,
    card={},
    card_hash="c" * 64,
    policy_version="builtin-1",
    channel="inbox",
    expires_at=NOW,
    expires_boot="boot",
    expires_monotonic=D(0),
)


def asked(quorum: int) -> ApprovalRequested:
    return replace(ASKED, quorum=quorum)


def said(decision: str, by: str = "ann", approval_id: str = "apr_1") -> ApprovalDecided:
    return ApprovalDecided(
        approval_id=approval_id,
        intent_id="int_1",
        intent_hash="i" * 64,
        card_hash="c" * 64,
        decision=decision,
        by=by,
        channel="inbox",
    )


# ---- the fold ------------------------------------------------------------------------------------

ROWS: list[tuple[int, list[tuple[str, str]], str | None, tuple[str, ...]]] = [
    (1, [], None, ()),
    (1, [(GRANTED, "ann")], GRANTED, ("ann",)),
    (1, [(DENIED, "ann"), (GRANTED, "bob")], DENIED, ()),
    (1, [(GRANTED, "ann"), (DENIED, "bob")], GRANTED, ("ann",)),
    (2, [(GRANTED, "ann")], None, ("ann",)),
    (2, [(GRANTED, "ann"), (GRANTED, "ann")], None, ("ann",)),
    (2, [(GRANTED, "ann"), (GRANTED, "bob")], GRANTED, ("ann", "bob")),
    (2, [(GRANTED, "ann"), (DENIED, "ann")], DENIED, ("ann",)),
    (2, [(GRANTED, "ann"), (DENIED, "bob"), (GRANTED, "cid")], DENIED, ("ann",)),
    (2, [(GRANTED, "ann"), (EDITED, "bob"), (GRANTED, "cid")], EDITED, ("ann",)),
    (2, [(GRANTED, "ann"), (EXPIRED, "nobody"), (GRANTED, "bob")], EXPIRED, ("ann",)),
]


@pytest.mark.parametrize(("quorum", "words", "decision", "people"), ROWS)
def test_the_first_final_word_settles_and_grants_count_once_a_person(quorum, words, decision, people) -> None:
    stands = standing(asked(quorum), [said(*word) for word in words])
    assert (stands.decision, stands.granted_by) == (decision, people)
    assert stands.settled == (decision is not None)


def test_words_on_another_approval_are_not_heard() -> None:
    stands = standing(asked(1), [said(GRANTED, approval_id="apr_2"), said(DENIED, approval_id="apr_0")])
    assert (stands.decision, stands.last) == (None, None)


@pytest.mark.parametrize("field", ["approval_id", "intent_id", "intent_hash", "card_hash"])
def test_a_word_on_another_card_or_intent_is_none_of_this_question(field: str) -> None:
    word = replace(said(GRANTED), **{field: "other"})
    assert not standing(asked(1), [word]).settled
    assert standing(asked(1), [word, said(DENIED)]).decision == DENIED


words = st.lists(
    st.tuples(
        st.sampled_from([GRANTED, GRANTED, DENIED, EDITED, EXPIRED]),
        st.sampled_from(["ann", "bob", "cid"]),
        st.sampled_from(["apr_1", "apr_1", "apr_2"]),
    ),
    max_size=8,
)


@given(words, st.integers(1, 2))
def test_what_is_settled_stays_settled_whatever_is_said_after(spoken, quorum: int) -> None:
    decided = [said(*word) for word in spoken]
    stands = [standing(asked(quorum), decided[:n]) for n in range(len(decided) + 1)]
    for before, after in pairwise(stands):
        if before.settled:
            assert after == before


@given(words, st.integers(1, 2))
def test_granted_means_as_many_different_people_and_no_other_word_before(spoken, quorum: int) -> None:
    decided = [said(*word) for word in spoken]
    stands = standing(asked(quorum), decided)
    heard = [one for one in decided if one.approval_id == "apr_1"]
    if stands.decision == GRANTED:
        assert len(set(stands.granted_by)) == len(stands.granted_by) == quorum
        upto = heard[: heard.index(stands.last) + 1] if stands.last else []
        assert {one.decision for one in upto} == {GRANTED}
    elif stands.decision is None:
        assert {one.decision for one in heard} <= {GRANTED}
        assert len({one.by for one in heard}) < quorum


# ---- a smaller one -------------------------------------------------------------------------------


def card(size: int = 150, **changes: Any) -> dict[str, Any]:
    of = {"size_usdc": D(size), "quantity": D("0.0748")} | changes
    market = {"amount_step": plain(MARKET.amount_step), "min_notional_usdc": plain(MARKET.min_notional_usdc)}
    return {"act": intent(**of).act.document(), "market": market}


@given(st.decimals(min_value=0, max_value=200, places=3))
@example(D(150))
@example(D("149.999"))
@example(D(10))
@example(D("9.999"))
def test_an_edit_is_smaller_on_the_step_and_changes_nothing_else(size: Decimal) -> None:
    before, whole = approval.act_on(card()), int(size)
    if not 10 <= whole < 150:
        with pytest.raises(UsageError) as refused:
            approval.edited_act(card(), size)
        assert refused.value.code == ("NOT_SMALLER" if whole >= 150 else "SIZE_BELOW_MINIMUM")
        return
    after = approval.edited_act(card(), size)
    assert after.size_usdc == whole < before.size_usdc
    assert after.quantity % MARKET.amount_step == 0
    assert 0 < after.quantity * after.limit <= after.size_usdc
    assert replace(after, size_usdc=before.size_usdc, quantity=before.quantity) == before
    assert after.hash != before.hash


# ---- whether a card is intact --------------------------------------------------------------------


def test_a_card_is_intact_only_under_its_own_hash_and_for_its_own_intent() -> None:
    shown = card() | {"intent_hash": "i" * 64}
    request = replace(ASKED, card=shown, card_hash=approval.card_hash(shown))
    assert approval.intact(request)
    assert not approval.intact(replace(request, card=shown | {"market": {}}))
    assert not approval.intact(replace(request, card_hash="c" * 64))
    other = shown | {"intent_hash": "j" * 64}
    assert not approval.intact(replace(request, card=other, card_hash=approval.card_hash(other)))
    assert not approval.intact(replace(request, intent_hash="j" * 64))
