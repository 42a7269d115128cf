"""One account as its journal has it: its events, and its cash at any of them, or as if one had not been."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from msgspec import Struct

from desk.domain import balance
from desk.domain.balance import Balance, BalanceFold
from desk.errors import UsageError
from desk.ports import Folds, Journal, Recorded
from desk.replay.moment import events_until


class BalancePoint(Struct, frozen=True, kw_only=True):
    """The cash after one event that moved it. ``at`` is when that was recorded; amounts are USDC."""

    seq: int
    event_id: str
    at: datetime
    what: str
    change_usdc: Decimal
    balance_usdc: Decimal


class Account:
    """One account, read only. Amounts are USDC; times are those at which events were recorded.

    Args:
        balance: its cash, and the trades that are still to move it.
        load: reads its events, oldest first; called when they are first looked at.
    """

    def __init__(self, name: str, balance: Balance, load: Callable[[], Sequence[Recorded]]) -> None:
        self.name = name
        self.balance = balance
        self._load = load

    @cached_property
    def events(self) -> tuple[Recorded, ...]:
        """Everything that was recorded for it, oldest first."""
        return tuple(self._load())

    def balance_at(self, t: datetime | None = None) -> Decimal:
        """Cash after everything that was recorded until ``t``, or at all; zero before the first event.

        Raises:
            UsageError: ``t`` has no offset, so it could mean anything.
        """
        known = self if t is None else self.until(t.isoformat())
        return known.balance.usdc

    def balances(self) -> tuple[BalancePoint, ...]:
        """How the cash came to be what it is, for a chart: a point for each event that moved it."""
        return tuple(self._points())

    def without(self, event_id: str) -> Account:
        """This account as if that one event had not been recorded; all others stay as they are.

        Raises:
            UsageError: no event of this account has this id (``NO_EVENT``).
        """
        rest = [one for one in self.events if one.event_id != event_id]
        if len(rest) == len(self.events):
            raise UsageError(
                f"the account {self.name} has no event {event_id[:60]!a}",
                fix="`desk balance --json` lists those that moved its cash",
                code="NO_EVENT",
            )
        return _folded(self.name, rest)

    def until(self, place: str) -> Account:
        """This account as it stood after event ``place`` (its number), or at a time with its offset.

        Raises:
            UsageError: it is neither.
        """
        return _folded(self.name, events_until(self.events, place))

    def _points(self) -> Iterator[BalancePoint]:
        before = Balance()
        for one in self.events:
            if one.event_type not in balance.MOVING:
                continue
            now = balance.after(before, one.event)
            if now.usdc != before.usdc:
                yield BalancePoint(
                    seq=one.seq,
                    event_id=one.event_id,
                    at=one.occurred_at,
                    what=one.event_type,
                    change_usdc=now.usdc - before.usdc,
                    balance_usdc=now.usdc,
                )
            before = now

    def __repr__(self) -> str:
        return f"<Account {self.name}: {self.balance.usdc} USDC>"


def _folded(name: str, events: Sequence[Recorded]) -> Account:
    moving = (one.event for one in events if one.event_type in balance.MOVING)
    return Account(name, balance.fold(moving), lambda: events)


def account_of(journal: Journal, name: str, folds: Folds) -> Account:
    """The account of this name, as it is now; its events are read when they are looked at.

    Raises:
        UsageError: nothing was ever recorded for it (``NO_ACCOUNT``).
    """
    newest, _ = journal.head()
    now = folds.folded(BalanceFold(), journal, name)
    if now == Balance() and not journal.of_account(name):
        raise UsageError(
            f"there is no account {name[:80]!a} here",
            why="nothing was ever recorded for it",
            fix="`desk show` names the account of a session",
            code="NO_ACCOUNT",
        )
    return Account(name, now, lambda: events_until(journal.of_account(name), str(newest)))
