"""The life of a question: granted, denied, expired, made smaller, by two; and looked at again afterwards."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from desk.approval.inbox import Inbox, InboxApprover
from desk.domain.approval import DENIED, EDITED, GRANTED
from desk.domain.events import ApprovalDecided, ApprovalRequested, IntentMinted
from desk.domain.policy import Policy, Rule
from desk.errors import UsageError
from desk.execution.door import TradeDoor
from desk.ports import Answer, DoorRefused, TicketId, Waiting
from tests.kernel.bench import Bench
from tests.kernel.fakes import CountedIds
from tests.kernel.values import intent, sized

D = Decimal
TWO = Policy(rules=(Rule(name="two", humans=2),))


class Desk(Bench):
    """The kernel with the inbox as its channel; ``says`` is a person at another terminal."""

    def __init__(self, policy: Policy | None = None) -> None:
        super().__init__()
        approver = InboxApprover(self.journal, self.parts.log.session_id)
        self.parts = replace(self.parts, approver=approver, policy=policy or self.parts.policy)
        self.door = TradeDoor(self.parts)
        self.inbox = Inbox(self.journal, CountedIds(9000))

    async def asks(self, size: int = 226) -> ApprovalRequested:
        answer = await self.door.propose(sized(D(size)))
        assert isinstance(answer, Waiting), answer
        return self.inbox.waiting()[-1].request

    def says(self, decision: str, by: str = "ann", **more: Any) -> ApprovalDecided:
        [question] = self.inbox.waiting()
        answer = Answer(
            card_hash=question.request.card_hash, decision=decision, by=by, channel="inbox", **more
        )
        return self.inbox.answer(question, self.clock, answer).decided


async def test_a_grant_gives_a_ticket_that_names_who_gave_it():
    desk = Desk()
    await desk.asks()
    desk.says(GRANTED)
    answer = await desk.door.decide()
    assert isinstance(answer, TicketId)
    await desk.door.execute(answer.ticket_id)
    assert (len(desk.venue.entries), desk.events("OrderSubmitted")[0].approved_by) == (1, "ann")


async def test_a_denial_is_the_end_and_its_reason_is_told():
    desk = Desk()
    await desk.asks()
    desk.says(DENIED, reason="not before the vote")
    answer = await desk.door.decide()
    assert answer == DoorRefused(
        outcome="refused_by_human", decided_by="human", reasons=("not before the vote",)
    )


async def test_a_question_that_nobody_answers_expires():
    desk = Desk()
    await desk.asks()
    assert isinstance(await desk.door.decide(), Waiting)
    desk.clock.pass_s(4 * 3600)
    answer = await desk.door.decide()
    assert isinstance(answer, DoorRefused)
    assert (answer.outcome, answer.decided_by) == ("approval_expired", "system")
    assert desk.venue.sent == []


async def test_an_answer_that_comes_too_late_is_none():
    desk = Desk()
    await desk.asks()
    desk.clock.pass_s(4 * 3600)
    assert desk.says(GRANTED).decision == "expired"
    answer = await desk.door.decide()
    assert isinstance(answer, DoorRefused)
    assert answer.outcome == "approval_expired"


# ---- smaller -------------------------------------------------------------------------------------


async def test_an_edit_is_a_new_intent_with_the_same_prices_and_its_editor_has_approved_it():
    desk = Desk()
    asked = await desk.asks()
    desk.says(EDITED, size_usdc=D("120.9"))
    answer = await desk.door.decide()
    assert isinstance(answer, TicketId)
    first, second = (one for one in desk.events("IntentMinted") if isinstance(one, IntentMinted))
    assert second.parent == first.intent_id
    kept = ("stop", "target", "limit", "side", "symbol", "leverage", "valid_until")
    assert [second.act[name] for name in kept] == [first.act[name] for name in kept]
    assert second.act["size"] == "120"
    assert desk.events("ApprovalRequested")[-1].parent == asked.approval_id
    await desk.door.execute(answer.ticket_id)
    [sent] = desk.venue.entries
    assert sent.quantity * sent.limit_price <= 120


@pytest.mark.parametrize(
    ("size", "code"), [("226", "NOT_SMALLER"), ("300", "NOT_SMALLER"), ("9", "SIZE_BELOW_MINIMUM")]
)
async def test_what_is_not_a_smaller_order_is_refused_and_decides_nothing(size: str, code: str):
    desk = Desk()
    await desk.asks()
    with pytest.raises(UsageError) as refused:
        desk.says(EDITED, size_usdc=D(size))
    assert refused.value.code == code
    assert len(desk.inbox.waiting()) == 1


async def test_an_edit_starts_the_count_again_and_cannot_be_edited():
    desk = Desk(TWO)
    await desk.asks()
    desk.says(GRANTED, by="bob")
    desk.says(EDITED, by="ann", size_usdc=D(120))
    assert isinstance(await desk.door.decide(), Waiting)
    with pytest.raises(UsageError) as refused:
        desk.says(EDITED, by="bob", size_usdc=D(110))
    assert refused.value.code == "SECOND_EDIT"
    desk.says(GRANTED, by="bob")
    assert isinstance(await desk.door.decide(), TicketId)


# ---- by two --------------------------------------------------------------------------------------


async def test_two_means_two_people():
    desk = Desk(TWO)
    await desk.asks(50)
    desk.says(GRANTED)
    assert isinstance(await desk.door.decide(), Waiting)
    with pytest.raises(UsageError) as refused:
        desk.says(GRANTED)
    assert refused.value.code == "ALREADY_ANSWERED"
    desk.says(GRANTED, by="bob")
    answer = await desk.door.decide()
    assert isinstance(answer, TicketId)
    await desk.door.execute(answer.ticket_id)
    assert desk.events("OrderSubmitted")[0].approved_by == "ann + bob"


async def test_one_no_outweighs_any_yes():
    desk = Desk(TWO)
    await desk.asks(50)
    desk.says(GRANTED)
    desk.says(DENIED, by="bob", reason="no")
    answer = await desk.door.decide()
    assert isinstance(answer, DoorRefused)
    assert answer.outcome == "refused_by_human"


# ---- looked at again -----------------------------------------------------------------------------


def halted(desk: Desk) -> None:
    desk.halt.halt("meanwhile")


def drifted(desk: Desk) -> None:
    desk.venue.mid = D(2100)


def poorer(desk: Desk) -> None:
    desk.venue.shown = {"balance_usdc": D(500), "available_usdc": D(500)}


def tightened(desk: Desk) -> None:
    room = desk.door._proposing._room
    room.parts = replace(room.parts, tightened={"trade_size": D("0.001")})


def other_policy(desk: Desk) -> None:
    room = desk.door._proposing._room
    room.parts = replace(room.parts, policy_now="policy-of-tomorrow")


@pytest.mark.parametrize(
    ("meanwhile", "outcome", "reason"),
    [
        (halted, "halted", "STATE_HALTED"),
        (drifted, "denied", "PRICE_COLLAR"),
        (poorer, "denied", "TRADE_SIZE"),
        (tightened, "denied", "TRADE_SIZE"),
        (other_policy, "denied", "POLICY_CHANGED"),
    ],
)
async def test_what_changed_since_the_card_voids_the_approval_and_is_named(
    meanwhile: Any, outcome: str, reason: str
):
    desk = Desk()
    await desk.asks()
    desk.says(GRANTED)
    meanwhile(desk)
    answer = await desk.door.decide()
    assert isinstance(answer, DoorRefused)
    assert answer.outcome == outcome
    assert reason in answer.reasons
    assert desk.venue.sent == []


async def test_a_policy_can_ask_for_a_human_where_the_code_does_not():
    desk = Desk(Policy(rules=(Rule(name="first", humans=1, first_trade=True), Rule(name="any", humans=0))))
    asked = await desk.asks(50)
    assert asked.card["why_asked"] == ["POLICY:first"]


async def test_no_policy_can_spare_the_human_the_code_asks_for():
    desk = Desk(Policy(rules=(Rule(name="trust me", humans=0),)))
    assert (await desk.asks()).quorum == 1
    assert isinstance(await Desk().door.propose(intent()), Waiting | TicketId)
