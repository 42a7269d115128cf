"""What is to go wrong: faults armed for the next calls, and switches that make the venue lie.

For tests and drills only: nothing in a session of the desk imports this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from tools.paper.quirks import Quirks


class Fault(StrEnum):
    """The contract's kinds, and ``connect_error``: the call never reaches the venue.

    The ``execute_then`` kinds and ``bad_json`` carry the call out; the answer is what gets lost.
    """

    LATENCY = "latency"
    CONNECT_ERROR = "connect_error"
    TIMEOUT_BEFORE = "timeout_before"
    EXECUTE_THEN_TIMEOUT = "execute_then_timeout"
    EXECUTE_THEN_500 = "execute_then_500"
    EXECUTE_THEN_DROP = "execute_then_drop"
    STATUS = "status"
    HTML_502 = "html_502"
    BAD_JSON = "bad_json"
    RATE_LIMIT = "rate_limit"
    PARTIAL_FILL = "partial_fill"
    REJECT = "reject"


#: Faults that happen inside the engine, not on the wire.
ENGINE = frozenset({Fault.PARTIAL_FILL, Fault.REJECT})


class Lie(StrEnum):
    """What a switch can falsify in answers, or leave out.

    ``HIDE_CLIENT_ORDER_ID``: orders come without it and the filter is ignored. ``LATE_LOOKUP``: an order
    shows only after so many further lookups. ``LOOK_ALIKE``: each list also shows a stranger's twin of
    every order. ``NO_META``: 404. ``NO_PROTECTIVE_LEGS``: none are made, nor promised.
    ``MARKET_CLOSED``: all markets. The ``OTHER_`` ones change that field in answers about orders.
    """

    HIDE_CLIENT_ORDER_ID = "hide_client_order_id"
    LATE_LOOKUP = "late_lookup"
    LOOK_ALIKE = "look_alike"
    NO_META = "no_meta"
    NO_PROTECTIVE_LEGS = "no_protective_legs"
    MARKET_CLOSED = "market_closed"
    OTHER_LEVERAGE = "other_leverage"
    NO_LEVERAGE = "no_leverage"
    OTHER_SIDE = "other_side"
    OTHER_SYMBOL = "other_symbol"
    MORE_AMOUNT = "more_amount"
    WORSE_PRICE = "worse_price"


class Armed(Struct, kw_only=True):
    """A fault for the next ``count`` calls whose method and path (a prefix, below ``/api/v1``) match."""

    kind: Fault
    method: str | None = None
    path: str | None = None
    count: int = 1
    ms: int = 0
    status: int = 503


@dataclass(slots=True)
class FaultPlan(Quirks):
    """Armed faults and thrown switches. A switch's number is how much of it: on is at least 1."""

    armed: list[Armed] = field(default_factory=list)
    lies: dict[Lie, int] = field(default_factory=dict)
    lookups: dict[str, int] = field(default_factory=dict)

    def arm(
        self,
        kind: Fault,
        *,
        method: str | None = None,
        path: str | None = None,
        count: int = 1,
        ms: int = 0,
        status: int = 503,
    ) -> None:
        self.armed.append(Armed(kind=kind, method=method, path=path, count=count, ms=ms, status=status))

    def tell(self, lie: Lie, much: int = 1) -> None:
        """Throw a switch; 0 turns it off."""
        self.lies[lie] = much

    def tells(self, lie: Lie) -> bool:
        return self.lies.get(lie, 0) > 0

    def take(self, method: str, path: str) -> Armed | None:
        """The first wire fault that matches this call, used up by one."""
        for armed in self.armed:
            is_match = armed.method in (None, method) and path.startswith(armed.path or "")
            if armed.kind not in ENGINE and is_match:
                return self._used(armed)
        return None

    def rejects(self) -> bool:
        return self._take_engine(Fault.REJECT)

    def fill_share(self) -> Decimal:
        return Decimal("0.5") if self._take_engine(Fault.PARTIAL_FILL) else Decimal(1)

    def attaches_legs(self) -> bool:
        return not self.tells(Lie.NO_PROTECTIVE_LEGS)

    def is_open(self, symbol: str) -> bool:
        return not self.tells(Lie.MARKET_CLOSED)

    def _take_engine(self, kind: Fault) -> bool:
        return any(self._used(armed) is not None for armed in self.armed[:] if armed.kind is kind)

    def _used(self, armed: Armed) -> Armed:
        armed.count -= 1
        if armed.count <= 0:
            self.armed.remove(armed)
        return armed
