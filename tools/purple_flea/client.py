"""Purple Flea as a ``desk.ports.Venue``: reads that retry, one order request that never does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from desk.domain.ids import SYMBOL, VENUE_ID
from desk.domain.market import Market, Position, Promises, Quote, Snapshot, VenueOrder
from desk.domain.money import ZERO
from desk.domain.secret import Secret
from desk.errors import BadJson, DeskError, NotSent, OutcomeUnknown, ReadFailed, TicketRefused
from desk.ports import Permit
from tools.purple_flea import wire
from tools.purple_flea.address import order_path
from tools.purple_flea.channel import MAX_ANSWER_BYTES, MAX_MARKETS_BYTES, Channel, Reply
from tools.purple_flea.outcome import placed, unknown
from tools.purple_flea.pace import Pace
from tools.purple_flea.reads import ReadPolicy

_QUOTES_A_READ = 20
#: The only failures that prove the request never left this process (DESIGN section 8).
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

Part = TypeVar("Part")
Answer = TypeVar("Answer", bound=wire.Wire)


class PurpleFlea:
    """The venue behind ``base_url`` for one agent.

    Args:
        base_url: https, or http to loopback; its path is kept.
        api_key: sent as a bearer token; None sends none.
        agent_id: the account's name, sent as ``X-Agent-ID``.
        mode: ``paper`` or ``live``; an order for the other is refused before it is sent.
        clear: judges a permit before the first byte; raises TicketRefused for one that is not genuine.
        transport: how bytes travel; None is the network.
        name: what the journal calls this venue.
        deadline_s: total time of one call.
        reads: how reads are tried again.
        pace: shared by the clients of one process; one of its own by default.
    """

    def __init__(
        self,
        base_url: str,
        api_key: Secret | None,
        agent_id: str,
        mode: str,
        clear: Callable[[Permit], None],
        transport: httpx.AsyncBaseTransport | None = None,
        name: str = "purpleflea",
        *,
        deadline_s: float = 10.0,
        reads: ReadPolicy | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.name = name
        self._mode = mode
        self._reads = reads or ReadPolicy()
        self._markets: dict[str, Market] | None = None
        self._channel = Channel(
            url=base_url,
            api_key=api_key,
            agent_id=agent_id,
            clear=clear,
            transport=transport,
            deadline_s=deadline_s,
            pace=pace or Pace(),
        )

    # ---- the one act -----------------------------------------------------------------------------

    async def submit(self, permit: Permit) -> VenueOrder:
        """Send the permit's order, once. See ``desk.ports.Venue.submit``.

        A cancelled send is reported as OutcomeUnknown: whoever gave up waiting must not conclude that
        nothing happened.
        """
        if permit.request.mode != self._mode:
            raise TicketRefused("the permit is for another mode than this venue's", code="PARAMS_DIFFER")
        try:
            reply = await self._channel.post_order(permit)
        except BadJson:
            raise unknown("the venue's answer could not be read", "BAD_ANSWER") from None
        except DeskError:
            raise
        except _NEVER_LEFT:
            raise NotSent("the order was not sent", why="no connection to the venue") from None
        except asyncio.CancelledError:
            raise unknown("waiting for the answer was cut short", "CANCELLED") from None
        except Exception:  # noqa: BLE001 - whatever happened after clearing, only "unknown" is safe to say
            raise unknown("the connection failed or was too slow", "NETWORK") from None
        return placed(reply)

    # ---- reads -----------------------------------------------------------------------------------

    async def promises(self) -> Promises:
        meta = await self._meta()
        return Promises() if meta is None else meta.promises()

    async def snapshot(self, symbol: str) -> Snapshot:
        (meta, balance, positions, orders), (markets, is_open, quotes) = await asyncio.gather(
            asyncio.gather(
                _part(self._meta), _part(self._balance), _part(self._positions), _part(self.orders)
            ),
            asyncio.gather(
                _part(self._market_list), _part(self._is_open, symbol), _part(self._quotes, [symbol])
            ),
        )
        others = {position.symbol for position in positions or ()} - {symbol}
        more = await _part(self._quotes, sorted(others)) if others else ()
        pair = balance.pair() if balance is not None else (None, None)
        return Snapshot(
            venue_time=None if meta is None else meta.server_time,
            promises=Promises() if meta is None else meta.promises(),
            market=None if markets is None else markets.get(symbol),
            market_open=is_open,
            quotes=(quotes or ()) + (more or ()),
            balance_usdc=pair[0],
            available_usdc=pair[1],
            accrued_fees_usdc=ZERO,
            positions=positions,
            orders=orders,
        )

    async def orders(
        self, *, symbol: str | None = None, client_order_id: str | None = None
    ) -> tuple[VenueOrder, ...]:
        params = {}
        if symbol is not None:
            params["symbol"] = _checked_symbol(symbol)
        if client_order_id is not None:
            if VENUE_ID.fullmatch(client_order_id) is None:
                raise ReadFailed("a client order id is malformed", code="BAD_VENUE_ID")
            params["client_order_id"] = client_order_id
        return (await self._read(wire.OrdersAnswer, "/trade/orders", params)).all()

    async def order(self, order_id: str) -> VenueOrder | None:
        reply = await self._get(order_path(order_id))
        return None if reply.status == 404 else _parsed(wire.OrderAnswer, reply).order()

    async def cancel(self, order_id: str) -> VenueOrder | None:
        """Cancel a working order; cancelling twice is harmless, so it is tried like a read.

        Returns the order as it now is: cancelled, or in the terminal state that came first; None if
        the venue does not know it.

        Raises:
            OutcomeUnknown: whether it was cancelled is not known.
        """
        order_path(order_id)
        try:
            reply = await self._reads.run(
                lambda: self._channel.delete_order(order_id), accept=(200, 404, 409)
            )
        except ReadFailed as error:
            raise OutcomeUnknown("an order may not be cancelled", why=error.what, code=error.code) from None
        if reply.status == 404:
            return None
        return await self.order(order_id) if reply.status == 409 else _parsed(wire.OrderAnswer, reply).order()

    async def aclose(self) -> None:
        await self._channel.aclose()

    # ---- the parts -------------------------------------------------------------------------------

    async def _meta(self) -> wire.MetaAnswer | None:
        reply = await self._get("/meta")
        return None if reply.status == 404 else _parsed(wire.MetaAnswer, reply)

    async def _balance(self) -> wire.BalanceAnswer:
        return await self._read(wire.BalanceAnswer, "/wallet/balance")

    async def _positions(self) -> tuple[Position, ...]:
        return (await self._read(wire.PositionsAnswer, "/trade/positions")).open()

    async def _is_open(self, symbol: str) -> bool:
        params = {"symbol": _checked_symbol(symbol)}
        return (await self._read(wire.MarketStatusAnswer, "/trade/market-status", params)).status == "open"

    async def _quotes(self, symbols: list[str]) -> tuple[Quote, ...]:
        """Quotes of these symbols and no others, in as many reads as the venue's page needs."""
        wanted = [_checked_symbol(symbol) for symbol in symbols]
        pages = [wanted[n : n + _QUOTES_A_READ] for n in range(0, len(wanted), _QUOTES_A_READ)]
        answers = [
            await self._read(wire.QuotesAnswer, "/trade/quote", {"symbols": ",".join(page)}) for page in pages
        ]
        found = {quote.symbol: quote for answer in answers for quote in answer.uncrossed()}
        return tuple(found[symbol] for symbol in wanted if symbol in found)

    async def _market_list(self) -> dict[str, Market]:
        """The venue's markets, read once a client."""
        if self._markets is None:
            reply = _found(await self._get("/trade/markets", cap=MAX_MARKETS_BYTES))
            try:
                self._markets = wire.parse_markets(reply.body)
            except BadJson as error:
                raise ReadFailed("the market list is malformed", why=error.what, code="BAD_ANSWER") from None
        return self._markets

    # ---- one call --------------------------------------------------------------------------------

    async def _read(self, model: type[Answer], path: str, params: dict[str, str] | None = None) -> Answer:
        return _parsed(model, _found(await self._get(path, params)))

    async def _get(
        self, path: str, params: dict[str, str] | None = None, cap: int = MAX_ANSWER_BYTES
    ) -> Reply:
        return await self._reads.run(lambda: self._channel.get(path, params, cap))


def _found(reply: Reply) -> Reply:
    if reply.status == 404:
        raise ReadFailed("the venue does not have what was read", code="HTTP_404")
    return reply


def _parsed(model: type[Answer], reply: Reply) -> Answer:
    try:
        return wire.parse(model, reply.body)
    except BadJson as error:
        raise ReadFailed("a read from the venue failed", why=error.what, code="BAD_ANSWER") from None


def _checked_symbol(symbol: str) -> str:
    if SYMBOL.fullmatch(symbol) is None:
        raise ReadFailed("a symbol is malformed", code="BAD_SYMBOL")
    return symbol


async def _part(read: Callable[..., Awaitable[Part]], *asked: object) -> Part | None:
    """A part of a snapshot, or None: the gate denies on what is missing.

    The read is begun here: cancelled before its turn, nothing is left that was never awaited.
    """
    try:
        return await read(*asked)
    except ReadFailed:
        return None
