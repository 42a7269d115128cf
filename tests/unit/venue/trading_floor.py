"""A paper venue, its client and a clock that stands still: what the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from desk.domain.market import Bar, OrderRequest, OrderType, Side, TimeInForce
from desk.ports import Permit
from tests.fakes.paper_wire import PATIENT
from tools.paper import PaperStore, Tape
from tools.paper.plan import FaultPlan
from tools.paper.sim import Wire, sim_app
from tools.purple_flea import PurpleFlea

AS_OF = datetime(2016, 6, 24, tzinfo=UTC)
ACCOUNT = "paper:test"
SPX = "SPX-PERP"
D = Decimal
DAY = timedelta(days=1)


def bar(day: int, opened: str, high: str, low: str, close: str) -> Bar:
    """The daily bar that closes ``day`` days after as_of; day 0 is the one everybody has seen."""
    end = AS_OF + day * DAY
    return Bar(
        start=end - DAY,
        available_at=end,
        open=D(opened),
        high=D(high),
        low=D(low),
        close=D(close),
    )


#: One seen bar that closes at 2000, so that the quote is 1999.80 / 2000.20.
SEEN = bar(0, "1990", "2010", "1980", "2000")


def accept(permit: Permit) -> None:
    """A lock that lets every permit through: tests of the venue, not of tickets."""


#: Floors of the running test; ``conftest`` closes their databases after it.
OPEN: list[Floor] = []


class Floor:
    """One account on one store, seen through the client or directly."""

    def __init__(
        self,
        *after: Bar,
        path: Path | str = ":memory:",
        tapes: dict[str, Sequence[Bar]] | None = None,
        now: datetime = AS_OF,
    ) -> None:
        OPEN.append(self)
        self.store = PaperStore(path)
        self.plan = FaultPlan()
        self.tapes = {symbol: Tape(bars) for symbol, bars in (tapes or {SPX: (SEEN, *after)}).items()}
        self.store.open_account(ACCOUNT, as_of=AS_OF, tapes=self.tapes)
        self.app = sim_app(self.store, lambda: now, self.plan, wire=Wire.IN_PROCESS)

    def client(self, clear: Callable[[Permit], None] = accept, **more: Any) -> PurpleFlea:
        return PurpleFlea(
            "http://127.0.0.1/api/v1",
            None,
            ACCOUNT,
            "paper",
            clear,
            httpx.ASGITransport(self.app),
            name="paper",
            reads=PATIENT,
            **more,
        )

    def http(self) -> httpx.AsyncClient:
        """The bare contract, as any program would speak it."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://127.0.0.1/api/v1",
            headers={"X-Agent-ID": ACCOUNT},
        )

    def ledger(self, kind: str | None = None) -> list[dict[str, object]]:
        with self.store.reading() as book:
            return [line for line in book.ledger(ACCOUNT) if kind in (None, line["kind"])]


def order(n: int = 1, **changes: Any) -> OrderRequest:
    """A marketable buy of 0.05 with a stop and a target, unless told otherwise."""
    fields: dict[str, Any] = {
        "client_order_id": f"cid_{n:032x}",
        "symbol": SPX,
        "side": Side.BUY,
        "quantity": D("0.05"),
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.IOC,
        "mode": "paper",
        "limit_price": D("2001"),
        "stop_loss": D("1970"),
        "take_profit": D("2100"),
    }
    return OrderRequest(**(fields | changes))


def permit(request: OrderRequest | None = None) -> Permit:
    return Permit(ticket_id="tkt_" + "0" * 32, request=request or order(), mac="0" * 64)


def sell_to_close(n: int = 2, **changes: Any) -> OrderRequest:
    """A marketable reduce-only sell of 0.05."""
    fields: dict[str, Any] = {
        "side": Side.SELL,
        "limit_price": D("1990"),
        "stop_loss": None,
        "take_profit": None,
        "reduce_only": True,
    }
    return order(n, **(fields | changes))
