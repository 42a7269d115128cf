"""``desk balance``: an account's cash as a person or a program asks for it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.e2e.conftest import Desk


@pytest.fixture
def closed(desk: Desk) -> Desk:
    """A home whose one trade was stopped out."""
    desk("run", "--account", "fund", "--clock", "brief", "--seed", "1", "--quiet")
    desk("watch", "--fast", "--json")
    return desk


def test_the_newest_sessions_account_is_shown_with_what_moved_it(closed: Desk) -> None:
    told = closed("balance", "--json").json
    assert list(told) == [
        "schema",
        "at",
        "without",
        "account",
        "balance_usdc",
        "open_trades",
        "unknown_trades",
        "changes",
        "journal_head",
    ]
    assert (told["schema"], told["account"], told["balance_usdc"]) == (
        "desk.balance/1",
        "fund",
        "9999.009743",
    )
    assert [one["what"] for one in told["changes"]] == ["FundsDeposited", "TradeMoved", "TradeMoved"]
    assert sum(Decimal(one["change_usdc"]) for one in told["changes"]) == Decimal("9999.009743")


def test_it_can_be_asked_at_a_time_at_an_event_and_without_one(closed: Desk) -> None:
    deposit, fee, loss = closed("balance", "fund", "--json").json["changes"]

    def said(*flags: str) -> str:
        return str(closed("balance", "fund", *flags, "--json").json["balance_usdc"])

    assert said("--at", str(fee["seq"])) == said("--at", fee["at"]) == fee["balance_usdc"]
    assert said("--at", "2016-01-01T00:00:00Z") == "0"
    assert said("--without", loss["event_id"]) == fee["balance_usdc"]
    assert said("--at", str(fee["seq"]), "--without", deposit["event_id"]) == fee["change_usdc"]


def test_a_person_reads_lines(closed: Desk) -> None:
    *changes, total = closed("balance").out.splitlines()
    assert total == "fund  9999.009743 USDC"
    assert [line.split()[2] for line in changes] == ["FundsDeposited", "TradeMoved", "TradeMoved"]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("nobody",), "NO_ACCOUNT"),
        (("fund", "--without", "evt_1"), "NO_EVENT"),
        (("fund", "--at", "yesterday"), "USAGE"),
        (("fund", "--at", "2016-06-24T00:00:00"), "USAGE"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(
    closed: Desk, args: tuple[str, ...], code: str
) -> None:
    refused = closed("balance", *args, "--json")
    assert (refused.code, refused.json["code"]) == (2, code)
    assert refused.json["why"] or refused.json["fix"]


def test_an_empty_home_has_no_account(desk: Desk) -> None:
    desk("halt")
    assert desk("balance", "--json").json["code"] == "NO_ACCOUNT"
