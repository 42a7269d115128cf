"""A question that outlives its process: asked, answered and acted on by three, on the embedded venue.

Who settles it, what voids a word that was given, and that nothing is asked or done twice.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from desk.approval.console import ConsoleApprover
from desk.approval.inbox import stands
from desk.domain import approval
from desk.domain.approval import DENIED, EDITED, GRANTED
from desk.domain.limits import CEILING
from desk.domain.policy import BUILT_IN, Policy, Rule
from desk.domain.steps import Asked as AskedStep
from desk.errors import UsageError
from desk.execution.guard import Guard
from desk.home.clock import WallClock
from desk.ports import Answer, Instant
from desk.session import Given
from tests.kernel.asked import TWO, Asked, sized

D = Decimal


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(home=tmp_path)


def refused(asked: Asked, *word: Any, **more: Any) -> str:
    """The code with which the inbox turns a word away; it records nothing."""
    before = asked.decisions()
    with pytest.raises(UsageError) as turned:
        asked.answer(*word, **more)
    assert asked.decisions() == before
    return turned.value.code


# ---- one human -----------------------------------------------------------------------------------


async def test_a_grant_is_one_order_of_what_the_card_showed_without_a_second_model_call(asked: Asked):
    suspended = await asked.run()
    calls = asked.calls()
    asked.answer()
    done = await asked.resume()
    [order], act = asked.orders(), approval.act_on(asked.question.card)
    assert (suspended.outcome, done.outcome) == ("awaiting_approval", "executed")
    assert (calls, asked.calls()) == (3, 4), "only the executor is asked after the human"
    [sent] = asked.events("OrderSubmitted")
    assert (sent.intent_hash, sent.approved_by, sent.size_usdc) == (act.hash, "ann", act.size_usdc)
    assert order["idempotency_key"] == sent.client_order_id
    assert (await asked.replays()).ok


async def test_a_denial_ends_it_with_the_reason_that_was_given(asked: Asked):
    await asked.run()
    asked.answer(DENIED, reason="too crowded")
    done = await asked.resume()
    assert (done.outcome, done.decided_by, done.reasons) == ("refused_by_human", "human", ("too crowded",))
    assert asked.orders() == []
    assert (await asked.replays()).ok


@pytest.mark.parametrize("first", [(GRANTED, "ann"), (DENIED, "ann"), (EDITED, "ann")])
async def test_a_second_answer_is_told_who_was_first(asked: Asked, first: tuple[str, str]):
    await asked.run()
    asked.answer(*first, **(sized(100) if first[0] == EDITED else {}))
    for word in (GRANTED, DENIED, EDITED):
        assert refused(asked, word, "bob", **sized(90)) == "ALREADY_DECIDED"


async def test_resuming_before_anybody_answered_waits_on(asked: Asked):
    await asked.run()
    for _ in range(2):
        assert (await asked.resume()).outcome == "awaiting_approval"
    asked.answer()
    assert (await asked.resume()).outcome == "executed"


async def test_an_answer_after_the_session_is_over_is_refused(asked: Asked):
    await asked.run()
    asked.settings = {"policy": replace(TWO)}
    asked.answer()
    asked.around = later(hours=5)
    await asked.resume()
    assert refused(asked, by="bob") in {"ALREADY_DECIDED", "SESSION_OVER"}


class AnnIsQuick:
    """A screen on which Ann sees the card, and answers from another process before this one goes on."""

    def __init__(self, asked: Asked, decision: str, **word: Any) -> None:
        self._asked, self._decision, self._word = asked, decision, word

    def show(self, step: object) -> None:
        if isinstance(step, AskedStep) and not self._asked.decisions():
            self._asked.answer(self._decision, **self._word)


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [(GRANTED, "executed"), (DENIED, "refused_by_human"), (EDITED, "executed")],
)
@pytest.mark.parametrize("humans", [1, 2])
async def test_an_answer_may_come_before_the_session_has_suspended(asked: Asked, decision, outcome, humans):
    asked.settings = {"policy": Policy(rules=(Rule(name="n", humans=humans),))}
    quick = AnnIsQuick(asked, decision, **(sized(120) if decision == EDITED else {}))
    asked.around = lambda given: replace(given, parts=replace(given.parts, screen=quick))
    done = await asked.run()
    if humans == 2 and decision != DENIED:
        assert done.outcome == "awaiting_approval"
        asked.answer(by="bob")
        done = await asked.resume()
    assert done.outcome == outcome
    assert (await asked.replays()).ok


# ---- time ----------------------------------------------------------------------------------------


class Later:
    """The machine's clock, this much on."""

    def __init__(self, by: timedelta) -> None:
        self._clock, self._by = WallClock(), by

    def stamp(self, stream_id: str) -> Instant:
        now = self._clock.stamp(stream_id)
        return replace(now, wall=now.wall + self._by)

    def monotonic_s(self) -> Decimal:
        return self._clock.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(0)


