"""Every picture: well formed at both widths, within its frame, told in words, with exact values beside it."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from decimal import Decimal
from typing import Any

import pytest

from desk.domain.aftermath import Left
from desk.view.bars import Bars, Row
from desk.view.calibration import Calibration, Speaker
from desk.view.picture import NARROW, WIDE, Picture
from desk.view.prices import PriceChart
from desk.view.sweep import Sweep
from desk.view.timeline import Timeline
from desk.view.waterfall import Waterfall, waterfall
from tests.unit.view.samples import drawn, named

D = Decimal
KINDS = (PriceChart, Timeline, Waterfall, Bars, Calibration, Sweep)
SVG = "{http://www.w3.org/2000/svg}"
ACROSS, DOWN = ("x", "x1", "x2", "cx"), ("y", "y1", "y2", "cy")
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@each_kind
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_it_is_well_formed_and_stays_in_its_frame(kind: type[Picture], width: int) -> None:
    for picture in drawn(kind):
        root = ET.fromstring(picture.svg(width))
        height = int(root.attrib["height"])
        across = [float(one.attrib[at]) for one in root.iter() for at in ACROSS if at in one.attrib]
        down = [float(one.attrib[at]) for one in root.iter() for at in DOWN if at in one.attrib]

        assert root.attrib["viewBox"] == f"0 0 {width} {height}"
        assert 0 <= min(across) <= max(across) <= width
        assert 0 <= min(down) <= max(down) <= height


@each_kind
def test_it_has_a_name_and_a_description_for_those_who_do_not_see_it(kind: type[Picture]) -> None:
    for picture in drawn(kind):
        root = ET.fromstring(picture.svg())

        assert root.attrib["role"] == "img"
        assert root.findtext(f"{SVG}title") == picture.title
        assert root.findtext(f"{SVG}desc") == picture.summary
        assert len(picture.summary) > 20


@each_kind
def test_its_table_is_as_wide_as_its_head(kind: type[Picture]) -> None:
    for table in (picture.table for picture in drawn(kind)):
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert table.numeric <= set(range(len(table.columns)))


@each_kind
def test_a_notebook_gets_an_image_with_words_and_values_and_no_inline_svg(kind: type[Picture]) -> None:
    picture = drawn(kind)[0]
    html = picture._repr_html_()
    (body,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)

    assert base64.b64decode(body).decode() == picture.svg() == picture._repr_svg_()
    assert 'alt="' in html
    assert "<details" in html
    assert "<svg" not in html
    assert "class=" not in html


@each_kind
def test_nothing_in_it_runs_or_leads_away(kind: type[Picture]) -> None:
    for picture in drawn(kind):
        outputs = picture.svg() + picture._repr_html_()

        assert not re.search(r"<script|javascript:|\son\w+=|href=", outputs)
        assert "http" not in outputs.replace("http://www.w3.org/2000/svg", "")


def test_both_appearances_are_in_the_file() -> None:
    assert "prefers-color-scheme:dark" in drawn(PriceChart)[0].svg()


# ---- what each says ------------------------------------------------------------------------------


def test_a_price_chart_tells_entry_stop_target_and_how_it_ended() -> None:
    chart = named("brexit-eve").prices()

    for told in (
        "2,113.53",
        "2,085.47",
        "2,202.44",
        "Stopped on bar 1",
        "−0.99 USDC",
        "−1.08 R",
        "did not know",
    ):
        assert told in chart.summary
    assert {name for name, _ in chart.levels} == {"target", "entry", "stop"}


def test_a_price_chart_of_a_trade_that_was_not_done_says_what_the_market_did() -> None:
    refused = next(one for one in (named("spx-2017-08-01"),) if one.outcome == "refused_by_human").prices()

    assert not refused.traded
    assert refused.left is not None
    assert refused.left.reason is Left.STOP
    assert "without the desk" in refused.summary


def test_a_price_chart_draws_what_was_not_known_on_another_ground() -> None:
    chart = named("brexit-eve").prices()

    assert all(bar.available_at <= chart.as_of for bar in chart.before)
    assert all(bar.start >= chart.as_of for bar in chart.after)
    assert "not known to the desk" in chart.svg()


def test_a_waterfall_puts_the_binding_rule_first_and_tells_all_sizes() -> None:
    picture = named("brexit-eve").gate()

    assert picture is not None
    assert [cap.code for cap in picture.caps][:2] == ["TRADE_SIZE", "POSITION_SIZE"]
    assert "TRADE_SIZE binds first, at 300 USDC" in picture.summary
    assert "at most 300 usdc pass, and 99 usdc without a human" in picture.summary.lower()
    assert len(picture.table.rows) == 26


def test_a_waterfall_names_the_rules_that_are_not_met() -> None:
    picture = named("spx-2017-07-17").gate()

    assert picture is not None
    assert (picture.title[:11], picture.reasons) == ("Gate denied", ("REWARD_RISK",))
    assert "REWARD_RISK: 2.5" in picture.svg()


@pytest.mark.parametrize("limit", [None, "NaN", "-5", "1E+400", "", "ACTIVE", "9" * 40])
def test_a_waterfall_takes_any_recorded_figure(limit: str | None) -> None:
    check: dict[str, Any] = {"code": "TRADE_SIZE", "ok": True, "value": "69", "limit": limit}
    gate = {"checks": [check], "cleared": True, "reasons": []}
    gate |= {"max_admissible_usdc": limit, "max_without_human_usdc": "0"}

    assert waterfall("X", "69", gate).svg()


def test_a_timeline_tells_steps_calls_tokens_and_cost() -> None:
    steps = named("wti-2015-12-30").timeline()

    assert "6 model calls, 5,340 tokens, 0.020461 USD" in steps.summary
    assert [one.number for one in steps.moments] == list(range(1, len(steps.moments) + 1))
    assert sum(one.tokens for one in steps.moments) == 5340
    assert steps.seconds == sum(one.seconds for one in steps.moments)


def test_a_timeline_says_who_acted() -> None:
    lanes = {one.title.partition(":")[0]: one.lane for one in named("year-end-rally").timeline().moments}

    assert lanes["ApprovalDecided"] == "human"
    assert lanes["GateAssessed"] == lanes["TicketIssued"] == "gate"
    assert lanes["OrderFilled"] == lanes["StopPlaced"] == "venue"
    assert lanes["VerdictGiven"] == "officer"


def test_bars_below_zero_go_the_other_way() -> None:
    rows = (Row(label="a", value=D(2)), Row(label="b", value=D(-1)))
    picture = Bars(heading="h", lead="l", unit="R", rows=rows, signs=True)
    boxes = [
        one for one in ET.fromstring(picture.svg()).iter(f"{SVG}rect") if one.find(f"{SVG}title") is not None
    ]

    right, left = (float(one.attrib["x"]) for one in boxes)
    assert right - left == pytest.approx(float(boxes[1].attrib["width"]), abs=0.2)
    assert "a +2, b −1" in picture.summary


def test_bars_of_nothing_say_so() -> None:
    picture = Bars(heading="h", lead="none", unit="x", rows=())

    assert "Nothing to show" in picture.summary
    assert picture.svg()


def test_a_speaker_is_scored_against_the_base_rate() -> None:
    speaker = Speaker(name="x", judged=((D("0.9"), D("0.5"), True), (D("0.1"), D("0.5"), False)))

    assert (speaker.brier, speaker.base_brier, speaker.skill) == (D("0.01"), D("0.25"), D("0.96"))
    assert (speaker.mean, speaker.share) == (D("0.5"), D("0.5"))
    assert speaker.classes() == [(D("0.1"), D(0), 1), (D("0.9"), D(1), 1)]


def test_a_speaker_without_base_rates_has_no_skill() -> None:
    speaker = Speaker(name="x", judged=((D("0.9"), None, True),))

    assert (speaker.base_brier, speaker.skill) == (None, None)
