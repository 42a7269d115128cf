"""The twin as the contract sees it: each method answers one operation with JSON text.

Idempotency: a key belongs to (account, method, path) and is kept for 24 hours of venue time with the
answer it got. The same key with the same body gets that answer again and has no second effect; with
another body it is refused. Answers that are refusals are not kept. Writers queue on the database, so
``request_in_progress`` never has to be said.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from desk.domain import json_text
from desk.domain.market import OrderStatus, Quote, Side
from desk.domain.money import ZERO
from tools.paper.book import Account, Book
from tools.paper.declined import Declined
from tools.paper.exchange import Exchange, held_for
from tools.paper.holding import Holding
from tools.paper.order import PaperOrder
from tools.paper.quirks import Quirks
from tools.paper.request import idempotency_key, members, wanted_change, wanted_order
from tools.paper.store import PaperStore, key_sha256

_KEPT = timedelta(hours=24)
FRAMES = {
    "1min": timedelta(minutes=1),
    "5min": timedelta(minutes=5),
    "1hour": timedelta(hours=1),
    "1day": timedelta(days=1),
}


class Answered(Struct, frozen=True, kw_only=True):
    """A body, and whether it is the stored answer to an earlier request."""

    body: str
    is_replay: bool = False


class PaperVenue:
    """The operations over a store.

    Args:
        now: the venue's time for this session; an account that has lived longer keeps its own time.
        settle_s: what ``/meta`` promises: 0 where a request cannot arrive late, as in one process.
        strict: whether money-moving requests need an Idempotency-Key; without, seed symbols are taken too.
        quirks: fault injection.
    """

    def __init__(
        self,
        store: PaperStore,
        now: Callable[[], datetime],
        *,
        settle_s: int = 30,
        strict: bool = True,
        quirks: Quirks | None = None,
    ) -> None:
        self._store = store
        self._now = now
        self._settle_s = settle_s
        self._strict = strict
        self._quirks = quirks or Quirks()

    def admit(self, name: str | None, authorization: str | None) -> str:
        """The account that asks, if it may.

        Raises:
            Declined: 401 for no or an unknown account, or for a key that is not the account's.
        """
        with self._store.reading() as book:
            account = book.account(name) if name is not None else None
        if account is None:
            raise Declined("unauthorized", "X-Agent-ID does not name an account of this venue")
        if account.key_sha256 is not None:
            scheme, _, key = (authorization or "").partition(" ")
            if scheme != "Bearer" or not hmac.compare_digest(key_sha256(key), account.key_sha256):
                raise Declined("unauthorized", "the key is not this account's")
        return account.name

    # ---- money-moving ----------------------------------------------------------------------------

    def place(self, name: str, key: str | None, body: bytes) -> Answered:
        """POST /trade/order. Raises: Declined."""
        key = idempotency_key(key, required=self._strict)
        wanted = wanted_order(body, seed_symbols=not self._strict)

        def act(book: Book, exchange: Exchange) -> PaperOrder:
            if wanted.client_order_id is not None:
                earlier = book.order_by_client_id(name, wanted.client_order_id)
                if earlier is not None:
                    raise Declined("duplicate_client_order_id", "the id was used before", order=earlier)
            return exchange.place(wanted, key)

        return self._once(name, ("POST", "/trade/order"), key, body, act)

    def close(self, name: str, position_id: str, key: str | None) -> Answered:
        """POST /trade/positions/{id}/close. Raises: Declined."""
        key = idempotency_key(key, required=self._strict)
        path = f"/trade/positions/{position_id}/close"
        return self._once(
            name, ("POST", path), key, b"{}", lambda _, exchange: exchange.close(position_id, key)
        )

    def modify(
        self, name: str, order_id: str, if_match: str | None, key: str | None, body: bytes
    ) -> Answered:
        """PATCH /trade/order/{id}; ``if_match`` is the version it applies to. Raises: Declined."""
        key = idempotency_key(key, required=self._strict)
        change = wanted_change(body)
        version = (if_match or "").strip('"')
        if not (version.isascii() and version.isdigit()):
            raise Declined("invalid_request", "If-Match has to carry the order's version")
        return self._once(
            name,
            ("PATCH", f"/trade/order/{order_id}"),
            key,
            body,
            lambda _, exchange: exchange.modify(order_id, int(version[:9]), change),
        )

    def cancel(self, name: str, order_id: str) -> str:
        """DELETE /trade/order/{id}. Cancelling a cancelled order answers with it. Raises: Declined."""
        with self._store.writing() as book:
            if book.order(name, order_id).status is OrderStatus.CANCELLED:
                return book.order_json(name, order_id)
            exchange = self._exchange(book, name)
            exchange.settle(exchange.now)
            order = exchange.cancel(order_id)
            exchange.finish()
            return order.json()

    def _once(
        self,
        name: str,
        operation: tuple[str, str],
        key: str | None,
        body: bytes,
        act: Callable[[Book, Exchange], PaperOrder],
    ) -> Answered:
        """Do ``act`` once for this key; its effect and its answer are one transaction."""
        fingerprint = _fingerprint(body)
        with self._store.writing() as book:
            exchange = self._exchange(book, name)
            scope = (name, *operation, key or "")
            kept = book.answer(scope, exchange.now) if key is not None else None
            if kept is not None:
                if kept[0] != fingerprint:
                    raise Declined("idempotency_key_reused", "the key was used for another request")
                return Answered(body=kept[1], is_replay=True)
            exchange.settle(exchange.now)
            answer = act(book, exchange).json()
            exchange.finish()
            if key is not None:
                book.keep_answer(scope, fingerprint, answer, exchange.now + _KEPT)
        return Answered(body=answer)

    # ---- reads -----------------------------------------------------------------------------------

    def meta(self, name: str | None) -> str:
        with self._store.reading() as book:
            account = book.account(name) if name is not None else None
        return json_text.write(
            {
                "mode": "paper",
                "server_time": self._time(account),
                "idempotency": True,
                "client_order_id_lookup": True,
                "protective_legs": self._quirks.attaches_legs(),
                "settle_s": self._settle_s,
            }
        )

    def balance(self, name: str) -> str:
        """Cash: deposits, realised profit, fees. Positions lock none of it; working entries do."""
        with self._store.reading() as book:
            account = self._store.account(book, name)
            reserved = held_for(book.working(name))
        return json_text.write(
            {
                "agent_id": name,
                "balance_usdc": max(account.balance_usdc, ZERO),
                "available_usdc": max(account.balance_usdc - reserved, ZERO),
                "reserved_usdc": reserved,
                "mode": "paper",
                "as_of": self._time(account),
            }
        )

    def order(self, name: str, order_id: str) -> str:
        """Raises: Declined 404."""
        with self._store.reading() as book:
            return book.order_json(name, order_id)

    def orders(self, name: str, filters: dict[str, str]) -> str:
        with self._store.reading() as book:
            found = book.orders_json(name, filters)
        return f'{{"orders":[{",".join(found)}],"count":{len(found)}}}'

    def positions(self, name: str) -> str:
        with self._store.reading() as book:
            exchange = self._exchange(book, name)
            lines = [_position(held, exchange.quote(held.symbol)) for held in book.holdings(name)]
        return json_text.write({"positions": lines, "count": len(lines), "source": "venue"})

    def quotes(self, name: str | None, symbols: Iterable[str]) -> str:
        """Quotes for the account's tapes; a symbol without a price is ``not_found``."""
        quotes: list[dict[str, object]] = []
        not_found: list[str] = []
        with self._store.reading() as book:
            exchange = self._exchange(book, name) if name is not None and book.account(name) else None
            for symbol in dict.fromkeys(symbols):
                quote = exchange.quote(symbol) if exchange is not None else None
                if quote is None:
                    not_found.append(symbol)
                else:
                    quotes.append(_quote(quote))
        return json_text.write({"quotes": quotes, "not_found": not_found})

    def bars(self, name: str | None, symbol: str, frame: str, end: datetime | None, limit: int) -> str:
        """Bars known at the venue's time. A tape has one spacing; another timeframe has no bars.

        Raises:
            Declined: 404 for a symbol without a tape.
        """
        with self._store.reading() as book:
            account = book.account(name) if name is not None else None
            tape = self._store.tapes(book, account.name).get(symbol) if account is not None else None
        if tape is None:
            raise Declined("not_found", "the symbol has no tape")
        to = min(self._time(account), end) if end is not None else self._time(account)
        lines = [
            {"t": b.start, "o": b.open, "h": b.high, "l": b.low, "c": b.close, "v": b.volume or ZERO}
            for b in tape.until(to, limit)
            if b.available_at - b.start == FRAMES[frame]
        ]
        return json_text.write({"symbol": symbol, "timeframe": frame, "bars": lines})

    def market_status(self, name: str | None, symbol: str | None) -> str:
        with self._store.reading() as book:
            account = book.account(name) if name is not None else None
        is_open = symbol is None or self._quirks.is_open(symbol)
        named: dict[str, object] = {} if symbol is None else {"symbol": symbol}
        named |= {
            "status": "open" if is_open else "closed",
            "next_change": None,
            "as_of": self._time(account),
        }
        return json_text.write(named)

    def ledger(self, name: str | None = None) -> str:
        with self._store.reading() as book:
            return json_text.write(book.ledger(name))

    def set_clock(self, name: str | None, body: bytes) -> None:
        """POST /_sim/clock, for one account or all. Raises: Declined 400."""
        fields = members(body)
        with self._store.reading() as book:
            accounts = [self._store.account(book, n) for n in ([name] if name else book.account_names())]
        for account in accounts:
            self._store.advance(account.name, _moved(self._time(account), fields))

    # ---- the pieces ------------------------------------------------------------------------------

    def _exchange(self, book: Book, name: str) -> Exchange:
        account = self._store.account(book, name)
        return Exchange(book, account, self._store.tapes(book, name), self._quirks, self._now())

    def _time(self, account: Account | None) -> datetime:
        return self._now() if account is None else max(account.clock, self._now())


