"""A fact that cannot be had is missing with its reason, never zero and never somebody else's."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from desk.briefs.reader import read
from desk.domain.dossier import Dossier
from desk.domain.market import Category, Market
from desk.domain.research import AccountFigures, build
from tests.brief_samples import FRONT, LAST, bars, markdown, sample, write

MACRO = "macro: {%s: {csv: m.csv}}\n"


def reasons(dossier: Dossier) -> dict[str, str]:
    return {gone.name: gone.reason for gone in dossier.missing}


def with_macro(folder: Path, name: str, *rows: str, header: str = "date,value") -> Dossier:
    (folder / "m.csv").write_text("\n".join([header, *rows]) + "\n")
    return build(sample(folder, MACRO % name))


def test_a_short_history_names_what_each_fact_needs(tmp_path: Path) -> None:
    missing = reasons(build(sample(tmp_path)))

    assert missing["ma200"] == "needs 200 visible bars"
    assert missing["base_target_long"] == "needs 30 past entries, has 6"
    assert missing["vix"] == "not in the brief"
    assert missing["equity"] == "no account was read"


def test_a_market_that_never_moves_has_no_rsi_no_atr_and_no_cost_in_r(tmp_path: Path) -> None:
    flat = ["date,close", *(row.split(",")[0] + ",100" for row in bars()[1:])]

    dossier = build(sample(tmp_path, rows=flat))

    assert dossier.value("close") == 100
    assert {"rsi14", "atr14", "slope", "ext", "cost_in_r_long", "break_even_short"} < set(reasons(dossier))


def test_bars_too_old_for_as_of_give_no_fact_at_all(tmp_path: Path) -> None:
    stale = FRONT.replace(str(LAST), "2016-03-08")

    dossier = build(read(str(write(tmp_path, markdown(stale)))))

    assert dossier.fact("close") is None
    assert reasons(dossier)["ma20"] == "too old: the last bar closed 8 d before as_of, at most 7 d"


def test_a_vix_older_than_five_days_does_not_exist(tmp_path: Path) -> None:
    assert with_macro(tmp_path, "vix", "2016-02-24,20").value("vix") == 20

    gone = with_macro(tmp_path, "vix", "2016-02-23,20")

    assert reasons(gone)["vix"] == "too old: the last row was known 6 d before as_of, at most 5 d"


def test_monthly_figures_live_forty_five_days_beyond_availability(tmp_path: Path) -> None:
    """Yields of December are known on 2 January: 45 days later is 16 February."""
    header = "date,aaa,baa"
    assert with_macro(tmp_path, "credit", "2015-12-01,4,5", header=header).value("credit_spread") is None
    assert with_macro(tmp_path, "credit", "2016-01-01,4,5", header=header).value("credit_spread") == 1


def test_a_missing_month_is_not_stepped_over(tmp_path: Path) -> None:
    """Four rows, but the month three before the last is not among them."""
    rows = ("2015-08-01,4,5", "2015-09-01,4,5", "2015-12-01,4,5", "2016-01-01,4,5.5")

    dossier = with_macro(tmp_path, "credit", *rows, header="date,aaa,baa")

    assert dossier.value("credit_spread") == Decimal("1.5")
    assert "month three before" in reasons(dossier)["credit_change_3m"]


def test_a_percentile_wants_half_a_year_of_vix(tmp_path: Path) -> None:
    dossier = with_macro(tmp_path, "vix", *(f"2016-02-{day},20" for day in range(20, 29)))

    assert dossier.value("vix_change_5d") == 0
    assert reasons(dossier)["vix_percentile"] == "needs 126 visible rows"


def test_another_market_s_fact_never_answers_for_the_traded_one(tmp_path: Path) -> None:
    """The first symbol has no volume, the second has: the name alone must not find the second's."""
    (tmp_path / "ndx.csv").write_text("\n".join(bars()) + "\n")
    two = FRONT.replace("[SPX-PERP]", "[SPX-PERP, NDX-PERP]") + "  NDX-PERP: ndx.csv\n"
    closes = ["date,close", *(f"{row.split(',')[0]},{row.split(',')[4]}" for row in bars()[1:])]

    dossier = build(read(str(write(tmp_path, markdown(two), closes))))

    assert any((fact.name, fact.symbol) == ("volume_ratio", "NDX-PERP") for fact in dossier)
    assert dossier.fact("volume_ratio") is None


def test_the_account_s_facts_are_those_that_were_read(tmp_path: Path) -> None:
    account = AccountFigures(
        as_of=datetime(2016, 3, 1, tzinfo=UTC),
        balance_usdc=Decimal(10_000),
        equity_usdc=Decimal(9_900),
        exposure_usdc=Decimal(100),
        correlated_usdc=Decimal(50),
        drawdown=Decimal("0.01"),
        day_loss_usdc=Decimal(100),
        open_positions=1,
        max_admissible_usdc=Decimal(297),
    )

    dossier = build(sample(tmp_path), account)

    assert (dossier.value("equity"), dossier.value("max_admissible")) == (9_900, 297)


def test_the_venue_s_list_decides_category_fee_and_spread(tmp_path: Path) -> None:
    brief = sample(tmp_path)
    market = Market(
        symbol="SPX-PERP",
        category=Category.STOCKS,
        amount_step=Decimal("0.1"),
        price_step=Decimal("0.1"),
        min_notional_usdc=Decimal(1),
        taker_fee=Decimal("0.001"),
        spread=None,
    )

    ours, theirs = build(brief), build(brief, markets={"SPX-PERP": market})

    assert (ours.category, ours.value("spread")) == ("indices", Decimal("0.0002"))
    assert (theirs.category, theirs.value("spread")) == ("stocks", Decimal("0.0004"))
    assert theirs.value("taker_fee") == Decimal("0.001")


def test_a_symbol_nobody_described_pays_the_widest_spread(tmp_path: Path) -> None:
    front = FRONT.replace("SPX-PERP", "XYZ")

    dossier = build(read(str(write(tmp_path, markdown(front)))))

    assert (dossier.category, dossier.value("spread")) == ("crypto", Decimal("0.0004"))


def test_an_event_within_a_day_of_as_of_is_named(tmp_path: Path) -> None:
    near = sample(tmp_path, "events: [2016-03-01T23:00:00Z Count]\n")
    far = sample(tmp_path, "events: [2016-03-02T00:00:01Z Count]\n")

    assert build(near).event_within_24h == "Count"
    assert build(far).event_within_24h is None