def later(**by: float) -> Any:
    """A process that runs this much later."""

    def moved(given: Given) -> Given:
        clock = Later(timedelta(**by))
        log = replace_log(given, clock)
        return replace(given, parts=replace(given.parts, clock=clock, log=log))

    return moved


def replace_log(given: Given, clock: Any) -> Any:
    log = given.parts.log
    return type(log)(clock, given.parts.new_ids, log.session_id, log.account)


async def test_silence_until_the_end_is_a_denial_by_the_clock(asked: Asked):
    await asked.run()
    asked.around = later(hours=4, seconds=1)
    done = await asked.resume()
    assert (done.outcome, done.decided_by) == ("approval_expired", "system")
    assert asked.decisions() == [("expired", "nobody", "NO_ANSWER")]
    assert asked.orders() == []
    assert (await asked.replays()).ok


async def test_one_grant_of_two_does_not_outlive_the_time(asked: Asked):
    asked.settings = {"policy": TWO}
    await asked.run()
    asked.answer()
    asked.around = later(hours=4, seconds=1)
    done = await asked.resume()
    assert (done.outcome, done.decided_by) == ("approval_expired", "system")
    assert asked.orders() == []


@pytest.mark.parametrize("word", [GRANTED, DENIED, EDITED])
async def test_a_word_that_comes_too_late_is_an_expiry_whatever_it_was(asked: Asked, word: str):
    await asked.run()
    with asked.opened() as desk:
        from desk.approval.inbox import Inbox
        from desk.home.identity import RandomIds

        inbox = Inbox(desk.journal, RandomIds())
        [question] = inbox.waiting()
        said = Answer(
            card_hash=question.request.card_hash, decision=word, by="ann", channel="inbox", size_usdc=D(100)
        )
        told = inbox.answer(question, Later(timedelta(hours=4)), said)
    assert (told.decided.decision, told.decided.reason) == ("expired", "TOO_LATE")
    done = await asked.resume()
    assert (done.outcome, asked.orders()) == ("approval_expired", [])


# ---- a smaller one -------------------------------------------------------------------------------


async def test_an_edit_is_a_new_intent_with_the_same_levels_gated_and_sent(asked: Asked):
    await asked.run()
    before = approval.act_on(asked.question.card)
    word = asked.answer(EDITED, **sized("120.9")).decided
    done = await asked.resume()
    after = approval.act_on(asked.question.card)
    parent, child = asked.events("IntentMinted")
    [sent] = asked.events("OrderSubmitted")
    assert (done.outcome, after.size_usdc, len(asked.orders())) == ("executed", D(120), 1)
    assert replace(after, size_usdc=before.size_usdc, quantity=before.quantity) == before
    assert child.parent == parent.intent_id != child.intent_id
    assert word.edited_hash == after.hash == child.intent_hash == sent.intent_hash
    assert [one.stage for one in asked.events("GateAssessed")] == ["propose", "edited", "send"]
    assert (await asked.replays()).ok


async def test_the_editors_word_approves_the_new_hash_and_no_other(asked: Asked):
    await asked.run()
    asked.answer(EDITED, **sized(120))
    await asked.resume()
    first, second = asked.events("ApprovalRequested")
    edit, grant = asked.events("ApprovalDecided")
    assert (edit.card_hash, edit.intent_hash) == (first.card_hash, first.intent_hash)
    assert (grant.decision, grant.by) == (GRANTED, "ann")
    assert (grant.card_hash, grant.intent_hash) == (second.card_hash, second.intent_hash)
    assert second.parent == first.approval_id


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ("226", "NOT_SMALLER"),
        ("300", "NOT_SMALLER"),
        ("0.99", "SIZE_BELOW_MINIMUM"),
        ("0", "SIZE_BELOW_MINIMUM"),
    ],
)
async def test_an_edit_that_is_none_is_refused_and_the_question_stays_open(asked: Asked, size, code):
    await asked.run()
    assert refused(asked, EDITED, **sized(size)) == code
    asked.answer()
    assert (await asked.resume()).outcome == "executed"