def _fingerprint(body: bytes) -> str:
    """sha256 of the body with its keys sorted and its numbers plain."""
    tree = members(body)
    return hashlib.sha256(json_text.write(_sorted(tree)).encode()).hexdigest()


def _sorted(tree: json_text.Tree) -> json_text.Tree:
    if isinstance(tree, dict):
        return {key: _sorted(tree[key]) for key in sorted(tree)}
    return [_sorted(item) for item in tree] if isinstance(tree, list) else tree


def _moved(time: datetime, fields: dict[str, json_text.Tree]) -> datetime:
    match fields:
        case {"advance_s": seconds} if not isinstance(seconds, bool | str | list | dict | None):
            return time + timedelta(seconds=min(max(int(seconds), 0), 10**9))
        case {"at": str() as text}:
            return parsed_time(text)
    raise Declined("invalid_request", "advance_s or at is needed")


def parsed_time(text: str) -> datetime:
    """An ISO time with an offset. Raises: Declined 400."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Declined("invalid_request", "a time is malformed") from None
    if time.tzinfo is None:
        raise Declined("invalid_request", "a time has no offset")
    return time


def _position(holding: Holding, quote: Quote | None) -> dict[str, object]:
    return {
        "position_id": holding.position_id,
        "symbol": holding.symbol,
        "side": "long" if holding.side is Side.BUY else "short",
        "amount": abs(holding.net),
        "leverage": holding.leverage,
        "stop_loss": holding.stop_loss,
        "take_profit": holding.take_profit,
        "entry_price": holding.entry_price,
        "current_price": holding.mark(quote),
        "unrealized_pnl": holding.unrealized_pnl(quote),
        "liquidation_price": None,
        "status": "open",
    }


def _quote(quote: Quote) -> dict[str, object]:
    return {
        "symbol": quote.symbol,
        "bid": quote.bid,
        "ask": quote.ask,
        "last": quote.last,
        "timestamp": quote.timestamp,
    }
