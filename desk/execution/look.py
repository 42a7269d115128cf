"""One look at the world for the gate: venue snapshot, halt switch, ledger, tickets held."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from desk.domain import ids, portfolio
from desk.domain.book import Book, TradingState
from desk.domain.canonical import moment
from desk.domain.events import FundsDeposited, TradingStateChanged
from desk.domain.market import Promises, Side, Snapshot
from desk.domain.money import ONE, parsed
from desk.domain.portfolio import Ledger, LedgerFold, SentAct
from desk.domain.shape import shaped, unshaped
from desk.errors import InvalidTransition, ReadFailed
from desk.execution.log import SessionLog
from desk.execution.tape import Tape
from desk.execution.tickets import expiry
from desk.ports import Clock, Folds, HaltSwitch, Instant, TicketRow, Transaction, Venue


class Seen(Struct, frozen=True, kw_only=True):
    """What was read before the transaction: the snapshot, when it was begun, and the stop file."""

    snapshot: Snapshot
    began_s: Decimal
    halted: bool


class Look:
    """Reads what the gate needs, through the tape."""

    def __init__(
        self, venue: Venue, halt: HaltSwitch, clock: Clock, log: SessionLog, tape: Tape, folds: Folds
    ) -> None:
        self._venue = venue
        self._halt = halt
        self._clock = clock
        self._log = log
        self._tape = tape
        self._folds = folds

    def halted(self) -> bool:
        """The stop file, this instant."""
        return self._tape.note("halt", self._halt.halted, bool, bool)

    def hard_halted(self) -> bool:
        """The stop file, and it stops even protective orders."""
        return self._tape.note("halt_hard", self._halt.hard, bool, bool)

    def stopped(self, *, protective: bool) -> bool:
        """The last look before the bytes. Of a send that another process began it can say nothing: that
        one may have been sent, whatever the file says now."""
        if not self._tape.reaches("halt_hard" if protective else "halt"):
            return False
        return self.hard_halted() if protective else self.halted()

    async def snapshot(self, symbol: str) -> Snapshot:
        return await self._tape.read(
            "snapshot",
            lambda: self._venue.snapshot(symbol),
            shaped,
            lambda plain: unshaped(Snapshot, plain),
            request={"symbol": symbol},
        )

    async def look(self, symbol: str) -> Seen:
        """Everything that has to be awaited; the rest is read inside the transaction by ``book``."""
        began_s = self._clock.monotonic_s()
        snapshot = await self.snapshot(symbol)
        return Seen(snapshot=snapshot, began_s=began_s, halted=self.halted())

    async def ask_why(self) -> ReadFailed | None:
        """Why nothing could be read: the error of the smallest read there is, None if that one works."""
        try:
            await self._tape.read(
                "promises", self._venue.promises, shaped, lambda plain: unshaped(Promises, plain)
            )
        except ReadFailed as error:
            return error
        return None

    def book(self, tx: Transaction, seen: Seen, now: Instant, *, without: str | None = None) -> Book:
        """The book as of ``now``, in this transaction. ``without`` is the ticket that is being used."""
        age_s = self._tape.note(
            "snapshot_age", lambda: self._clock.monotonic_s() - seen.began_s, lambda age: age, _decimal
        )
        return Book(
            now=now.wall,
            snapshot=seen.snapshot,
            snapshot_age_s=age_s,
            ledger=self._ledger(tx, seen, now),
            trading_state=self.state(tx, halted=seen.halted),
            reserved=self._reserved(tx, now, without),
        )

    def _ledger(self, tx: Transaction, seen: Seen, now: Instant) -> Ledger:
        ledger = self._tape.note(
            "ledger",
            lambda: self._folds.folded(LedgerFold(now.wall), tx, self._log.account).ledger,
            shaped,
            lambda plain: unshaped(Ledger, plain),
        )
        return ledger if ledger.units else self._opened(tx, ledger, seen)

    def _opened(self, tx: Transaction, ledger: Ledger, seen: Seen) -> Ledger:
        """The account's first look: what is in it was deposited, at a unit value of one."""
        worth = portfolio.equity(seen.snapshot)
        if worth is None or worth <= 0:
            return ledger
        deposit = FundsDeposited(
            account=self._log.account, amount_usdc=worth, nav=ONE, source="opening balance"
        )
        self._log.write_to(tx, ids.account_stream(self._log.account), deposit)
        return replace(ledger, units=worth)

    def state(self, tx: Transaction, *, halted: bool) -> TradingState:
        """The trading state: of the stop file, else as it was recorded last."""
        if halted:
            return TradingState.HALTED
        return self._tape.note(
            "trading_state",
            lambda: trading_state(tx),
            lambda state: state,
            lambda plain: TradingState(str(plain)),
        )

    def _reserved(self, tx: Transaction, now: Instant, without: str | None) -> tuple[SentAct, ...]:
        account = self._log.account
        return self._tape.note(
            "reserved",
            lambda: tuple(
                reserved(row)
                for row in tx.open_tickets(account)
                if row.ticket_id != without and not expiry(row).reached(now)
            ),
            lambda acts: [shaped(act) for act in acts],
            lambda plain: tuple(unshaped(SentAct, act) for act in _list(plain)),
        )


def _decimal(plain: object) -> Decimal:
    return parsed(str(plain))


def _list(plain: object) -> list[object]:
    assert isinstance(plain, list)
    return plain


def trading_state(tx: Transaction) -> TradingState:
    """ACTIVE or REDUCING, as the last change left it; HALTED needs a reopening even if its file is gone."""
    version = tx.version(ids.STATE_STREAM)
    if not version:
        return TradingState.ACTIVE
    last = tx.stream(ids.STATE_STREAM, version - 1)[-1].event
    if not isinstance(last, TradingStateChanged):
        raise InvalidTransition("the trading state's stream holds something else")
    return TradingState(last.target)


def reserved(row: TicketRow) -> SentAct:
    """A ticket as the limits count it: an act in full that has not been sent yet."""
    return SentAct(
        client_order_id=row.ticket_id,
        symbol=row.symbol,
        side=Side(row.side),
        bucket=row.bucket,
        size_usdc=parsed(row.size_usdc),
        loss_at_stop_usdc=parsed(row.loss_at_stop_usdc),
        at=moment(row.issued_at),
        venue_time=None,
        opening=True,
        approved_by=row.approved_by or None,
        state=None,
    )
