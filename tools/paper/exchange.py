"""The engine: what an order, a cancellation or the passing of time does to one account.

An ``Exchange`` lives inside one transaction. Equity must cover the notional of everything held and
opening (no borrowing), an order that only reduces never flips a position, a stop trades before a
target on the same bar, and once a position is gone its reduce-only orders are cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from desk.domain.market import Bar, Market, OrderStatus, OrderType, Quote, TimeInForce
from desk.domain.money import ZERO, floor_to
from tools.paper.book import Account, Book
from tools.paper.declined import Declined
from tools.paper.holding import Holding, fee_usdc, opened, reducible, traded
from tools.paper.markets import MARKETS
from tools.paper.matching import price_now, price_on, quoted, touch
from tools.paper.order import Fill, PaperOrder
from tools.paper.quirks import Quirks
from tools.paper.request import Change, Unit, Wanted
from tools.paper.tape import Tape


class Exchange:
    """One account at one venue time. Call ``settle`` first; ``finish`` writes the account back."""

    __slots__ = ("_account", "_book", "_quirks", "_tapes", "now")

    def __init__(
        self, book: Book, account: Account, tapes: Mapping[str, Tape], quirks: Quirks, now: datetime
    ) -> None:
        self._book = book
        self._account = account
        self._tapes = tapes
        self._quirks = quirks
        self.now = max(account.clock, now)

    # ---- what can be asked -----------------------------------------------------------------------

    def place(self, wanted: Wanted, key: str | None) -> PaperOrder:
        """Accept, fill or reject an order.

        Raises:
            Declined: the contract's 400, 402 or 409; nothing has happened.
        """
        market, quote = self._tradable(wanted)
        order = self._drafted(wanted, market, quote)
        holding = self._book.holding(self._account.name, order.symbol)
        if self._quirks.rejects():
            order = replace(order, status=OrderStatus.REJECTED, reject_reason="rejected_by_venue")
        elif order.reduce_only and not reducible(holding, order.side):
            order = replace(order, status=OrderStatus.REJECTED, reject_reason="nothing_to_reduce")
        elif not order.reduce_only:
            self._afford(order, holding, touch(order.side, quote))
        self._book.add_order(self._account, order, key)
        self._book.record(self._account.name, "order", order.order_id, key, self.now, order.amount)
        return self._try_now(order, quote) if order.status.working else order

    def cancel(self, order_id: str) -> PaperOrder:
        """Raises: Declined 404, or 409 ``not_cancellable`` with the order as it is."""
        order = self._book.order(self._account.name, order_id)
        if not order.status.working:
            raise Declined("not_cancellable", "the order is no longer working", order=order.json())
        self._book.record(
            self._account.name, "cancel", order_id, self._book.key_of(order_id), self.now, order.remaining
        )
        return self._end(order, OrderStatus.CANCELLED, self.now)

    def modify(self, order_id: str, version: int, change: Change) -> PaperOrder:
        """Move the price or the amount of a resting limit order, then try it against the quote.

        Raises:
            Declined: 404, 409 for another version or a finished order, 400 or 402 as for a new order.
        """
        order = self._book.order(self._account.name, order_id)
        if not order.status.working or order.type is not OrderType.LIMIT:
            raise Declined("not_cancellable", "only a working limit order can be changed", order=order.json())
        if order.version != version:
            raise Declined("version_conflict", "the order has changed since", order=order.json())
        if change.amount is not None and change.amount <= order.filled:
            raise Declined("invalid_amount", "more than that has been filled")
        changed = replace(
            order,
            amount=change.amount or order.amount,
            limit_price=change.limit_price or order.limit_price,
            version=order.version + 1,
            updated_at=self.now,
        )
        quote = self.quote(order.symbol)
        if quote is None:
            raise Declined("market_closed", "the market has no price")
        if not order.reduce_only:
            holding = self._book.holding(self._account.name, order.symbol)
            self._afford(changed, holding, touch(order.side, quote))
        self._book.save_order(changed)
        self._book.record(self._account.name, "modify", order_id, None, self.now, changed.amount)
        return self._try_now(changed, quote)

    def close(self, position_id: str, key: str | None) -> PaperOrder:
        """Close a position at market. Raises: Declined 404 or 409 ``market_closed``."""
        for holding in self._book.holdings(self._account.name):
            if holding.position_id == position_id:
                return self.place(_closing(holding), key)
        raise Declined("not_found", "the account has no such position")

    def settle(self, to: datetime) -> None:
        """Let time pass: every bar that closes until then meets the orders that were waiting for it."""
        after = self._account.clock
        symbols = {order.symbol for order in self._book.working(self._account.name)}
        bars = [
            (bar.available_at, symbol, bar)
            for symbol in symbols & self._tapes.keys()
            for bar in self._tapes[symbol].between(after, to)
        ]
        for _, symbol, bar in sorted(bars, key=lambda item: item[:2]):
            self._meet(symbol, bar)
        for order in self._book.working(self._account.name):
            if _day_is_over(order, to):
                self._end(order, OrderStatus.EXPIRED, to)
        self._account.clock = max(after, to)

    def finish(self) -> None:
        """Write the account back, its clock at the venue's time."""
        self._account.clock = max(self._account.clock, self.now)
        self._book.save_account(self._account)

    def quote(self, symbol: str) -> Quote | None:
        """The quote at the venue's time; None while no bar of the symbol has closed."""
        tape, market = self._tapes.get(symbol), MARKETS.get(symbol)
        bar = tape.last(self.now) if tape is not None else None
        return None if bar is None or market is None else quoted(market, bar.close, self.now)

    # ---- placing ---------------------------------------------------------------------------------

    def _tradable(self, wanted: Wanted) -> tuple[Market, Quote]:
        market = MARKETS.get(wanted.symbol)
        if market is None:
            raise Declined("invalid_symbol", "the market is not listed")
        if wanted.leverage > (market.max_leverage or 1):
            raise Declined("invalid_leverage", "the leverage is above the market's maximum")
        quote = self.quote(wanted.symbol)
        if quote is None or not self._quirks.is_open(wanted.symbol):
            raise Declined("market_closed", "the market is closed or has no price")
        return market, quote

    def _drafted(self, wanted: Wanted, market: Market, quote: Quote) -> PaperOrder:
        price = wanted.limit_price or wanted.stop_price or touch(wanted.side, quote)
        amount = wanted.amount
        if wanted.unit is Unit.QUOTE:
            amount = floor_to(wanted.amount / price, market.amount_step)
        if amount <= 0 or (amount * price < market.min_notional_usdc and not wanted.reduce_only):
            raise Declined("invalid_amount", "the order is below the market's minimum")
        _check_legs(wanted, price)
        return PaperOrder(
            order_id=self._account.new_id("ord"),
            status=OrderStatus.ACCEPTED,
            symbol=wanted.symbol,
            side=wanted.side,
            amount=amount,
            type=wanted.type,
            time_in_force=wanted.time_in_force,
            reduce_only=wanted.reduce_only,
            leverage=wanted.leverage,
            limit_price=wanted.limit_price,
            stop_price=wanted.stop_price,
            stop_loss=wanted.stop_loss,
            take_profit=wanted.take_profit,
            client_order_id=wanted.client_order_id,
            created_at=self.now,
            updated_at=self.now,
        )

    def _afford(self, order: PaperOrder, holding: Holding | None, at_touch: Decimal) -> None:
        """Equity must cover what is held, what is working and what this order opens, with its fee."""
        price = order.limit_price or order.stop_price or at_touch
        opening = opened(holding, order.remaining * order.side.sign) * price
        held = equity = ZERO
        for other in self._book.holdings(self._account.name):
            quote = self.quote(other.symbol)
            held += abs(other.net) * other.mark(quote)
            equity += other.unrealized_pnl(quote)
        equity += self._account.balance_usdc
        holds = held_for(o for o in self._book.working(self._account.name) if o.order_id != order.order_id)
        fee = fee_usdc(order.remaining, price, MARKETS[order.symbol].taker_fee)
        if opening and held + holds + opening + fee > equity:
            raise Declined("insufficient_balance", "equity does not cover the order")

    def _try_now(self, order: PaperOrder, quote: Quote) -> PaperOrder:
        price = price_now(order, quote)
        if price is not None:
            step = MARKETS[order.symbol].amount_step
            amount = floor_to(order.remaining * self._quirks.fill_share(), step)
            order = self._fill(order, amount, price, self.now)
        is_patient = order.time_in_force in (TimeInForce.GTC, TimeInForce.DAY)
        if order.status.working and (order.type is OrderType.MARKET or not is_patient):
            order = self._end(order, OrderStatus.CANCELLED, self.now)
        return order

    # ---- filling ---------------------------------------------------------------------------------

    def _fill(self, order: PaperOrder, amount: Decimal, price: Decimal, at: datetime) -> PaperOrder:
        name = self._account.name
        holding = self._book.holding(name, order.symbol)
        if order.reduce_only:
            amount = min(amount, reducible(holding, order.side))
        if not amount:
            return order
        fee = fee_usdc(amount, price, MARKETS[order.symbol].taker_fee)
        after, realised = self._traded(order, holding, amount, price)
        self._account.balance_usdc += realised - fee
        self._book.save_holding(name, order.symbol, after)
        fill = Fill(fill_id=self._account.new_id("fil"), amount=amount, price=price, fee_usdc=fee, at=at)
        order = order.with_fill(fill)
        self._book.save_order(order)
        self._book.record(name, "fill", order.order_id, self._book.key_of(order.order_id), at, amount, price)
        if after is not None and after.side is order.side and not order.reduce_only:
            self._attach(order, min(amount, abs(after.net)), at)
        self._tidy(order, after, at)
        return self._book.order(name, order.order_id)

    def _traded(
        self, order: PaperOrder, holding: Holding | None, amount: Decimal, price: Decimal
    ) -> tuple[Holding | None, Decimal]:
        change = amount * order.side.sign
        after, realised = (None, ZERO) if holding is None else traded(holding, change, price)
        if holding is None:
            after = Holding(
                position_id=self._account.new_id("pos"),
                symbol=order.symbol,
                net=change,
                entry_price=price,
                leverage=order.leverage,
                stop_loss=None,
                take_profit=None,
            )
        if after is not None and after.side is order.side and not order.reduce_only:
            after = replace(
                after, leverage=order.leverage, stop_loss=order.stop_loss, take_profit=order.take_profit
            )
        return after, realised

    def _attach(self, entry: PaperOrder, amount: Decimal, at: datetime) -> None:
        """The protective legs of a fill: a reduce-only stop and limit that cancel each other."""
        if not self._quirks.attaches_legs():
            return
        legs = ((OrderType.STOP, entry.stop_loss), (OrderType.LIMIT, entry.take_profit))
        for kind, price in legs:
            if price is None:
                continue
            leg = PaperOrder(
                order_id=self._account.new_id("ord"),
                status=OrderStatus.ACCEPTED,
                symbol=entry.symbol,
                side=entry.side.opposite,
                amount=amount,
                type=kind,
                time_in_force=TimeInForce.GTC,
                reduce_only=True,
                leverage=entry.leverage,
                limit_price=price if kind is OrderType.LIMIT else None,
                stop_price=price if kind is OrderType.STOP else None,
                parent_order_id=entry.order_id,
                created_at=at,
                updated_at=at,
            )
            self._book.add_order(self._account, leg, None)

    def _tidy(self, order: PaperOrder, after: Holding | None, at: datetime) -> None:
        """Cancel what a fill has made pointless: the other leg, and reduce-only orders with nothing left."""
        for other in self._book.working(self._account.name, order.symbol):
            is_sibling = order.parent_order_id is not None and other.parent_order_id == order.parent_order_id
            is_idle = other.reduce_only and not reducible(after, other.side)
            if is_idle or (is_sibling and other.order_id != order.order_id):
                self._end(other, OrderStatus.CANCELLED, at)

    def _end(self, order: PaperOrder, status: OrderStatus, at: datetime) -> PaperOrder:
        order = order.ended(status, at)
        self._book.save_order(order)
        return order

    # ---- time ------------------------------------------------------------------------------------

    def _meet(self, symbol: str, bar: Bar) -> None:
        """One bar: stops first, then limits, then the stops of entries that filled on this very bar."""
        for kind in (OrderType.STOP, OrderType.LIMIT, OrderType.STOP):
            for order in self._book.working(self._account.name, symbol):
                if order.type is kind:
                    self._try_on(order.order_id, bar)

    def _try_on(self, order_id: str, bar: Bar) -> None:
        order = self._book.order(self._account.name, order_id)
        if not order.status.working:
            return
        if _day_is_over(order, bar.start):
            self._end(order, OrderStatus.EXPIRED, bar.start)
        elif (price := price_on(order, bar)) is not None:
            self._fill(order, order.remaining, price, bar.available_at)


