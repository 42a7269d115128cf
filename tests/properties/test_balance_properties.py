"""The balance over any history: how it is cut, in which order accounts' trades mingle, what is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.domain import balance
from desk.domain.events import (
    BetLost,
    Event,
    FeeCharged,
    FundsDeposited,
    FundsWithdrawn,
    TradeMoved,
    TradingStateChanged,
)
from desk.domain.money import ZERO
from desk.journal import memory_journal
from desk.journal.snapshots import Folding
from desk.ports import ANY, NewEvent
from desk.replay.account import Account, account_of

START = datetime(2016, 6, 24, tzinfo=UTC)
AMOUNTS = st.decimals(0, 10_000, places=6)
PRICES = st.decimals(1, 5_000, places=2)
UNRELATED = (
    BetLost(account="a", bet_id="b"),
    TradingStateChanged(source="ACTIVE", target="REDUCING", reason="r", by="ann"),
)


@st.composite
def trades(draw: st.DrawFn, number: int) -> list[Event]:
    """One trade's life, from its fill to wherever it got."""
    quantity, entry, leaving, fee = draw(AMOUNTS), draw(PRICES), draw(PRICES), draw(AMOUNTS)
    side, sign = draw(st.sampled_from([("buy", 1), ("sell", -1)]))
    known = {
        "trade_id": f"trd_{number}",
        "account": "a",
        "symbol": "SPX-PERP",
        "side": side,
        "source": "",
        "reason": "",
        "quantity": quantity,
        "entry_price": entry,
    }
    pnl = (sign * (leaving - entry) * quantity - 2 * fee).quantize(Decimal("0.01"))
    last = TradeMoved(**known, target="CLOSED", fees_usdc=2 * fee, exit_price=leaving, pnl_usdc=pnl)
    steps = [TradeMoved(**known, target=name, fees_usdc=fee) for name in ("FILLED", "HOLDING")]
    return [*steps, last][: draw(st.integers(0, 3))]


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Several trades, mingled with money that comes and goes and with events that move none."""
    lives = [draw(trades(number)) for number in range(draw(st.integers(0, 3)))]
    money = st.one_of(
        AMOUNTS.map(lambda much: FundsDeposited(account="a", amount_usdc=much, nav=Decimal(1), source="s")),
        AMOUNTS.map(lambda much: FundsWithdrawn(account="a", amount_usdc=much, nav=Decimal(1), target="t")),
        AMOUNTS.map(lambda much: FeeCharged(account="a", amount_usdc=much, what="funding")),
        st.sampled_from(UNRELATED),
    )
    lives += [[one] for one in draw(st.lists(money, max_size=8))]
    return mingled(draw, lives)


def mingled(draw: st.DrawFn, lives: list[list[Event]]) -> list[Event]:
    """One history of several; each keeps its own order."""
    turns = draw(st.permutations([n for n, life in enumerate(lives) for _ in life]))
    rest = [iter(life) for life in lives]
    return [next(rest[n]) for n in turns]


def recorded(history: list[Event]) -> Account:
    """The account in a journal, an event a second; another account's deposits in between."""
    journal = memory_journal()
    for n, event in enumerate(history):
        other = FundsDeposited(account="b", amount_usdc=Decimal(n), nav=Decimal(1), source="s")
        at = START + timedelta(seconds=n)
        for m, (owner, told) in enumerate((("a", event), ("b", other))):
            new = NewEvent(event=told, event_id=f"evt_{2 * n + m:032x}", occurred_at=at, account=owner)
            journal.append(f"account-{owner}", ANY, [new])
    return account_of(journal, "a", Folding())


@given(histories(), st.integers(0, 20))
def test_a_history_may_be_cut_anywhere_and_gone_on_from(history: list[Event], cut: int) -> None:
    first = balance.fold(history[:cut])
    assert balance.fold(history[cut:], first) == balance.fold(history)


@given(st.data())
def test_how_trades_and_money_mingle_does_not_matter(data: st.DataObject) -> None:
    history = data.draw(histories())
    lives: dict[object, list[Event]] = {}
    for n, event in enumerate(history):
        lives.setdefault(event.trade_id if isinstance(event, TradeMoved) else n, []).append(event)
    again = mingled(data.draw, list(lives.values()))
    assert balance.fold(again).usdc == balance.fold(history).usdc


@settings(max_examples=50)
@given(histories().filter(bool), st.integers(0, 20))
def test_the_balance_at_a_time_is_the_fold_of_what_was_recorded_until_then(
    history: list[Event], seconds: int
) -> None:
    account = recorded(history)
    known = balance.fold(history[: seconds + 1]).usdc
    assert account.balance_at(START + timedelta(seconds=seconds)) == known
    assert account.until(str(2 * seconds + 1)).balance_at() == known
    assert account.balance_at() == balance.fold(history).usdc
    assert account.balance_at(START - timedelta(seconds=1)) == ZERO


@settings(max_examples=50)
@given(histories().filter(bool), st.data())
def test_without_an_event_is_the_fold_of_all_others(history: list[Event], data: st.DataObject) -> None:
    account = recorded(history)
    n = data.draw(st.integers(0, len(history) - 1))
    without = account.without(account.events[n].event_id)
    assert without.balance == balance.fold(history[:n] + history[n + 1 :])
    assert len(without.events) == len(history) - 1
    if type(history[n]).__name__ not in balance.MOVING:
        assert without.balance == account.balance
        assert without.balances() == account.balances()


@settings(max_examples=50)
@given(histories().filter(bool))
def test_the_points_of_the_chart_add_up_to_the_balance(history: list[Event]) -> None:
    account = recorded(history)
    points = account.balances()
    assert sum((one.change_usdc for one in points), ZERO) == account.balance_at()
    for one in points:
        assert account.until(str(one.seq)).balance_at() == one.balance_usdc
        assert one.change_usdc != 0
