"""Scenarios of the humans: who is asked, what they say, when, and where."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from desk.approval.inbox import stands
from desk.domain.approval import DENIED, EDITED, EXPIRED, GRANTED
from desk.domain.events import ApprovalRequested
from desk.domain.limits import CEILING
from desk.domain.policy import Policy, Rule
from desk.domain.steps import Asked
from desk.ports import Answer
from desk.session import Given
from tests.corpus.recorder import Recorder
from tests.corpus.talk import agreed, tradable
from tools.paper.plan import Lie

REASONS = ("too crowded", "pas aujourd’hui", "不", "", "x" * 200)


def asked(one: Recorder, humans: int = 1, **wishes: Any) -> None:
    """A session that waits for people."""
    one.settings = {"policy": Policy(rules=(Rule(name="all", humans=humans),))}
    agreed(one)
    one.run(tradable(one), **({"approve": "inbox"} | wishes))


def granted(one: Recorder) -> None:
    asked(one, clock=one.pick(("wall", "brief")), seed=one.chance.choice((None, f"g{one.turn}")))
    for _ in range(one.chance.randrange(2)):
        one.resume()
    one.say()
    one.resume()


def denied(one: Recorder) -> None:
    asked(one, humans=one.pick((1, 2)))
    one.say(DENIED, reason=one.chance.choice(REASONS))
    one.resume()


def edited(one: Recorder) -> None:
    """A smaller size, a second edit that is refused, and what still may become of it."""
    humans = one.pick((1, 2, 2))
    asked(one, humans=humans)
    one.say(EDITED, size_usdc=Decimal(one.chance.randrange(1, 30)))
    one.resume()
    if humans == 2:
        one.say(EDITED, "bob", size_usdc=Decimal(2))
        one.say(one.chance.choice((GRANTED, DENIED)), "bob", reason="so")
        one.resume()


def two_of_two(one: Recorder) -> None:
    asked(one, humans=2, clock=one.pick(("wall", "brief")))
    one.say(by="ann")
    one.resume()
    one.say(by="ann")
    if one.chance.random() < 0.8:
        one.say(one.chance.choice((GRANTED, GRANTED, DENIED)), by="bob", reason="no")
        one.resume()


def nobody_in_time(one: Recorder) -> None:
    """Silence, one grant of two, or a word that comes too late."""
    asked(one, humans=one.pick((1, 2)))
    if one.chance.random() < 0.4:
        one.say()
    one.clock.skip(4 * 3600 + 1)
    if one.chance.random() < 0.4:
        one.say(one.chance.choice((GRANTED, DENIED)), "bob")
    one.resume()


def left_open(one: Recorder) -> None:
    asked(one, humans=one.pick((1, 2)), clock=one.chance.choice(("wall", "brief")))
    if one.chance.random() < 0.5:
        one.say()


def quick(one: Recorder) -> None:
    """Somebody answers from another process before this one goes on."""
    decision = one.pick((GRANTED, DENIED, EDITED))
    size = {"size_usdc": Decimal(9)} if decision == EDITED else {}
    one.when(Asked, lambda: one.say(decision, **size))
    asked(one, humans=one.chance.choice((1, 2)))
    one.say(by="bob")
    one.resume()


class AtTheConsole:
    """A person at the terminal, whose word is known beforehand."""

    channel, ttl_s, suspends = "console", 600, False

    def __init__(self, given: Given, decision: str, reason: str | None) -> None:
        self._given, self._decision, self._reason = given, decision, reason

    async def ask(self, request: ApprovalRequested) -> Answer | None:
        now = stands(self._given.parts.journal, self._given.parts.log.session_id, request)
        if "ann" in now.granted_by:
            return None
        return Answer(
            card_hash=request.card_hash,
            decision=self._decision,
            by="ann",
            channel=self.channel,
            reason=self._reason,
        )


def at_the_console(one: Recorder) -> None:
    word = one.pick(((GRANTED, None), (DENIED, "NOT_THE_CODE"), (DENIED, "ENTER"), (EXPIRED, "NO_ANSWER")))
    one.approver(lambda given: AtTheConsole(given, *word))
    asked(one, humans=one.chance.choice((1, 1, 2)), approve="deny")
    one.say(by="bob")
    one.resume()


def asks_nobody(one: Recorder) -> None:
    asked(one, approve=one.pick(("deny", "console")))


def near_an_event(one: Recorder) -> None:
    """A listed event within a day asks for a human, and halves the size."""
    agreed(one)
    at = one.pick(("2016-06-24T12:00:00Z", "2016-12-05", "2018-12-28T00:00:00Z", "2016-02-11"))
    one.run(tradable(one, events=[{"at": at, "name": "Décision"}]), approve="inbox")
    one.say()
    one.resume()


def overtaken(one: Recorder) -> None:
    """What changed between the grant and its use: policy, limits, the market, the stop file."""
    asked(one)
    one.say(one.chance.choice((GRANTED, EDITED)), size_usdc=Decimal(7))
    match one.pick(("policy", "limit", "closed", "halt", "nothing")):
        case "policy":
            one.settings = {"policy": Policy(rules=(Rule(name="other", humans=0),))}
        case "limit":
            tight = {"trade_size": Decimal("0.0001"), "position_size": Decimal(5)}
            one.settings = {"limits": CEILING.__class__(**tight)}
        case "closed":
            one.lies(Lie.MARKET_CLOSED)
        case "halt":
            one.halt()
    one.resume()


SCENARIOS = (
    granted,
    denied,
    edited,
    two_of_two,
    nobody_in_time,
    left_open,
    quick,
    at_the_console,
    asks_nobody,
    near_an_event,
    overtaken,
)