async def test_an_edit_with_a_quorum_of_two_starts_the_quorum_again(asked: Asked):
    asked.settings = {"policy": TWO}
    await asked.run()
    asked.answer(by="bob")
    asked.answer(EDITED, "ann", **sized(120))
    assert (await asked.resume()).outcome == "awaiting_approval"
    assert asked.question.parent is not None
    assert refused(asked, by="ann") == "ALREADY_ANSWERED"
    assert refused(asked, EDITED, "bob", **sized(100)) == "SECOND_EDIT"
    asked.answer(by="bob")
    done = await asked.resume()
    [sent] = asked.events("OrderSubmitted")
    assert (done.outcome, sent.size_usdc, sent.approved_by) == ("executed", D(120), "ann + bob")
    assert (await asked.replays()).ok


async def test_an_edited_one_can_still_be_denied(asked: Asked):
    asked.settings = {"policy": TWO}
    await asked.run()
    asked.answer(EDITED, **sized(120))
    await asked.resume()
    asked.answer(DENIED, "bob", reason="no")
    done = await asked.resume()
    assert (done.outcome, done.reasons, asked.orders()) == ("refused_by_human", ("no",), [])


async def test_an_edit_is_gated_on_what_holds_by_then(asked: Asked):
    await asked.run()
    asked.answer(EDITED, **sized(120))
    asked.settings = {"limits": replace(CEILING, position_size=D(100))}
    done = await asked.resume()
    assert (done.outcome, done.reasons, asked.orders()) == ("denied", ("POSITION_SIZE",), [])


# ---- two humans ----------------------------------------------------------------------------------


async def test_two_different_humans_must_grant_and_one_of_them_twice_is_not_enough(asked: Asked):
    asked.settings = {"policy": TWO}
    await asked.run()
    assert asked.question.quorum == 2
    assert not asked.answer(by="ann").stands.settled
    assert refused(asked, by="ann") == "ALREADY_ANSWERED"
    assert (await asked.resume()).outcome == "awaiting_approval"
    assert asked.answer(by="bob").stands.settled
    assert (await asked.resume()).outcome == "executed"
    assert [one.approved_by for one in asked.events("OrderSubmitted")] == ["ann + bob"]
    assert (await asked.replays()).ok


async def test_one_denial_outweighs_one_grant(asked: Asked):
    asked.settings = {"policy": TWO}
    await asked.run()
    asked.answer(by="ann")
    asked.answer(DENIED, "bob", reason="no")
    assert (await asked.resume()).outcome == "refused_by_human"
    assert asked.orders() == []


class AnnAtTheConsole:
    """The console, Ann's code typed at once; what the journal says comes first, as at the real one."""

    channel, ttl_s, suspends = ConsoleApprover.channel, ConsoleApprover.ttl_s, False

    def __init__(self, given: Given) -> None:
        self._given = given

    async def ask(self, request: Any) -> Answer | None:
        now = stands(self._given.parts.journal, self._given.parts.log.session_id, request)
        if "ann" in now.granted_by:
            return None
        return Answer(card_hash=request.card_hash, decision=GRANTED, by="ann", channel="console")


async def test_one_at_the_console_and_one_in_the_inbox_are_two(asked: Asked):
    asked.settings = {"policy": TWO}
    asked.around = lambda given: replace(given, parts=replace(given.parts, approver=AnnAtTheConsole(given)))
    assert (await asked.run(approve="deny")).outcome == "awaiting_approval"
    asked.around = lambda given: given
    asked.answer(by="bob")
    assert (await asked.resume()).outcome == "executed"
    assert [(one.by, one.channel) for one in asked.events("ApprovalDecided")] == [
        ("ann", "console"),
        ("bob", "inbox"),
    ]
    assert (await asked.replays()).ok


async def test_a_rule_for_a_first_trade_asks_two_and_a_small_one_after_it_nobody(asked: Asked):
    first = Rule(name="first", humans=2, first_trade=True)
    asked.settings = {"policy": Policy(rules=(Rule(name="rest", humans=0), first))}
    await asked.run(brief="@brexit-eve")
    assert "POLICY:first" in asked.question.card["why_asked"]
    assert asked.question.quorum == 2


# ---- what changed since ---------------------------------------------------------------------------


def halted(asked: Asked) -> None:
    with asked.opened() as desk:
        desk.halt.halt("a person")


