"""The card a human decides on: exactly what will be sent, what it can lose, and a hash over all of it."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from desk.domain.approval import CODE, card, card_hash, intact, typed_code, worst_loss
from desk.domain.book import Assessment
from desk.domain.canonical import sha256
from desk.domain.events import ApprovalRequested
from desk.domain.market import Side
from desk.domain.proposal import Intent, Kill
from desk.ports import Instant
from tests.kernel.values import MARKET, NOW, intent

D = Decimal
ASSESSMENT = Assessment(
    results=(),
    reasons=(),
    max_admissible_usdc=D(290),
    max_without_human_usdc=D(99),
    human_reasons=("HUMAN_SIZE",),
    equity_usdc=D(10_000),
    nav=D(1),
)


def made(of: Intent | None = None, **changes: Any) -> dict[str, Any]:
    wanted = {
        "approval_id": "apr_1",
        "session_id": "ses_1",
        "expires_at": NOW,
        "policy_version": "p1",
        "why_asked": ("HUMAN_SIZE",),
        **changes,
    }
    return card(of or intent(), wanted.pop("assessment", ASSESSMENT), MARKET, **wanted)  # type: ignore[arg-type]


def request(plain: dict[str, Any], **changes: Any) -> ApprovalRequested:
    asked = ApprovalRequested(
        approval_id="apr_1",
        intent_id=plain["intent_id"],
        intent_hash=plain["intent_hash"],
        card=plain,
        card_hash=card_hash(plain),
        policy_version="p1",
        channel="inbox",
        expires_at=NOW,
        expires_boot="boot-1",
        expires_monotonic=D(0),
    )
    return replace(asked, **changes)


def test_the_card_shows_the_whole_act_and_nothing_of_it_is_rounded() -> None:
    asked = intent(case_against="Most are stopped out.", dissent=({"who": "macro_analyst"},))

    plain = made(asked)

    assert plain["act"] == json.loads(json.dumps(asked.act.document()))
    assert (plain["intent_id"], plain["intent_hash"]) == (asked.intent_id, asked.hash)
    assert (plain["case_against"], plain["dissent"]) == ("Most are stopped out.", [{"who": "macro_analyst"}])
    assert (plain["why_asked"], plain["equity_usdc"]) == (["HUMAN_SIZE"], "10000")
    assert plain["gate"]["max_without_human_usdc"] == "99"


def test_the_worst_loss_is_three_numbers_rounded_up() -> None:
    """0.0249 at 2004, out at 1960: 0.0249·44 + fees of 0.0249·0.00055·3964 = 1.1499; 5 % of 49.8996."""
    assert worst_loss(intent(), MARKET) == {
        "at_stop_usdc": D("1.15"),
        "at_worst_bar_usdc": D("2.50"),
        "notional_usdc": D("49.90"),
    }


def test_a_short_can_lose_without_bound_and_an_unknown_move_is_not_nothing() -> None:
    short = intent(side=Side.SELL, stop=D(2040), target=D(1860), worst_move=None)

    found = worst_loss(short, MARKET)

    assert (found["notional_usdc"], found["at_worst_bar_usdc"]) == ("unbounded", None)


KILL = Kill(fact_name="close", op="<=", threshold=D(1), known=None)


@pytest.mark.parametrize(
    "changed",
    [
        made(intent(size_usdc=D(51))),
        made(intent(limit=D("2004.01"))),
        made(intent(stop=D("1960.01"))),
        made(intent(target=D("2140.01"))),
        made(intent(side=Side.SELL)),
        made(intent(valid_until=NOW + timedelta(hours=4, microseconds=1))),
        made(intent(intent_id="int_" + "2" * 32)),
        made(intent(account="paper:other")),
        made(intent(case_against="x")),
        made(intent(kill_if=(KILL,))),
        made(intent(worst_move=D("-0.06"))),
        made(approval_id="apr_2"),
        made(session_id="ses_2"),
        made(expires_at=NOW + timedelta(seconds=1)),
        made(policy_version="p2"),
        made(why_asked=("HUMAN_EVENT",)),
        made(quorum=2),
        made(parent="apr_0"),
        made(assessment=ASSESSMENT._replace(equity_usdc=D(9_999))),
    ],
)
def test_a_card_that_shows_anything_else_has_another_hash(changed: dict[str, Any]) -> None:
    assert card_hash(changed) != card_hash(made())


def test_the_code_to_type_is_the_beginning_of_the_hash() -> None:
    assert typed_code(card_hash(made())) == card_hash(made())[:CODE]
    assert CODE == 6


def test_a_recorded_card_that_was_altered_or_speaks_of_another_intent_is_not_intact() -> None:
    plain = made()
    other = made(intent(size_usdc=D(51)))

    assert intact(request(plain))
    assert not intact(request(plain, card={**plain, "policy_version": "p2"}))
    assert not intact(request(plain, card_hash=sha256("another")))
    assert not intact(request(other, intent_hash=plain["intent_hash"]))


# ---- the expiry: wall, or monotonic of the same boot, whichever comes first --------------------------


def instant(wall_s: int = 0, mono_s: int = 0, boot: str = "a") -> Instant:
    return Instant(wall=NOW + timedelta(seconds=wall_s), boot_id=boot, monotonic_s=D(1000 + mono_s))


@pytest.mark.parametrize(
    ("now", "over"),
    [
        (instant(599, 599), False),
        (instant(600, 600), True),
        (instant(600, 0), True),
        (instant(-3600, 600), True),
        (instant(-3600, 599), False),
        (instant(599, 9999, boot="b"), False),
        (instant(600, 0, boot="b"), True),
    ],
    ids=[
        "in time",
        "both",
        "wall set forward",
        "wall set back",
        "wall set back, in time",
        "after a reboot",
        "after a reboot, late",
    ],
)
def test_an_expiry_is_reached_by_whichever_clock_gets_there_first(now: Instant, over: bool) -> None:
    assert instant().later(600).reached(now) is over
