"""The breaker in front of the venue: its state is a fold of the journal, so every process shares it."""

from __future__ import annotations

from desk.domain import ids
from desk.domain.breaker import Breaker, BreakerState
from desk.domain.events import BreakerChanged
from desk.domain.shape import shaped, unshaped
from desk.errors import DeskError, NotSent, OutcomeUnknown, ReadFailed, Refused
from desk.execution.log import SessionLog
from desk.execution.tape import Tape
from desk.ports import Instant, Transaction

#: Refusals that say the service does not take our credentials: only a human can mend that.
LATCHING = frozenset({"unauthorized", "token_expired"})
#: Refusals that count as a failure of the service; every other refusal is an answer.
FAILING = frozenset({"rate_limited", "internal_error", "unavailable"})
#: Of what was never sent: held back on our side. It says nothing about the service.
OURS = frozenset({"RATE_LIMITED", "BAD_REQUEST"})


class Guard:
    """Admits calls to one service and counts what became of them."""

    def __init__(self, service: str, log: SessionLog, tape: Tape) -> None:
        self.service = service
        self._log = log
        self._tape = tape

    def state(self, tx: Transaction) -> Breaker:
        """The breaker now, as the journal has it."""
        return self._tape.note(
            "breaker", lambda: stored(tx, self.service), shaped, lambda plain: unshaped(Breaker, plain)
        )

    def admit(self, tx: Transaction, now: Instant, by: str, *, reduces: bool = False) -> bool:
        """May a call go out? Claims the probe in this transaction when the breaker is not closed."""
        breaker = self.state(tx)
        if not breaker.admits(now.wall, reduces=reduces):
            return False
        self._store(tx, breaker, breaker.claimed(by, now.wall), "probe")
        return True

    def answered(self, tx: Transaction, now: Instant) -> None:
        """The service answered, whatever it said."""
        breaker = self.state(tx)
        self._store(tx, breaker, breaker.succeeded(now.wall), "answered")

    def failed(self, tx: Transaction, now: Instant, error: DeskError) -> None:
        """Count what an error says about the service: a failure, an answer, or nothing."""
        breaker = self.state(tx)
        match error:
            case Refused() | ReadFailed() if error.code in LATCHING:
                after = breaker.failed(now.wall, latch=True)
            case NotSent() | ReadFailed() if error.code in OURS:
                after = breaker.released()
            case NotSent() | OutcomeUnknown() | ReadFailed():
                after = breaker.failed(now.wall)
            case Refused() if error.code in FAILING:
                after = breaker.failed(now.wall)
            case Refused():
                after = breaker.succeeded(now.wall)
            case _:
                after = breaker.released()
        self._store(tx, breaker, after, error.code)

    def _store(self, tx: Transaction, before: Breaker, after: Breaker, cause: str) -> None:
        if after != before:
            self._log.write_to(tx, ids.breaker_stream(self.service), changed(after, cause))


def changed(breaker: Breaker, cause: str) -> BreakerChanged:
    """The event that holds the whole state."""
    return BreakerChanged(
        service=breaker.service,
        state=breaker.state.value,
        failures=breaker.failures,
        successes=breaker.successes,
        cause=cause,
        probe_by=breaker.probe_by,
        since=breaker.since,
        latched=breaker.latched,
    )


def stored(tx: Transaction, service: str) -> Breaker:
    """The breaker as its last event left it; closed when nothing ever happened to it."""
    events = tx.stream(ids.breaker_stream(service), max(0, tx.version(ids.breaker_stream(service)) - 1))
    if not events:
        return Breaker(service=service)
    last = events[-1].event
    assert isinstance(last, BreakerChanged)
    return Breaker(
        service=service,
        state=BreakerState(last.state),
        failures=last.failures,
        successes=last.successes,
        since=last.since,
        probe_by=last.probe_by,
        latched=last.latched,
    )
