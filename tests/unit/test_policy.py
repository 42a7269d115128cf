"""Who must approve: rules as data, the strictest decides, and none can ask for less than the code."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from desk.config import load
from desk.domain.canonical import document, written
from desk.domain.policy import (
    BUILT_IN,
    KINDS,
    UNMATCHED,
    Policy,
    Rule,
    Situation,
    policy_from,
    policy_from_record,
)
from desk.errors import ConfigError

D = Decimal
PLAIN = Situation(
    kind="trade",
    symbol="SPX-PERP",
    size_usdc=D(50),
    first_trade=False,
    after_loss=False,
    agreement=D("0.8"),
    listed_event=False,
)


def ruled(**conditions: object) -> Policy:
    """Two humans where the conditions hold, none elsewhere."""
    return Policy(rules=(Rule(name="free", humans=0), Rule(name="two", humans=2, **conditions)))  # type: ignore[arg-type]


# ---- each condition ------------------------------------------------------------------------------

#: A condition, a situation in which it holds, and one in which it does not.
CONDITIONS = [
    ({"kinds": ("bet",)}, {"kind": "bet"}, {}),
    ({"symbols": ("BTC-PERP",)}, {"symbol": "BTC-PERP"}, {}),
    ({"min_notional_usdc": D(60)}, {"size_usdc": D(60)}, {"size_usdc": D(59)}),
    ({"max_notional_usdc": D(60)}, {"size_usdc": D(60)}, {"size_usdc": D(61)}),
    ({"max_agreement": D("0.5")}, {"agreement": D("0.5")}, {"agreement": D("0.51")}),
    ({"max_agreement": D(0)}, {"agreement": D(0)}, {"agreement": D("0.01")}),
    ({"max_agreement": D("0.5")}, {"agreement": None}, {}),
    ({"first_trade": True}, {"first_trade": True}, {}),
    ({"first_trade": False}, {}, {"first_trade": True}),
    ({"after_loss": True}, {"after_loss": True}, {}),
    ({"listed_event": True}, {"listed_event": True}, {}),
]


@pytest.mark.parametrize(("condition", "within", "without"), CONDITIONS)
def test_a_condition_holds_where_it_says_and_nowhere_else(condition, within, without) -> None:
    policy = ruled(**condition)
    assert policy.requires(replace(PLAIN, **within), ()).humans == 2
    assert policy.requires(replace(PLAIN, **without), ()).humans == 0


def test_every_condition_is_tried() -> None:
    tried = {name for condition, _, _ in CONDITIONS for name in condition}
    assert tried == set(Rule.__struct_fields__) - {"name", "humans"}


def test_all_conditions_of_a_rule_must_hold() -> None:
    policy = ruled(min_notional_usdc=D(60), after_loss=True)
    assert policy.requires(replace(PLAIN, size_usdc=D(70)), ()).humans == 0
    assert policy.requires(replace(PLAIN, size_usdc=D(70), after_loss=True), ()).humans == 2


# ---- the verdict ---------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, -1])
def test_the_strictest_rule_that_applies_wins_wherever_it_stands(order: int) -> None:
    rules = (
        Rule(name="none", humans=0),
        Rule(name="two", humans=2, after_loss=True),
        Rule(name="one", humans=1),
    )
    required = Policy(rules=rules[::order]).requires(replace(PLAIN, after_loss=True), ())
    assert required.humans == 2
    assert set(required.reasons) == {"POLICY:one", "POLICY:two"}


def test_what_no_rule_speaks_of_needs_a_human() -> None:
    policy = Policy(rules=(Rule(name="bets", humans=0, kinds=("bet",)),))
    required = policy.requires(PLAIN, ())
    assert (required.humans, required.reasons) == (1, (UNMATCHED,))


def test_a_rule_of_no_human_does_not_silence_the_code() -> None:
    required = BUILT_IN.requires(PLAIN, ("HUMAN_SIZE",))
    assert (required.humans, required.reasons) == (1, ("HUMAN_SIZE",))
    assert BUILT_IN.requires(PLAIN, ()).humans == 0


amounts = st.decimals(min_value=0, max_value=1000, places=2)
shares = st.decimals(min_value=0, max_value=1, places=2)
maybe = st.none() | st.booleans()
situations = st.builds(
    Situation,
    kind=st.sampled_from(KINDS),
    symbol=st.sampled_from(["SPX-PERP", "BTC-PERP"]),
    size_usdc=amounts,
    first_trade=st.booleans(),
    after_loss=st.booleans(),
    agreement=st.none() | shares,
    listed_event=st.booleans(),
)
rules = st.builds(
    Rule,
    name=st.text("abc", min_size=1, max_size=3),
    humans=st.integers(0, 2),
    kinds=st.lists(st.sampled_from(KINDS), unique=True).map(tuple),
    symbols=st.lists(st.sampled_from(["SPX-PERP", "BTC-PERP"]), unique=True).map(tuple),
    min_notional_usdc=st.none() | amounts,
    max_notional_usdc=st.none() | amounts,
    max_agreement=st.none() | shares,
    first_trade=maybe,
    after_loss=maybe,
    listed_event=maybe,
)
policies = st.lists(rules, max_size=5).map(lambda found: Policy(rules=tuple(found)))
codes = st.lists(st.sampled_from(["HUMAN_SIZE", "HUMAN_HOUR", "HUMAN_EVENT"]), unique=True).map(tuple)


@given(policies, situations, codes)
def test_no_policy_asks_for_fewer_humans_than_the_code(policy: Policy, it: Situation, by_code) -> None:
    required = policy.requires(it, by_code)
    assert required.humans >= (1 if by_code else 0)
    assert required.reasons[: len(by_code)] == by_code
    assert required.humans == 0 or required.reasons


@given(policies, rules, situations, codes)
def test_a_rule_more_asks_for_fewer_only_where_nothing_was_said_before(
    policy: Policy, more: Rule, it: Situation, by_code
) -> None:
    longer = Policy(rules=(*policy.rules, more))
    spoken_of = any(rule.applies(it) for rule in policy.rules)
    if spoken_of:
        assert longer.requires(it, by_code).humans >= policy.requires(it, by_code).humans
    if more.applies(it):
        assert longer.requires(it, by_code).humans >= more.humans


@given(policies, policies)
def test_a_policy_survives_its_record_and_its_version_names_it(one: Policy, other: Policy) -> None:
    again = policy_from_record(json.loads(written(document(one.document()))))
    assert again == one
    assert again.version == one.version
    assert (one.version == other.version) == (one == other)


# ---- desk.toml -----------------------------------------------------------------------------------


def test_rules_are_read_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(
        '[[approval.rules]]\nname = "small"\nhumans = 0\nmax_notional_usdc = 49.5\n'
        '[[approval.rules]]\nname = "after a loss"\nhumans = 2\nkinds = ["trade"]\nafter_loss = true\n'
    )
    policy = load({"DESK_HOME": str(tmp_path)}).policy
    assert policy.rules == (
        Rule(name="small", humans=0, max_notional_usdc=D("49.5")),
        Rule(name="after a loss", humans=2, kinds=("trade",), after_loss=True),
    )


def test_without_rules_only_the_code_asks() -> None:
    assert policy_from(None) == BUILT_IN
    assert BUILT_IN.version == "builtin-1"


GOOD = {"name": "a", "humans": 1}
WRONG = {
    "not a list": {},
    "an empty list": [],
    "a row that is no table": ["a"],
    "an unknown key": [GOOD | {"humanz": 2}],
    "an unknown key with an escape": [GOOD | {"\x1b[31m": 2}],
    "no name": [{"humans": 1}],
    "no humans": [{"name": "a"}],
    "humans true": [GOOD | {"humans": True}],
    "humans negative": [GOOD | {"humans": -1}],
    "humans three": [GOOD | {"humans": 3}],
    "humans as text": [GOOD | {"humans": "2"}],
    "an empty name": [GOOD | {"name": ""}],
    "a name with a line break": [GOOD | {"name": "a\nb"}],
    "a name that is too long": [GOOD | {"name": "a" * 41}],
    "a name twice": [GOOD, GOOD],
    "an unknown kind": [GOOD | {"kinds": ["gift"]}],
    "kinds empty": [GOOD | {"kinds": []}],
    "kinds as text": [GOOD | {"kinds": "trade"}],
    "symbols of numbers": [GOOD | {"symbols": [1]}],
    "a negative notional": [GOOD | {"min_notional_usdc": D(-1)}],
    "a notional as truth": [GOOD | {"max_notional_usdc": True}],
    "a notional as list": [GOOD | {"max_notional_usdc": [1]}],
    "an agreement as text": [GOOD | {"max_agreement": "high"}],
    "a flag as number": [GOOD | {"first_trade": 1}],
    "a flag as text": [GOOD | {"after_loss": "yes"}],
    "an event as number": [GOOD | {"listed_event": 0}],
}


@pytest.mark.parametrize("rows", WRONG.values(), ids=WRONG)
def test_a_wrong_rule_is_refused_in_one_printable_line(rows: object) -> None:
    with pytest.raises(ConfigError) as refused:
        policy_from(rows)
    assert str(refused.value).isprintable()
    assert refused.value.exit_code == 2
