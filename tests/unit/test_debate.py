"""The law of the debate, on the default brief's dossier and the rules model's statements."""

from __future__ import annotations

from functools import cache

import pytest
from msgspec.structs import replace

from desk.briefs.reader import read
from desk.deliberation.rules import macro_view, officer, technical_view
from desk.domain.debate import Debate, Phase
from desk.domain.dossier import Dossier
from desk.domain.market import Side
from desk.domain.research import build
from desk.domain.roles import Analyst
from desk.domain.views import (
    Abstained,
    Answers,
    Call,
    Challenge,
    MacroView,
    Rebuttal,
    Setup,
    Stance,
    TechnicalView,
    Verdict,
)

MACRO, TECHNICAL, OFFICER = "macro_analyst", "technical_analyst", "risk_officer"


@cache
def dossier() -> Dossier:
    return build(read("@brexit-eve"))


def macro(stance: Stance = Stance.BULLISH) -> MacroView:
    return replace(macro_view(dossier()), stance=stance)


def technical() -> TechnicalView:
    return technical_view(dossier())


def after_views(view: MacroView | None = None) -> Debate:
    debate = Debate(dossier())
    debate.hear(MACRO, view or macro())
    debate.hear(TECHNICAL, technical())
    return debate


def approval(debate: Debate) -> Verdict:
    return officer(dossier(), debate)


def challenge(debate: Debate) -> Verdict:
    disputed = technical().claims[0]
    asked = Challenge(to=Analyst.TECHNICAL, disputed=disputed, question="Why?", facts=disputed.facts)
    plain = {"side": None, "size_step": None, "pre_mortem": (), "kill_if": ()}
    return replace(approval(debate), decision=Call.CHALLENGE, challenge=asked, **plain)


def rebuttal(stance: Stance, *, changed: bool = False, new: tuple[str, ...] = ()) -> Rebuttal:
    return Rebuttal(
        answers=Answers.CHALLENGE, stance=stance, changed=changed, new_facts=new, concedes=(), forecast=None
    )


def test_both_analysts_speak_first_and_neither_hears_the_other() -> None:
    debate = Debate(dossier())

    assert debate.next_speakers() == (MACRO, TECHNICAL)
    assert debate.hear(TECHNICAL, technical()) == ()
    assert "technical_analyst" not in debate.ask(MACRO).text


def test_views_enter_in_role_order_whichever_came_first() -> None:
    debate = Debate(dossier())
    debate.hear(TECHNICAL, technical())

    events = debate.hear(MACRO, macro())

    assert [event.who for event in events] == [MACRO, TECHNICAL]  # type: ignore[attr-defined]
    assert debate.next_speakers() == (OFFICER,)


def test_agreement_and_an_approval_lead_to_the_door_and_only_a_ticket_to_the_executor() -> None:
    debate = after_views()
    debate.hear(OFFICER, approval(debate))

    assert debate.next_speakers() == ("compliance_proxy",)
    debate.ticketed("tkt_" + "1" * 32)
    assert debate.next_speakers() == ("executor",)
    assert debate.ask("executor").text == "Execute ticket tkt_" + "1" * 32


def test_a_role_whose_turn_it_is_not_cannot_be_heard() -> None:
    debate = Debate(dossier())

    with pytest.raises(ValueError, match="turn"):
        debate.hear(OFFICER, approval(after_views()))


def test_on_conflict_each_answers_once_and_an_approval_is_void() -> None:
    debate = after_views(macro(Stance.BEARISH))
    assert (debate.phase, debate.next_speakers()) == (Phase.REBUTTALS, (MACRO, TECHNICAL))
    debate.hear(MACRO, rebuttal(Stance.BEARISH))
    debate.hear(TECHNICAL, rebuttal(Stance.BULLISH))

    forced = replace(approval(after_views()), side=Side.BUY)
    debate.hear(OFFICER, forced)

    assert debate.result is not None
    assert (debate.result.outcome, debate.result.reasons) == ("no_trade", ("CONFLICT",))