def reducing(asked: Asked) -> None:
    from desk.domain import ids
    from desk.domain.events import TradingStateChanged

    with asked.opened() as desk, desk.journal.transaction() as tx:
        change = TradingStateChanged(source="ACTIVE", target="REDUCING", reason="a person", by="ann")
        log_of(asked, desk).write_to(tx, ids.STATE_STREAM, change)


def breaker_open(asked: Asked) -> None:
    from desk.errors import OutcomeUnknown
    from desk.execution.tape import Tape

    with asked.opened() as desk, desk.journal.transaction() as tx:
        guard = Guard("trading@paper", log_of(asked, desk), Tape())
        for _ in range(3):
            guard.failed(tx, WallClock().stamp("x"), OutcomeUnknown("lost", code="NETWORK"))


def log_of(asked: Asked, desk: Any) -> Any:
    """Another session's handwriting, on no account that matters."""
    from desk.execution.log import SessionLog
    from desk.home.identity import RandomIds

    return SessionLog(WallClock(), RandomIds(), "ses_" + "9" * 32, "paper:other")


def policy(asked: Asked) -> None:
    asked.settings = {"policy": Policy(rules=(Rule(name="other", humans=0),))}


def limit(asked: Asked) -> None:
    asked.settings = {"limits": replace(CEILING, trade_size=D("0.001"))}


def shown(**changes: Any) -> Any:
    """The venue shows something else from now on."""

    def change(asked: Asked) -> None:
        asked.around = lambda given: replace(
            given, parts=replace(given.parts, venue=Elsewhere(given.parts.venue, changes))
        )

    return change


class Elsewhere:
    """The venue with another snapshot."""

    def __init__(self, venue: Any, changes: dict[str, Any]) -> None:
        self._venue, self._changes = venue, changes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def snapshot(self, symbol: str) -> Any:
        now = await self._venue.snapshot(symbol)
        return replace(now, **{name: change(now) for name, change in self._changes.items()})


def moved(share: str) -> Any:
    """Quotes moved by this share."""
    by = 1 + D(share)
    return lambda now: tuple(replace(one, bid=one.bid * by, ask=one.ask * by) for one in now.quotes)


CHANGES: list[tuple[str, str, Any]] = [
    ("POLICY_CHANGED", "denied", policy),
    ("TRADE_SIZE", "denied", limit),
    ("STATE_HALTED", "halted", halted),
    ("STATE_REDUCING", "denied", reducing),
    ("BREAKER_OPEN", "halted", breaker_open),
    ("PRICE_COLLAR", "denied", shown(quotes=moved("0.006"))),
    ("PRICE_COLLAR", "denied", shown(quotes=moved("-0.006"))),
    ("CASH_RESERVE", "denied", shown(available_usdc=lambda now: D(5100))),
    ("TRADE_SIZE", "denied", shown(balance_usdc=lambda now: D(3000), available_usdc=lambda now: D(3000))),
    ("INPUT_UNKNOWN", "denied", shown(balance_usdc=lambda now: None)),
    ("MARKET_CLOSED", "denied", shown(market_open=lambda now: False)),
    ("QUOTE_STALE", "denied", shown(venue_time=lambda now: now.venue_time + timedelta(seconds=31))),
    ("MARKET_UNKNOWN", "denied", shown(market=lambda now: None)),
]
NAMES = [f"{reason}-{n}" for n, (reason, _, _) in enumerate(CHANGES, 1)]


@pytest.mark.parametrize(("reason", "outcome", "change"), CHANGES, ids=NAMES)
async def test_what_moved_after_the_grant_voids_it_and_is_named(asked: Asked, reason, outcome, change):
    await asked.run()
    asked.answer()
    change(asked)
    done = await asked.resume()
    assert done.outcome == outcome
    assert reason in done.reasons
    assert asked.orders() == []


@pytest.mark.parametrize(("reason", "outcome", "change"), CHANGES, ids=NAMES)
async def test_what_moved_before_the_edit_is_taken_up_voids_it_too(asked: Asked, reason, outcome, change):
    await asked.run()
    asked.answer(EDITED, **sized(120))
    change(asked)
    done = await asked.resume()
    assert (done.outcome, reason in done.reasons, asked.orders()) == (outcome, True, [])


async def test_a_policy_that_is_spelled_again_the_same_is_no_change(asked: Asked):
    asked.settings = {"policy": Policy(rules=(Rule(name="x", humans=1),))}
    await asked.run()
    asked.answer()
    asked.settings = {"policy": Policy(rules=(Rule(name="x", humans=1),))}
    assert (await asked.resume()).outcome == "executed"
    assert asked.question.policy_version != BUILT_IN.version
