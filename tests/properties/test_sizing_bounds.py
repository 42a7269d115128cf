"""Whatever the analysts, the officer and the market say, the size stays inside every bound on it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from desk.domain.debate import Approval, Result
from desk.domain.dossier import Dossier
from desk.domain.levels import Levels
from desk.domain.limits import CEILING
from desk.domain.market import Side
from desk.domain.minting import Terms, mint
from desk.domain.proposal import Intent, Kill, Mandate, opening_act, slip
from desk.domain.risk import assess
from desk.domain.sizing import certainty, size_usdc
from tests.dossier_samples import dossier
from tests.kernel.values import MARKET, NOW, book, ledger

D = Decimal
SEEN: Dossier = dossier()


def decimals(low: str, high: str, places: int = 4) -> st.SearchStrategy[Decimal]:
    return st.decimals(D(low), D(high), places=places, allow_nan=False, allow_infinity=False)


def terms(**changes: Any) -> Terms:
    fields: dict[str, Any] = {
        "venue": "paper",
        "account": "paper:test",
        "as_of": NOW,
        "bar_s": 86_400,
        "mandate": Mandate(),
        "events": (),
        "market": MARKET,
        "equity": Decimal(10_000),
    }
    return Terms(**(fields | changes))


SIZES: dict[str, st.SearchStrategy[Any]] = {
    "equity": decimals("-1000", "1000000", 2),
    "distance": decimals("0", "0.5", 6),
    "cost": decimals("0", "0.05", 6),
    "x": decimals("0", "1"),
    "halve": st.booleans(),
    "size_step": st.sampled_from([25, 50, 75, 100]),
}


@given(st.fixed_dictionaries(SIZES))
def test_a_size_is_whole_and_never_more_than_three_percent_of_equity(asked: dict[str, Any]) -> None:
    size = size_usdc(**asked)

    assert size == int(size) >= 0
    assert size <= max(D(0), CEILING.trade_size * asked["equity"])


@given(st.fixed_dictionaries(SIZES))
def test_a_stop_costs_at_most_the_risk_it_was_sized_for(asked: dict[str, Any]) -> None:
    """0.035 % of equity when both are certain, half of it in a storm."""
    slip = min(D("0.01"), asked["distance"] / 10)
    lost = size_usdc(**asked) * (asked["distance"] + slip + asked["cost"])

    share = D("0.00035") / (2 if asked["halve"] else 1)
    assert lost <= max(D(0), asked["equity"]) * share * asked["size_step"] / 100


@given(st.fixed_dictionaries(SIZES), decimals("0", "1"))
def test_less_certainty_a_smaller_step_or_a_storm_never_sizes_more(asked: dict[str, Any], x: Decimal) -> None:
    size = size_usdc(**asked)

    assert size_usdc(**{**asked, "x": min(x, asked["x"])}) <= size
    assert size_usdc(**{**asked, "size_step": 25}) <= size
    assert size_usdc(**{**asked, "halve": True}) <= size


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_certainty_lies_between_nothing_and_one(lead: Decimal) -> None:
    assert 0 <= certainty(lead) <= 1


# ---- the intent, and the gate behind it ----------------------------------------------------------


@st.composite
def approvals(draw: st.DrawFn) -> Approval:
    """Levels around 2000 that mostly pass the gate's rules on levels, with any certainty."""
    side, entry = draw(st.sampled_from(Side)), draw(decimals("1999", "2001", 2))
    stop = entry * draw(decimals("0.014", "0.052", 5))
    target = stop * draw(decimals("3.1", "5", 2))
    return Approval(
        side=side,
        levels=Levels(entry=entry, stop=entry - side.sign * stop, target=entry + side.sign * target),
        cost=D("0.0013"),
        x=draw(decimals("0", "1")),
        halve=draw(st.booleans()),
        size_step=draw(st.sampled_from([25, 50, 75, 100])),
        kill_if=(Kill(fact_name="close", op="<=", threshold=D(1), known=D(2000)),),
        dissent=(),
        case_against="",
    )