@pytest.mark.parametrize(
    ("new", "accepted", "stance"),
    [((), False, Stance.BEARISH), (("F9",), True, Stance.BULLISH)],
)
def test_a_stance_changes_only_on_a_newly_cited_fact(
    new: tuple[str, ...], accepted: bool, stance: Stance
) -> None:
    debate = after_views(macro(Stance.BEARISH))
    debate.hear(MACRO, rebuttal(Stance.BULLISH, changed=True, new=new))
    first, _ = debate.hear(TECHNICAL, rebuttal(Stance.BULLISH))

    assert first.accepted is accepted  # type: ignore[attr-defined]
    assert debate.stance(Analyst.MACRO) is stance


@pytest.mark.parametrize("stance", [Stance.NEUTRAL, Stance.ABSTAIN])
def test_neutral_or_abstaining_is_no_agreement(stance: Stance) -> None:
    empty = (
        {"claims": (), "change_my_mind": (), "abstain_reason": "NO_VIEW"} if stance is Stance.ABSTAIN else {}
    )
    debate = after_views(replace(macro(), stance=stance, **empty))
    debate.hear(OFFICER, approval(after_views()))

    assert debate.result is not None
    assert debate.result.reasons == ("NO_AGREEMENT",)


def test_the_officer_may_challenge_twice_and_a_third_time_ends_it() -> None:
    debate = after_views()
    for _ in range(2):
        debate.hear(OFFICER, challenge(debate))
        assert debate.next_speakers() == (TECHNICAL,)
        debate.hear(TECHNICAL, rebuttal(Stance.BULLISH))

    assert debate.problems(OFFICER, challenge(debate)) == ("decision: no challenge is left",)
    debate.hear(OFFICER, challenge(debate))
    assert debate.result is not None
    assert debate.result.reasons == ("ABSTAINED",)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Abstained(reason="TIMEOUT"), "ABSTAINED"),
        ("none", "NO_SETUP"),
    ],
)
def test_without_a_setup_the_officer_is_not_asked(said: Abstained | str, reason: str) -> None:
    none = {"setup": Setup.NONE, "entry": None, "stop": None, "target": None, "stance": Stance.NEUTRAL}
    view = replace(technical(), **none) if isinstance(said, str) else said
    debate = Debate(dossier())
    debate.hear(MACRO, macro())
    debate.hear(TECHNICAL, view)

    assert debate.result is not None
    assert (debate.next_speakers(), debate.result.reasons) == ((), (reason,))


def test_an_officer_without_a_valid_verdict_is_no_trade() -> None:
    debate = after_views()
    debate.hear(OFFICER, Abstained(reason="INVALID_REPLY"))

    assert debate.result is not None
    assert (debate.result.outcome, debate.result.decided_by) == ("no_trade", "system")


def test_an_ungrounded_figure_in_the_case_against_makes_no_intent() -> None:
    debate = after_views()
    verdict = approval(debate)
    claim = replace(verdict.strongest_case_against, text="Stopped out 99.9 percent of the time.")

    debate.hear(OFFICER, replace(verdict, strongest_case_against=claim))

    assert debate.result is not None
    assert (debate.result.reasons, debate.approval) == (("UNGROUNDED",), None)


def test_an_executor_that_twice_does_nothing_fails() -> None:
    debate = after_views()
    debate.hear(OFFICER, approval(debate))
    debate.ticketed("tkt_" + "1" * 32)
    debate.executor_idle()
    assert debate.next_speakers() == ("executor",)

    debate.executor_idle()

    assert debate.result is not None
    assert (debate.result.outcome, debate.result.reasons) == ("failed", ("EXECUTOR_DID_NOT_ACT",))


def test_the_prompts_of_a_decision_stay_short() -> None:
    """Four prompts together; the peer sends the dossier nine times."""
    debate = Debate(dossier())
    sent = len(debate.ask(MACRO).text) + len(debate.ask(TECHNICAL).text)
    debate = after_views()
    sent += len(debate.ask(OFFICER).text)

    assert sent < 6_500
