"""Scenarios of the gate and the stops: why an act is denied, and what keeps a session from beginning."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

from msgspec.structs import replace

from desk.domain.limits import CEILING
from desk.domain.steps import Judged, Researched, Speaking
from tests.corpus.recorder import Recorder
from tests.corpus.talk import agreed, tradable
from tests.fakes.speakers import Macro, Officer, Technical
from tools.paper.plan import Fault, Lie

D = Decimal
#: One figure each that a sound trade does not pass.
TIGHT = (
    {"trade_size": D("0.0001")},
    {"position_size": D(5)},
    {"position_share": D("0.0001")},
    {"category_share": D("0.0001")},
    {"cash_reserve": D("0.9999")},
    {"daily_loss": D("0.000001")},
    {"stop_distance": D("0.0001")},
    {"stop_atr": D(4)},
    {"stop_spreads": D(5000)},
    {"reward_risk": D(9)},
    {"daily_notional": D(3)},
    {"order_rate": D(0)},
    {"price_collar": D(0)},
    {"quote_stale": D(0)},
    {"human": D(1)},
    {"human_hour": D(1), "human_day": D(1)},
)


def limits(one: Recorder) -> None:
    one.settings = {"limits": replace(CEILING, **one.pick(TIGHT))}
    agreed(one)
    one.run(tradable(one))


def mandates(one: Recorder) -> None:
    mandate = one.pick(
        (
            {"kinds": ["bet"]},
            {"kinds": ["trade"], "max_notional_usdc": "2"},
            {"kinds": ["trade", "escrow"], "max_loss_usdc": "0.01"},
        )
    )
    agreed(one)
    one.run(tradable(one, mandate=mandate))


def small_accounts(one: Recorder) -> None:
    agreed(one)
    one.run(tradable(one, balance_usdc=one.pick(("1.5", "40", "250", "999999.99"))))


def levels(one: Recorder) -> None:
    """A stop in the noise, too far, or a target too near."""
    stop, target = one.pick((("0.2", "6"), ("5.5", "6"), ("1.5", "2"), ("1.5", "6")))
    sign = one.chance.choice((1, -1))
    technical = Technical(sign=sign, p="0.3", stop_atr=stop, target_atr=target)
    agreed(one, macro_analyst=Macro(sign=sign), technical_analyst=technical)
    one.run(tradable(one))


def an_account_that_lives(one: Recorder) -> None:
    """Several sessions on one account: rate, duplicates, what was sent without a human, what is held."""
    brief, account = one.chance.choice(("@brexit-eve", "@year-end-rally")), f"paper:life-{one.turn}"
    for seconds, size_step in ((1, 25), (one.pick((1, 70, 400)), 25), (70, 100), (1, 50)):
        views = {"macro_analyst": Macro(), "technical_analyst": Technical(target_atr="6")}
        agreed(one, **views, risk_officer=Officer(size_step=size_step))
        one.run(brief, account=account)
        one.clock.skip(seconds)


def not_listed(one: Recorder) -> None:
    """A market that the venue does not have."""
    agreed(one)
    one.run(one.briefs.wandering(one.chance, roomy=True, symbol="NOWHERE-PERP"))


def closed_or_moved(one: Recorder) -> None:
    """Between the dossier and the proposal, or between the ticket and the send."""
    agreed(one)
    moment, seconds = one.pick(tuple(product(("dossier", "ticket"), (0, 61, 26 * 3600))))

    def change() -> None:
        one.clock.skip(seconds)
        if not seconds:
            one.lies(Lie.MARKET_CLOSED)

    if moment == "dossier":
        one.when(Researched, change)
    else:
        one.when(Speaking, change, role="executor")
    one.run(tradable(one))


def unreadable(one: Recorder) -> None:
    """Parts of the venue cannot be read when the intent is judged."""
    agreed(one)
    path = one.pick(
        ("/wallet/balance", "/trade/positions", "/trade/quote", "/trade/orders", "/trade/markets")
    )
    one.when(Researched, lambda: one.faults.arm(Fault.STATUS, method="GET", path=path, count=20))
    one.run(tradable(one))


# ---- stops ---------------------------------------------------------------------------------------


def stopped(one: Recorder) -> None:
    """By the file, by the record, reduced; from the start, or while the session runs."""
    stop = one.pick((one.halt, one.halt_on_record, one.reduce, lambda: one.halt(hard=True)))
    moment = one.turn // 4 % 4
    agreed(one)
    match moment:
        case 0:
            stop()
        case 1:
            one.when(Researched, stop)
        case 2:
            one.when(Speaking, stop, role="executor")
        case _:
            one.when(Judged, one.halt, stage="send")
    one.run(tradable(one))


def breaker(one: Recorder) -> None:
    """Open from the start, half open, or opened by others while the session runs."""
    agreed(one)
    match one.pick(("open", "half", "meanwhile", "latched")):
        case "open":
            one.break_down()
        case "half":
            one.break_down()
            one.clock.skip(61)
        case "meanwhile":
            one.when(Speaking, one.break_down, role="executor")
        case "latched":
            one.break_down("unauthorized")
    one.run(tradable(one))


SCENARIOS = (
    limits,
    mandates,
    small_accounts,
    levels,
    an_account_that_lives,
    not_listed,
    closed_or_moved,
    unreadable,
    stopped,
    breaker,
)
