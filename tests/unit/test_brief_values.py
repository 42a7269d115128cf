"""What a brief's values mean: series and their visibility, events, mandate, record, scaffold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desk.briefs.catalog import BUNDLED
from desk.briefs.reader import read
from desk.briefs.scaffold import new_brief_text
from desk.domain.brief import brief_from_record
from desk.domain.proposal import Mandate
from desk.domain.series import MacroName
from desk.errors import BriefError
from tests.brief_samples import FIRST, FRONT, bars, markdown, refused, sample, write

DAY = timedelta(days=1)


def macro_file(folder: Path, *rows: str, header: str = "date,value") -> None:
    (folder / "m.csv").write_text("\n".join([header, *rows]) + "\n")


def known_at(folder: Path, entry: str, *rows: str, header: str = "date,value") -> datetime:
    """When the first row of this macro entry is known."""
    macro_file(folder, *rows, header=header)
    brief = sample(folder, f"macro: {{{entry}}}\n")
    (series,) = brief.macro.values()
    return series.rows[0].available_at


def test_a_bare_macro_date_is_known_at_the_next_midnight(tmp_path: Path) -> None:
    assert known_at(tmp_path, "vix: {csv: m.csv}", "2016-02-01,20") == datetime(2016, 2, 2, tzinfo=UTC)


def test_a_macro_row_with_a_time_is_stamped_at_open(tmp_path: Path) -> None:
    rows = ("2016-02-01 10:00:00,20", "2016-02-01 11:00:00,20", "2016-02-01 12:00:00,20")

    assert known_at(tmp_path, "vix: {csv: m.csv}", *rows) == datetime(2016, 2, 1, 11, tzinfo=UTC)


def test_yields_are_known_the_day_after_the_first_of_the_next_month(tmp_path: Path) -> None:
    known = known_at(tmp_path, "credit: {csv: m.csv}", "2016-01-01,4,5", header="date,aaa,baa")

    assert known == datetime(2016, 2, 2, tzinfo=UTC)


def test_core_cpi_is_known_fifty_days_after_the_first_of_its_month(tmp_path: Path) -> None:
    known = known_at(tmp_path, "core_cpi: {csv: m.csv}", "2015-12-01,240")

    assert known == datetime(2016, 1, 20, tzinfo=UTC)


def test_a_brief_may_say_what_its_own_rows_mean(tmp_path: Path) -> None:
    entry = "core_cpi: {csv: m.csv, stamp: period, publication_lag: 20d, max_age: 36h}"

    assert known_at(tmp_path, entry, "2015-12-01,240") == datetime(2016, 1, 21, tzinfo=UTC)
    assert sample(tmp_path, f"macro: {{{entry}}}\n").macro[MacroName.CORE_CPI].visibility.max_age == 1.5 * DAY


def test_credit_finds_its_columns_by_name_in_any_order(tmp_path: Path) -> None:
    macro_file(tmp_path, "2016-01-01,5,4", header="date,baa_yield_pct,aaa_yield_pct")

    series = sample(tmp_path, "macro: {credit: {csv: m.csv}}\n").macro[MacroName.CREDIT]

    assert series.rows[0].values == (Decimal(4), Decimal(5))


def test_a_macro_row_after_as_of_is_refused(tmp_path: Path) -> None:
    macro_file(tmp_path, "2016-02-29,20", "2016-03-01,20")

    error = refused(write(tmp_path, markdown(FRONT + "macro: {vix: {csv: m.csv}}\n")))

    assert (error.file, error.line) == ("m.csv", 3)


def test_a_tape_begins_at_as_of(tmp_path: Path) -> None:
    tape = tmp_path / "tape.csv"
    tape.write_text("\n".join(bars(3, FIRST + 60 * DAY)) + "\n")
    assert len(sample(tmp_path, "tape: {SPX-PERP: tape.csv}\n").tape["SPX-PERP"].bars) == 3

    tape.write_text("\n".join(bars(3, FIRST + 59 * DAY)) + "\n")

    assert refused(write(tmp_path, markdown(FRONT + "tape: {SPX-PERP: tape.csv}\n"))).line == 2


def test_months_named_by_their_first_day_are_known_when_they_are_over(tmp_path: Path) -> None:
    rows = ["date,close", "2015-11-01,1", "2015-12-01,1", "2016-01-01,1", "2016-02-01,1"]

    series = sample(tmp_path, rows=rows).bars["SPX-PERP"]

    assert series.timeframe == "1mo"
    assert series.bars[-1].available_at == datetime(2016, 3, 1, tzinfo=UTC)


def test_the_mandate_is_trades_only_unless_the_brief_says_more(tmp_path: Path) -> None:
    assert sample(tmp_path).mandate == Mandate()

    wider = sample(tmp_path, "mandate: {kinds: [trade, bet], max_notional_usdc: 50, max_loss_usdc: 1.5}\n")

    assert wider.mandate == Mandate(
        kinds=("trade", "bet"), max_notional_usdc=Decimal(50), max_loss_usdc=Decimal("1.5")
    )


def test_an_event_on_a_bare_date_lasts_that_day(tmp_path: Path) -> None:
    brief = sample(tmp_path, "events: [2016-03-02 Vote, {at: 2016-03-09T18:00:00Z, name: FOMC}]\n")

    vote, fomc = brief.events

    assert vote.within(DAY, datetime(2016, 3, 1, tzinfo=UTC))
    assert not vote.within(DAY, datetime(2016, 2, 29, 23, tzinfo=UTC))
    assert vote.within(DAY, datetime(2016, 3, 4, tzinfo=UTC))
    assert (fomc.name, brief.event_moments[-1]) == ("FOMC", datetime(2016, 3, 9, 18, tzinfo=UTC))


@pytest.mark.parametrize("name", BUNDLED)
def test_a_brief_is_rebuilt_equal_from_its_record(name: str) -> None:
    brief = read(f"@{name}")
    document = json.loads(json.dumps(brief.document()))

    again = brief_from_record(document, {key: one.body for key, one in brief.slices.items()})

    assert again == brief
    assert (again.sha256, again.name) == (brief.sha256, name)


def test_a_record_with_an_altered_slice_is_refused(tmp_path: Path) -> None:
    brief = sample(tmp_path)
    altered = {key: one.body.replace(b"159", b"158") for key, one in brief.slices.items()}

    with pytest.raises(BriefError, match="missing or altered"):
        brief_from_record(brief.document(), altered)


def test_the_hash_covers_data_and_text_but_not_the_name(tmp_path: Path) -> None:
    brief = sample(tmp_path)
    renamed = tmp_path / "other.md"
    renamed.write_bytes((tmp_path / "brief.md").read_bytes())

    assert read(str(renamed)).sha256 == brief.sha256
    assert read(str(write(tmp_path, markdown(text="Other words.")))).sha256 != brief.sha256
    assert sample(tmp_path, rows=[*bars(59), bars()[60].replace("1059", "1060")]).sha256 != brief.sha256


def test_trailing_zeros_are_the_same_data(tmp_path: Path) -> None:
    rows = [bars()[0], *(row.replace(",1", ",1", 1) + ".00" for row in bars()[1:])]

    assert sample(tmp_path, rows=rows).sha256 == sample(tmp_path).sha256


@pytest.mark.parametrize("name", ["bars.csv", "it's: #1.csv"])
def test_a_scaffolded_brief_reads_back_with_every_bar_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("\n".join(bars()) + "\n")

    Path("new.md").write_text(new_brief_text("SPX-PERP", Path(name)))

    brief = read("new.md")
    assert brief.as_of == brief.bars["SPX-PERP"].bars[-1].available_at


def test_a_scaffold_on_unusable_bars_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("date,close\n2016-01-01,1\n")

    with pytest.raises(BriefError, match="hourly, daily or monthly"):
        new_brief_text("SPX-PERP", tmp_path / "b.csv")
    with pytest.raises(BriefError, match="not a symbol"):
        new_brief_text("spx", tmp_path / "b.csv")