@given(
    approvals(),
    st.integers(3_000, 100_000).map(Decimal),
    st.none() | st.integers(10, 400).map(Decimal),
    st.none() | decimals("0.1", "10", 1),
)
def test_what_the_gate_clears_is_inside_the_mandate_and_what_it_would_admit(
    approval: Approval, equity: Decimal, notional: Decimal | None, loss: Decimal | None
) -> None:
    mandate = Mandate(max_notional_usdc=notional, max_loss_usdc=loss)
    on = terms(mandate=mandate, equity=equity)
    minted = mint(approval, SEEN, on, "int_" + "1" * 32)
    if isinstance(minted, Result):
        assert minted.reasons == ("SIZE_BELOW_MINIMUM",)
        return
    _held_to_its_bounds(minted, equity, mandate)


@given(approvals(), st.sampled_from(["0.5", "1", "10", "12.5"]).map(Decimal))
def test_an_account_nobody_can_read_is_the_gates_to_deny_whatever_the_venue_takes(
    approval: Approval, least: Decimal
) -> None:
    on = terms(market=replace(MARKET, min_notional_usdc=least), equity=None)
    minted = mint(approval, SEEN, on, "int_" + "1" * 32)

    assert isinstance(minted, Intent)
    assert "INPUT_UNKNOWN" in assess(minted, book(balance_usdc=None), CEILING).reasons


@given(approvals(), st.sampled_from([Decimal(-5), Decimal(0), Decimal(100)]))
def test_an_account_with_too_little_in_it_makes_no_trade(approval: Approval, equity: Decimal) -> None:
    on = terms(equity=equity)
    minted = mint(approval, SEEN, on, "int_" + "1" * 32)

    assert isinstance(minted, Result)
    assert (minted.outcome, minted.decided_by) == ("no_trade", "system")
    assert minted.reasons == ("SIZE_BELOW_MINIMUM",)


def _held_to_its_bounds(minted: Intent, equity: Decimal, mandate: Mandate) -> None:
    act = minted.act
    assert act.quantity * act.limit <= act.size_usdc <= CEILING.trade_size * equity
    funded = book(balance_usdc=equity, available_usdc=equity, ledger=ledger(units=equity))
    assessed = assess(minted, funded, CEILING)
    if assessed.cleared:
        assert act.size_usdc <= assessed.max_admissible_usdc
        assert mandate.max_notional_usdc is None or act.size_usdc <= mandate.max_notional_usdc
        lost = act.loss_at_stop_usdc(MARKET.taker_fee)
        assert mandate.max_loss_usdc is None or lost <= mandate.max_loss_usdc


# ---- the venue's steps ---------------------------------------------------------------------------


@given(approvals(), decimals("10", "300", 2), st.sampled_from(["0.01", "0.05", "0.25", "1"]))
def test_rounding_to_the_venues_steps_never_adds_risk(approval: Approval, size: Decimal, step: str) -> None:
    """Bought or sold: no price beyond the levels, less than a step inside them, no quantity past the size."""
    levels, grid, sign = approval.levels, D(step), approval.side.sign
    act = opening_act(
        venue="paper",
        market=replace(MARKET, price_step=grid),
        side=approval.side,
        size_usdc=size,
        entry=levels.entry,
        stop=levels.stop,
        target=levels.target,
        as_of=NOW,
        bar=timedelta(days=1),
    )

    assert act.stop is not None
    assert act.target is not None
    worst = levels.entry * (1 + sign * slip(levels.distance))
    assert all(price % grid == 0 for price in (act.limit, act.stop, act.target))
    assert 0 <= sign * (worst - act.limit) < grid
    assert 0 <= sign * (act.stop - levels.stop) < grid
    assert 0 <= sign * (levels.target - act.target) < grid
    assert act.quantity % MARKET.amount_step == 0
    assert size - MARKET.amount_step * act.limit < act.quantity * act.limit <= size