def held_for(orders: Iterable[PaperOrder]) -> Decimal:
    """The cash that working orders which may open something set aside, fees included, in USDC."""
    openers = [order for order in orders if not order.reduce_only]
    return sum(
        (
            order.remaining * order.trigger
            + fee_usdc(order.remaining, order.trigger, MARKETS[order.symbol].taker_fee)
            for order in openers
        ),
        ZERO,
    )


def _closing(holding: Holding) -> Wanted:
    return Wanted(
        symbol=holding.symbol,
        side=holding.side.opposite,
        amount=abs(holding.net),
        unit=Unit.BASE,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
        reduce_only=True,
        leverage=holding.leverage,
        limit_price=None,
        stop_price=None,
        stop_loss=None,
        take_profit=None,
        client_order_id=None,
    )


def _check_legs(wanted: Wanted, price: Decimal) -> None:
    """A stop on the losing side of the entry's price, a target on the winning side."""
    sign = wanted.side.sign
    if wanted.stop_loss is not None and (price - wanted.stop_loss) * sign <= 0:
        raise Declined("invalid_amount", "stop_loss is not on the losing side")
    if wanted.take_profit is not None and (wanted.take_profit - price) * sign <= 0:
        raise Declined("invalid_amount", "take_profit is not on the winning side")


def _day_is_over(order: PaperOrder, at: datetime) -> bool:
    if order.time_in_force is not TimeInForce.DAY:
        return False
    midnight = order.created_at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return at >= midnight
