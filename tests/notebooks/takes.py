"""What is recorded for the notebooks: the bundled briefs, and more days of the same history.

The days were chosen so that each way a session can end is there, and nothing can be learned from them about
profit. The S&P 500 on the first day of a month and oil late in 2015 are most of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from desk.domain.approval import DENIED, EDITED, GRANTED
from tests.notebooks.history import Day
from tests.notebooks.voices import MACRO, TECHNICAL, Temper

D = Decimal
SPX, WTI, EURUSD = "SPX-PERP", "WTI-PERP", "EURUSD-PERP"


@dataclass(frozen=True, kw_only=True)
class Word:
    """What a person says to the question, and after how many minutes. No decision: nobody says anything."""

    decision: str | None
    by: str = "ann"
    after_min: int = 6
    reason: str | None = None
    size_usdc: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Take:
    """One session to record. Where people or models take their time, it is told; else none passes."""

    name: str
    brief: Day | str
    word: Word | None = None
    temper: Temper | None = None
    limits: Mapping[str, Decimal] = field(default_factory=dict)
    account: str | None = None
    halted: bool = False

    @property
    def clock(self) -> str:
        """``wall``, on which a story's time passes, or the brief's own, which stands still."""
        return "brief" if self.word is None and self.temper is None else "wall"


def spx(day: str, text: str = "", **extra: str) -> Day:
    return Day(name=f"spx-{day}", symbol=SPX, as_of=day, text=text, extra=extra)


def wti(day: str, text: str = "", **extra: str) -> Day:
    return Day(name=f"wti-{day}", symbol=WTI, as_of=day, text=text, extra=extra)


YES = Word(decision=GRANTED)
BOLD = {MACRO: D("0.08"), TECHNICAL: D("0.13")}
TAKES = (
    Take(name="brexit-eve", brief="@brexit-eve"),
    Take(name="brexit-eve-voices", brief="@brexit-eve", temper=Temper(lead=BOLD), word=YES),
    Take(name="year-end-rally", brief="@year-end-rally", word=YES),
    Take(
        name="year-end-rally-refused",
        brief="@year-end-rally",
        word=Word(decision=DENIED, by="bob", after_min=14, reason="everybody is long already"),
    ),
    Take(name="boxing-day", brief="@boxing-day"),
    Take(name="euro-pause", brief="@euro-pause"),
    Take(name="opec-whisper", brief="@opec-whisper"),
    # ---- the S&P 500 -----------------------------------------------------------------------------
    Take(
        name="spx-2016-05-02",
        brief=spx("2016-05-02"),
        word=Word(decision=EDITED, after_min=3, size_usdc=D(60), reason="half of it will do"),
    ),
    Take(
        name="spx-2016-06-06",
        brief=spx("2016-06-06", mandate="{kinds: [trade], max_loss_usdc: 0.5}"),
    ),
    Take(name="spx-2016-08-01", brief=spx("2016-08-01"), word=Word(decision=GRANTED, by="bob", after_min=41)),
    Take(name="spx-2016-12-01", brief=spx("2016-12-01"), word=YES),
    Take(name="spx-2017-01-03", brief=spx("2017-01-03")),
    Take(name="spx-2017-02-01", brief=spx("2017-02-01"), word=Word(decision=None, after_min=241)),
    Take(name="spx-2017-03-01", brief=spx("2017-03-01")),
    Take(name="spx-2017-06-01", brief=spx("2017-06-01")),
    Take(name="spx-2017-07-17", brief=spx("2017-07-17"), limits={"reward_risk": D("2.6")}),
    Take(
        name="spx-2017-08-01",
        brief=spx("2017-08-01"),
        word=Word(decision=DENIED, by="bob", after_min=2, reason="no entry in a summer lull"),
    ),
    Take(name="spx-2018-06-01", brief=spx("2018-06-01")),
    Take(
        name="spx-2016-09-16-voices",
        brief=spx("2016-09-16"),
        temper=Temper(lead={MACRO: D("0.05"), TECHNICAL: D("0.02")}, moves={MACRO: "yields"}),
    ),
    # ---- oil -------------------------------------------------------------------------------------
    Take(name="wti-2015-11-09", brief=wti("2015-11-09")),
    Take(name="wti-2015-11-16-voices", brief=wti("2015-11-16"), temper=Temper(lead=BOLD)),
    Take(name="wti-2015-12-01", brief=wti("2015-12-01")),
    Take(name="wti-2015-12-15", brief=wti("2015-12-15"), account="paper:oil"),
    Take(
        name="wti-2015-12-15-again",
        brief=wti("2015-12-15", text="The same question, asked twice within minutes."),
        account="paper:oil",
    ),
    Take(name="wti-2015-12-22", brief=wti("2015-12-22")),
    Take(
        name="wti-2015-12-30-voices",
        brief=wti("2015-12-30"),
        temper=Temper(
            lead={MACRO: D("0.06"), TECHNICAL: D("0.09")},
            officer=("challenge", "approve"),
            moves={TECHNICAL: "concedes"},
            size_step=50,
        ),
        word=YES,
    ),
    Take(name="wti-2016-01-07-voices", brief=wti("2016-01-07"), temper=Temper(invents=MACRO)),
    Take(name="wti-2016-01-22", brief=wti("2016-01-22")),
    Take(name="wti-2016-02-05-halted", brief=wti("2016-02-05"), halted=True),
    # ---- the euro --------------------------------------------------------------------------------
    Take(
        name="eurusd-2017-09-06",
        brief=Day(name="eurusd-2017-09-06", symbol=EURUSD, as_of="2017-09-06T14:00:00Z"),
    ),
)
