"""A figure in an argument must be a fact it cites, at the precision shown; a closed list is set aside."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from desk.deliberation.rules import macro_view, officer, technical_view
from desk.domain.debate import Debate
from desk.domain.dossier import Dossier
from desk.domain.grounding import REASON, grounding
from desk.domain.views import (
    Answers,
    Claim,
    Dissent,
    Forecast,
    ForecastEvent,
    PreMortem,
    Rebuttal,
    Stance,
    Weight,
)
from tests.dossier_samples import dossier, id_of

#: Facts of all units: points, USDC, ATR, a fraction, percent, a percentile, a ratio.
SEEN = dossier(
    {
        "close": "2113.32",
        "rsi14": "61.16",
        "atr14": "18.567",
        "slope": "-0.364",
        "base_target_long": "0.17443",
        "credit_change_3m": "-0.35",
        "vix_percentile": "0.5635",
        "volume_ratio": "0.92",
    }
)
CITED = {
    "close": ("close",),
    "rsi": ("rsi14",),
    "atr": ("atr14",),
    "slope": ("slope",),
    "rate": ("base_target_long",),
    "credit": ("credit_change_3m",),
    "vix": ("vix_percentile",),
    "volume": ("volume_ratio",),
    "n": ("base_n_long",),
}


def faults(text: str, *names: str, of: Dossier = SEEN) -> tuple[str, ...]:
    """What is wrong with one claim that rests on these facts."""
    claim = Claim(text=text, facts=tuple(id_of(name, of) for name in names), weight=Weight.MEDIUM)
    return grounding(replace(technical_view(of), claims=(claim,)), of).faults


@pytest.mark.parametrize(
    ("cited", "text"),
    [
        ("rsi", "RSI is 61"),
        ("rsi", "RSI is 61.2"),
        ("rsi", "RSI is 61.16"),
        ("rsi", "RSI is 61.160"),
        ("close", "closed at 2,113.32 USDC"),
        ("close", "closed at 2113"),
        ("close", "closed at 2.1k"),
        ("slope", "slope of -0.36"),
        ("slope", "slope of −0.36"),
        ("slope", "it falls by 0.36 ATR"),
        ("rate", "reached in 17.4 % of cases"),
        ("rate", "reached in 17.4 percent"),
        ("rate", "reached in 0.174 of cases"),
        ("rate", "reached in 1744 bps"),
        ("credit", "credit came in by 35 basis points"),
        ("credit", "credit changed by -0.35 pp"),
        ("vix", "VIX at its 56.35 percentile"),
        ("vix", "higher than in 56 % of the year"),
        ("volume", "volume at 92 % of its mean"),
        ("n", "over 751 past entries"),
    ],
)
def test_a_figure_that_a_cited_fact_shows_is_grounded(cited: str, text: str) -> None:
    assert faults(text, *CITED[cited]) == ()


@pytest.mark.parametrize(
    ("cited", "text"),
    [
        ("rsi", "RSI is 61.3"),
        ("rsi", "RSI is 62"),
        ("rsi", "RSI is 61.17"),
        ("rsi", "RSI is 61.16 and not 48"),
        ("rsi", "RSI is 61 %"),
        ("close", "closed at 2.2k"),
        ("close", "closed at 21,13.32"),
        ("close", "closed at 2113.32 after 2100"),
        ("close", "closed at 2.11332e3"),
        ("close", "closed at two thousand"),
        ("close", "closed at a hundred"),
        ("close", "closed at ２１１３"),
        ("close", "closed at ٢١١٣"),
        ("close", "half of it: ½"),
        ("close", "lost five percent"),
        ("close", "lost twenty-two dollars"),
        ("slope", "slope of +0.36"),
        ("rate", "reached in 18 %"),
        ("rate", "reached in 17.4 of 100"),
        ("rate", "reached in -17.4 %"),
        ("credit", "credit came in by 34 bps"),
        ("credit", "credit widened by +0.35"),
        ("n", "over 750 past entries"),
        ("n", "over 1234567890123456789012345 entries"),
    ],
)
def test_any_other_figure_makes_no_intent(cited: str, text: str) -> None:
    assert faults(text, *CITED[cited]) == (f"claims[0].text: {REASON}",)


def test_a_figure_of_a_fact_that_is_not_cited_is_not_grounded() -> None:
    assert faults("RSI is 61.16", "close")
    assert not faults("RSI is 61.16", "close", "rsi14")


@pytest.mark.parametrize(
    "text",
    [
        "RSI14 and RSI(14) are names, so are ATR14, ATR-14 and ATR (14)",
        "above MA20, SMA50, EMA-200 and MA(50)",
        "the S&P 500, SPX500, Nasdaq 100 and Russell 2000 agree",
        "F7 and F12 say so",
        "a 20-day high, a 5 day low, a 40-bar range, a 200-session mean",
        "the 50d mean and the 12m range",
        "the 1st, 2nd, 3rd and 12th attempt",
        "on 2016-06-23, 2016-06-23T21:00Z, June 23, 23 June 2016 and Jun. 24, 2016",
        "since 2009, in 2013, early 2016, Q3",
        "at 21:00 UTC and 09:30Z",
        "the G7 and the G20 meet",
        "a 60 % chance, a probability of 0.4, p = 0.25 and 70% likely",
        "volume_ratio, ma20 and credit_change_3m by name",
        "no figure at all",
    ],
)
def test_names_ordinals_dates_and_probabilities_are_set_aside(text: str) -> None:
    assert faults(text, "vix_change_5d") == ()


@pytest.mark.parametrize(
    "text",
    [
        "RSI14 at 99",
        "RSI 99",
        "MA20 at 1999",
        "MA30 holds",
        "S&P 5000 is next",
        "S&P 500.5 is next",
        "S&P 500,000 is next",
        "S&P500 at 2200",
        "F7.5 says so",
        "F1000 says so",
        "a 20.5-day high",
        "a 1000-day high",
        "held for 40 bars",
        "in 2013.55",
        "since 2009 USD",
        "a 60 % gain",
        "p of the move 0.25",
        "23:75 UTC",
        "June 23.5",
        "2016-06-23 at 2099",
        "vix_change_5d of 7",
    ],
)
def test_what_only_looks_like_a_name_or_a_date_counts(text: str) -> None:
    assert faults(text, "vix_change_5d")


def test_each_deciding_field_is_looked_at() -> None:
    invented = Claim(text="It is at 4321.", facts=(id_of("close"),), weight=Weight.WEAK)
    view = technical_view(dossier())
    debate = Debate(dossier())
    debate.hear("macro_analyst", macro_view(dossier()))
    debate.hear("technical_analyst", view)
    verdict = officer(dossier(), debate)

    found = [
        *grounding(replace(view, claims=(view.claims[0], invented)), dossier()).faults,
        *grounding(replace(view, against=(invented,)), dossier()).faults,
        *grounding(replace(verdict, strongest_case_against=invented), dossier()).faults,
    ]

    assert found == [
        f"{path}: {REASON}" for path in ("claims[1].text", "against[0].text", "strongest_case_against.text")
    ]


def test_a_mismatch_in_narrative_is_a_warning_and_forbids_nothing() -> None:
    seen, text = dossier(), "It is at 4321."
    told = replace(
        macro_view(seen),
        event_risk=(text,),
        forecast=Forecast(
            event=ForecastEvent.TARGET_BEFORE_STOP, p=Decimal("0.2"), base_rate_fact=None, why_differs=text
        ),
    )

    found = grounding(told, seen)

    assert found.faults == ()
    assert found.warnings == (f"event_risk[0]: {REASON}", f"forecast.why_differs: {REASON}")


def test_narrative_may_rest_on_any_fact_of_the_dossier() -> None:
    told = replace(macro_view(dossier()), event_risk=("RSI14 at 60 says little.",))

    assert grounding(told, dossier()).warnings == ()


def test_what_an_officer_or_a_rebuttal_tells_is_a_warning_too() -> None:
    seen, text = dossier(), "It is at 4321."
    debate = Debate(seen)
    debate.hear("macro_analyst", macro_view(seen))
    debate.hear("technical_analyst", technical_view(seen))
    verdict = officer(seen, debate)
    losses = tuple(
        PreMortem(how_it_loses=text, p=loss.p, early_sign=loss.early_sign) for loss in verdict.pre_mortem
    )
    dissent = (Dissent(who="macro_analyst", claim=text, unresolved=True),)  # type: ignore[arg-type]
    concedes = (Claim(text=text, facts=("F1",), weight=Weight.WEAK),)
    rebuttal = Rebuttal(
        answers=Answers.CONFLICT,
        stance=Stance.BULLISH,
        changed=False,
        new_facts=(),
        concedes=concedes,
        forecast=None,
    )

    told = grounding(replace(verdict, pre_mortem=losses, dissent=dissent), seen)

    assert (told.faults, len(told.warnings)) == ((), 3)
    assert grounding(rebuttal, seen).warnings == (f"concedes[0].text: {REASON}",)


@pytest.mark.parametrize("who", ["macro_analyst", "technical_analyst"])
def test_an_ungrounded_view_ends_the_debate_before_the_officer(who: str) -> None:
    views = {"macro_analyst": macro_view(dossier()), "technical_analyst": technical_view(dossier())}
    invented = Claim(text="It is at 4321.", facts=("F1",), weight=Weight.WEAK)
    debate = Debate(dossier())
    for role, view in views.items():
        debate.hear(role, replace(view, claims=(invented,)) if role == who else view)

    assert debate.next_speakers() == ()
    assert debate.result is not None
    assert (debate.result.outcome, debate.result.reasons) == ("no_trade", ("UNGROUNDED",))
