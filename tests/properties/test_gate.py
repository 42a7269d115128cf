"""The gate against an independent reading of its rules, in exact fractions, over made-up books."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from desk.domain.book import Assessment, Book, TradingState
from desk.domain.lifecycle import OrderState
from desk.domain.limits import CEILING, LARGER_IS_STRICTER, Limits
from desk.domain.market import Side
from desk.domain.money import floor_to
from desk.domain.portfolio import SentAct
from desk.domain.proposal import Intent, Kill, Mandate
from desk.domain.risk import assess
from tests.kernel.values import GOOG, NOW, SPX, book, held, intent, ledger, quote, sent

D, F = Decimal, Fraction
BOUNDED = settings(max_examples=250, deadline=None, derandomize=True)

# ---- the reference -------------------------------------------------------------------------------


def violated(intent: Intent, book: Book, limits: Limits) -> set[str]:
    """Codes of DESIGN section 7 that this trade breaks on this (complete) book."""
    act, basis, seen = intent.act, intent.basis, book.snapshot
    lim = {name: F(value) for name, value in asdict(limits).items()}
    at = {one.symbol: one for one in seen.quotes}
    fee, spread, sign = F(seen.market.taker_fee), F(seen.market.spread), 1 if act.side is Side.BUY else -1
    size, limit, stop, target = (F(x) for x in (act.size_usdc, act.limit, act.stop, act.target))
    entry, last = F(basis.entry), at[act.symbol]
    mid = (F(last.bid) + F(last.ask)) / 2

    def out_at(position: Any) -> F:
        return F(at[position.symbol].bid if position.side is Side.BUY else at[position.symbol].ask)

    gains = [(out_at(p) - F(p.entry_price)) * F(p.quantity) * p.side.sign for p in seen.positions]
    equity = F(seen.balance_usdc) + sum(gains)
    nav = equity / F(book.ledger.units)
    peak = max(F(book.ledger.peak_nav), nav)
    start = F(book.ledger.last_nav) if book.ledger.last_nav is not None else None
    lost = max(F(0), (start - nav) * F(book.ledger.units)) if start is not None else F(0)
    pending = [a for a in book.openings if a.state is None or a.state in OPEN]
    counted = [a for a in book.openings if a.state not in NO_EFFECT]
    worth = [(p, F(p.quantity) * max(F(p.entry_price), out_at(p))) for p in seen.positions]
    symbol = sum(w for p, w in worth if p.symbol == act.symbol) + total(pending, symbol=act.symbol)
    alike = sum(w for p, w in worth if p.side is act.side) + total(pending, side=act.side)
    all_held = sum(w for _, w in worth) + total(pending)
    risk = sum((at_stop(p, out_at(p), fee) for p in seen.positions), F(0))
    risk += sum(F(a.loss_at_stop_usdc) for a in pending)
    mine = size * (abs(limit - stop) / limit + fee * (1 + stop / limit))
    cost = (2 * fee + spread) * entry
    like = [a for a in counted if a.symbol == act.symbol and a.side is act.side and young(a, 300)]
    rules = {
        "TRADE_SIZE": size <= lim["trade_size"] * min(F(seen.available_usdc), equity),
        "POSITION_SIZE": symbol + size <= lim["position_size"],
        "POSITION_SHARE": symbol + size <= lim["position_share"] * equity,
        "CATEGORY_SHARE": alike + size <= lim["category_share"] * equity,
        "CASH_RESERVE": F(seen.available_usdc) - all_held - size * (1 + fee) >= lim["cash_reserve"] * equity,
        "DRAWDOWN": equity > 0 and (peak - nav) / peak < lim["drawdown"],
        "DAILY_LOSS": lost + risk + mine < lim["daily_loss"] * equity,
        "STOP_SIDE": sign * (limit - stop) > 0 and sign * (entry - stop) > 0 and sign * (target - limit) > 0,
        "STOP_DISTANCE": abs(limit - stop) / limit <= lim["stop_distance"],
        "STOP_IN_NOISE": abs(entry - stop)
        >= max(lim["stop_atr"] * F(basis.atr), lim["stop_spreads"] * spread * entry),
        "REWARD_RISK": abs(target - limit) - cost >= lim["reward_risk"] * (abs(limit - stop) + cost),
        "PRICE_COLLAR": abs(mid - F(basis.reference)) / F(basis.reference)
        <= min(lim["price_collar"], lim["price_collar_stop"] * abs(entry - stop) / entry),
        "QUOTE_STALE": -5 <= (seen.venue_time - last.timestamp).total_seconds() <= lim["quote_stale"],
        "INTENT_EXPIRED": seen.venue_time <= act.valid_until,
        "KILL_IF": not any(k.op == "<" and F(last.last) < F(k.threshold) for k in basis.kill_if),
        "MANDATE": act.kind in basis.mandate.kinds
        and size <= F(basis.mandate.max_notional_usdc or 10**9)
        and mine <= F(basis.mandate.max_loss_usdc or 10**9),
        "DAILY_NOTIONAL": total([a for a in counted if a.venue_time.date() == NOW.date()]) + size
        <= lim["daily_notional"],
        "ORDER_RATE": 1 + sum(young(a, 60) for a in book.openings) <= lim["order_rate"],
        "DUPLICATE": all(abs(size - F(a.size_usdc)) > F(a.size_usdc) * lim["duplicate"] for a in like),
        "LEVERAGE": act.leverage == 1,
        "SYMBOL_FROZEN": not any(a.symbol == act.symbol and a.state in FROZEN for a in book.acts),
        "STATE_REDUCING": book.trading_state is not TradingState.REDUCING,
        "STATE_HALTED": book.trading_state is not TradingState.HALTED,
        "SIZE_BELOW_MINIMUM": size >= F(seen.market.min_notional_usdc)
        and size.denominator == 1
        and 0 < F(act.quantity) * limit <= size,
    }
    return {code for code, holds in rules.items() if not holds}


FROZEN = {OrderState.SUBMITTED, OrderState.UNKNOWN}
OPEN = FROZEN | {OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED}
NO_EFFECT = {OrderState.NOT_SENT, OrderState.REJECTED, OrderState.ABSENT}


def total(acts: list[SentAct], **wanted: object) -> F:
    found = [a for a in acts if all(getattr(a, name) == value for name, value in wanted.items())]
    return sum((F(a.size_usdc) for a in found), F(0))


def young(act: SentAct, seconds: int) -> bool:
    return act.at > NOW - timedelta(seconds=seconds)


def at_stop(position: Any, price: F, fee: F) -> F:
    quantity = F(position.quantity)
    if position.stop is None:
        return quantity * max(F(position.entry_price), price)
    stop = F(position.stop)
    return max(F(0), position.side.sign * (price - stop) * quantity) + fee * quantity * stop


# ---- made-up books and trades --------------------------------------------------------------------

sides = st.sampled_from(Side)
some = st.integers(1, 12).map(lambda n: n == 1)


def mostly(usual: object, *others: object) -> st.SearchStrategy[Any]:
    """``usual`` in about nine draws of ten, so that a fair share of the trades clears."""
    return st.sampled_from([usual] * 9 * max(1, len(others)) + [*others])


@st.composite
def trades(draw: st.DrawFn) -> Intent:
    side = draw(sides)
    size = draw(st.integers(8, 320).map(D))
    far = draw(st.integers(20, 52).map(lambda n: D(n) / 1000))
    entry, wide = D(2000), D(2000) * far
    limit = entry + side.sign * min(D(20), wide / 10)
    step = draw(mostly(1, -1)) * side.sign
    return intent(
        side=side,
        size_usdc=size,
        quantity=floor_to(size / limit, D("0.0001")) + draw(mostly(D(0), D("0.01"))),
        limit=limit,
        stop=entry - step * wide,
        target=entry + side.sign * wide * draw(st.integers(30, 45)) / 10,
        leverage=draw(mostly(1, 2)),
        valid_until=NOW + timedelta(hours=draw(mostly(1, -1))),
        reference=D(2000) + draw(st.integers(-6, 9)),
        atr=draw(st.integers(10, 46).map(D)),
        kill_if=(Kill(fact_name="close", op="<", threshold=draw(mostly(D(1500), D(2500))), known=None),),
        mandate=Mandate(
            max_notional_usdc=draw(mostly(None, D(60))), max_loss_usdc=draw(mostly(None, D(2), D(4)))
        ),
    )


@st.composite
def sends(draw: st.DrawFn) -> SentAct:
    """Something sent before, mostly small and long ago."""
    return sent(
        draw(st.integers(1, 300)),
        ago_s=draw(st.integers(0, 30_000)),
        symbol=draw(st.sampled_from([SPX, GOOG])),
        side=draw(sides),
        state=draw(mostly(OrderState.FILLED, *OPEN, *NO_EFFECT, None)),
    )


@st.composite
def books(draw: st.DrawFn) -> Book:
    cash = draw(st.integers(2_500, 30_000).map(D))
    positions = tuple(
        held(
            draw(st.integers(1, 500)),
            symbol=draw(st.sampled_from([SPX, GOOG])),
            side=(side := draw(sides)),
            stop=draw(mostly(D(2000) - side.sign * 30, None)),
        )
        for _ in range(draw(st.integers(0, 2)))
    )
    acts = draw(st.lists(sends(), max_size=3))
    return book(
        balance_usdc=cash,
        available_usdc=cash - draw(st.integers(0, 200)),
        positions=positions,
        quotes=(quote(age_s=draw(mostly(0, 30, 31, -5, -6))), quote(D(1990), symbol=GOOG)),
        trading_state=draw(mostly(*TradingState)),
        ledger=ledger(
            *acts, units=cash, last_nav=draw(mostly(D(1), D("1.03"), D("1.3"))), peak_nav=D("1.05")
        ),
    )


# ---- what holds ----------------------------------------------------------------------------------


@given(trades(), books())
@settings(parent=BOUNDED, max_examples=600)
def test_the_gate_names_exactly_the_rules_that_are_broken(trade: Intent, on: Book):
    judged = assess(trade, on, CEILING)
    assert set(judged.reasons) == violated(trade, on, CEILING)
    assert judged.cleared == (not judged.reasons)


def test_both_answers_are_among_the_made_up_trades():
    """A reference that only ever sees denials would prove nothing."""
    seen: list[bool] = []

    @given(trades(), books())
    @BOUNDED
    def look(trade: Intent, on: Book) -> None:
        seen.append(assess(trade, on, CEILING).cleared)

    look()
    assert 0.02 < sum(seen) / len(seen) < 0.95


def with_size(trade: Intent, size: D) -> Intent:
    quantity = floor_to(size / trade.act.limit, D("0.0001"))
    return replace(trade, act=replace(trade.act, size_usdc=size, quantity=quantity))


@given(trades(), books())
@BOUNDED
def test_every_whole_size_up_to_the_largest_admissible_passes_and_the_next_fails(trade: Intent, on: Book):
    judged = assess(trade, on, CEILING)
    largest, minimum = int(judged.max_admissible_usdc), 10
    passing = [assess(with_size(trade, D(n)), on, CEILING) for n in range(minimum, largest + 1)]
    assert all(one.cleared for one in passing)
    assert not assess(with_size(trade, D(max(minimum, largest + 1))), on, CEILING).cleared
    free = int(judged.max_without_human_usdc)
    assert not any(one.human_reasons for one in passing[: max(0, free - minimum + 1)])
    if free < largest:
        assert assess(with_size(trade, D(max(minimum, free + 1))), on, CEILING).human_reasons


def tighter(limits: Limits, name: str, by: D) -> Limits:
    now = getattr(limits, name)
    return replace(limits, **{name: now * (1 + by) if name in LARGER_IS_STRICTER else now * (1 - by)})


@given(
    trades(),
    books(),
    st.sampled_from(Limits.__struct_fields__),
    st.integers(0, 100).map(lambda n: D(n) / 100),
)
@BOUNDED
def test_a_tightened_limit_only_denies_more(trade: Intent, on: Book, name: str, by: D):
    loose, tight = assess(trade, on, CEILING), assess(trade, on, tighter(CEILING, name, by))
    assert set(loose.reasons) <= set(tight.reasons)
    assert tight.max_admissible_usdc <= loose.max_admissible_usdc
    assert tight.max_without_human_usdc <= loose.max_without_human_usdc


# ---- total ---------------------------------------------------------------------------------------

anything = st.decimals(allow_nan=True, allow_infinity=True) | st.sampled_from(
    [D("sNaN"), D("-0"), D("1E-9999"), D("1E+9999"), D("-1E+9999"), D(0)]
)
perhaps = st.none() | anything


def judge(trade: Intent, on: Book) -> Assessment:
    judged = assess(trade, on, CEILING)
    assert judged.cleared == all(ok for _, ok, _, _ in judged.results)
    assert judged.max_admissible_usdc >= 0
    return judged


@given(anything, perhaps, perhaps, anything, st.data())
@settings(parent=BOUNDED, max_examples=600)
def test_no_figure_makes_the_gate_raise(one: D, two: D | None, three: D | None, four: D, data: st.DataObject):
    trade = intent(
        entry=data.draw(st.sampled_from([D(2000), one])),
        reference=data.draw(st.sampled_from([D(2000), four])),
        atr=data.draw(st.sampled_from([D(30), two])),
        mandate=Mandate(max_notional_usdc=two, max_loss_usdc=three),
        kill_if=(Kill(fact_name="vix", op="<", threshold=one, known=three),),
    )
    position = replace(held(10), quantity=one, entry_price=four, stop=two)
    judge(trade, book(positions=(position,), balance_usdc=two, available_usdc=three))
    odd = quote() if one.is_nan() else replace(quote(), bid=one, ask=four, last=one)
    judge(trade, book(quotes=(odd,), accrued_fees_usdc=four, snapshot_age_s=one))
    judge(intent(), book(ledger=ledger(sent(1, size_usdc=one), units=four, peak_nav=one, last_nav=two)))


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("venue_time", "market", "market_open", "balance_usdc", "available_usdc", "positions", "orders"),
            st.none(),
        ),
    )
)
@BOUNDED
def test_no_missing_part_makes_the_gate_raise_or_clear(missing: dict[str, None]):
    judged = judge(intent(), book(**missing))
    assert judged.cleared == (not missing)
