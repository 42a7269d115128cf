"""Scenarios of the venue: what becomes of a request, what is lost on the way, and what it says wrongly."""

from __future__ import annotations

from desk.domain.steps import Researched, Sending
from tests.corpus.recorder import Recorder
from tests.corpus.talk import agreed, tradable
from tests.fakes.speakers import Macro, Officer, Technical
from tools.paper.plan import Fault, Lie

ORDER = {"method": "POST", "path": "/trade/order"}
LOST = (
    Fault.EXECUTE_THEN_TIMEOUT,
    Fault.EXECUTE_THEN_500,
    Fault.EXECUTE_THEN_DROP,
    Fault.BAD_JSON,
)
SMALL = Officer(size_step=50)
NEVER = (Fault.TIMEOUT_BEFORE, Fault.HTML_502, Fault.STATUS)


def traded(one: Recorder, **wishes: object) -> None:
    """A session that comes as far as the venue, as a rule: small enough that nobody is asked."""
    if one.chance.random() < 0.5:
        agreed(one, macro_analyst=Macro(), technical_analyst=Technical(target_atr="6"), risk_officer=SMALL)
        one.run(tradable(one), **wishes)
    else:
        one.run("@brexit-eve", **wishes)


def part_filled(one: Recorder) -> None:
    one.faults.arm(Fault.PARTIAL_FILL)
    traded(one, clock=one.pick(("wall", "brief")))


def rejected(one: Recorder) -> None:
    match one.pick(("engine", "limited", "400", "403")):
        case "engine":
            one.faults.arm(Fault.REJECT)
        case "limited":
            one.faults.arm(Fault.RATE_LIMIT, **ORDER)
        case status:
            one.faults.arm(Fault.STATUS, **ORDER, status=int(status))
    traded(one)


def found(one: Recorder) -> None:
    """Carried out, and the answer lost: looked up by our id, at once or later."""
    one.faults.arm(one.pick(LOST), **ORDER)
    if one.chance.random() < 0.4:
        one.lies(Lie.LATE_LOOKUP, much=one.chance.randrange(1, 4))
    traded(one, clock=one.chance.choice(("wall", "brief")))
    one.reconcile()


def absent(one: Recorder) -> None:
    """Never carried out: proven at once, or once the venue has settled."""
    one.faults.arm(one.pick(NEVER), **ORDER)
    one.settle_s = one.chance.choice((0, 0, 30))
    traded(one)
    one.clock.skip(31)
    one.reconcile()


def unknown(one: Recorder) -> None:
    """No proof either way: ids hidden, strangers who look alike, lookups that fail."""
    one.faults.arm(one.chance.choice((*LOST, *NEVER)), **ORDER)
    match one.pick(("blind", "hidden", "alike", "late")):
        case "hidden":
            one.lies(Lie.HIDE_CLIENT_ORDER_ID)
        case "alike":
            one.lies(Lie.HIDE_CLIENT_ORDER_ID, Lie.LOOK_ALIKE)
        case "late":
            one.lies(Lie.LATE_LOOKUP, much=9)
        case _:
            blind = {"method": "GET", "path": "/trade/orders"}
            one.when(Sending, lambda: one.faults.arm(Fault.STATUS, **blind, count=60))
    traded(one)
    if one.chance.random() < 0.5:
        one.reconcile()


def not_sent(one: Recorder) -> None:
    one.faults.arm(Fault.CONNECT_ERROR, **ORDER)
    traded(one, clock=one.pick(("wall", "brief")))


def lied_to(one: Recorder) -> None:
    """Another leverage, side, symbol, more, worse: the desk halts itself."""
    lie = one.pick(
        (
            Lie.OTHER_LEVERAGE,
            Lie.NO_LEVERAGE,
            Lie.OTHER_SIDE,
            Lie.OTHER_SYMBOL,
            Lie.MORE_AMOUNT,
            Lie.WORSE_PRICE,
        )
    )
    one.when(Sending, lambda: one.lies(lie))
    traded(one)


def unprotected(one: Recorder) -> None:
    """No stop comes with the entry: it is placed, the position is left, or neither can be."""
    one.lies(Lie.NO_PROTECTIVE_LEGS)
    trouble = one.pick((None, Fault.STATUS, Fault.EXECUTE_THEN_TIMEOUT, Fault.CONNECT_ERROR, "both"))
    if trouble == "both":
        one.when(Sending, lambda: later(one, 1, Fault.CONNECT_ERROR, 2))
    elif trouble is not None:
        one.when(Sending, lambda: later(one, 1, Fault(trouble), 1))
    traded(one)


def later(one: Recorder, skip: int, kind: Fault, count: int) -> None:
    """Arm a fault for orders after the next one."""
    for _ in range(skip):
        one.faults.arm(Fault.LATENCY, **ORDER)
    one.faults.arm(kind, **ORDER, count=count)


def unreachable(one: Recorder) -> None:
    """Nothing can be read from the start, for one reason or another."""
    fault, status = one.pick(
        ((Fault.CONNECT_ERROR, 0), (Fault.STATUS, 503), (Fault.STATUS, 401), (Fault.HTML_502, 0))
    )
    one.faults.arm(fault, method="GET", count=200, status=status)
    traded(one)


def flaky(one: Recorder) -> None:
    """Reads fail now and then, and are tried again."""
    for _ in range(one.chance.randrange(1, 6)):
        kind = one.chance.choice((Fault.STATUS, Fault.TIMEOUT_BEFORE, Fault.BAD_JSON, Fault.RATE_LIMIT))
        one.faults.arm(kind, method="GET", count=one.chance.randrange(1, 5))
    traded(one)


def not_filled(one: Recorder) -> None:
    """The price runs away between the last look and the order."""
    one.when(Sending, lambda: one.clock.skip(one.chance.choice((1, 3, 6)) * 86_400))
    traded(one)


def late_start(one: Recorder) -> None:
    """The session's own time runs on while models think."""
    agreed(one)
    one.when(Researched, lambda: one.clock.skip(one.pick((20, 3000, 20_000))))
    one.run(tradable(one))


SCENARIOS = (
    part_filled,
    rejected,
    found,
    absent,
    unknown,
    not_sent,
    lied_to,
    unprotected,
    unreachable,
    flaky,
    not_filled,
    late_start,
)
