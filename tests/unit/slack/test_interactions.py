"""Family F7: nothing but a signed, recent, new click of a listed person of our team decides anything."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import pytest

from desk.approval.inbox import Answered
from desk.approval.slack.client import SlackClient
from desk.approval.slack.interactions import Handled, SlackInteractions
from desk.approval.slack.messages import Messages
from desk.approval.slack.settings import SlackSettings, slack_settings
from desk.domain.events import ApprovalRequested
from desk.errors import UsageError
from desk.ports import Answer
from tests.fakes.slack_server import SECRET, TEAM, TOKEN, USER, form, pressed, signed, submitted

NOW = 1_700_000_000
VALUE = f"apr_{'1' * 32}.{'a' * 64}"
ENVIRONMENT = {
    "DESK_SLACK_SIGNING_SECRET": SECRET,
    "DESK_SLACK_BOT_TOKEN": TOKEN,
    "DESK_SLACK_CHANNEL": "C0DESK",
    "DESK_SLACK_TEAM": TEAM,
    "DESK_SLACK_USERS": USER,
    "DESK_SLACK_API_URL": "http://127.0.0.1:9/api",
}
Headers = list[tuple[str, str]]


@dataclass
class Desk:
    """The handler, with everything behind it noted."""

    settings: SlackSettings
    decided: list[tuple[str, Answer]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.messages = Messages(":memory:")
        self.handler = SlackInteractions(
            self.settings,
            SlackClient(self.settings),
            self.messages,
            self._record,
            lambda: NOW,
            self.log.append,
        )

    async def _record(self, approval_id: str, answer: Answer) -> tuple[Answered, ApprovalRequested]:
        self.decided.append((approval_id, answer))
        raise UsageError("noted, and that is all", code="NOTED")

    async def sends(self, body: bytes, headers: Headers | None = None) -> Handled:
        """One request, to its very end."""
        handled = self.handler.handle(body, signed(body, at=NOW) if headers is None else headers)
        if handled.after is not None:
            await handled.after()
        return handled


@pytest.fixture
def desk() -> Iterator[Desk]:
    settings = slack_settings(ENVIRONMENT, {})
    assert settings is not None
    made = Desk(settings)
    yield made
    made.messages.close()


async def test_a_listed_person_approves_the_card_they_saw(desk: Desk):
    assert (await desk.sends(pressed("desk_approve", VALUE))).status == 200
    [(approval_id, answer)] = desk.decided
    assert (approval_id, answer.card_hash) == tuple(VALUE.split("."))
    assert (answer.decision, answer.by, answer.channel) == ("granted", f"slack:{USER}", "slack")


async def test_a_person_is_known_by_the_name_in_the_settings():
    settings = slack_settings(ENVIRONMENT, {USER: "ann"})
    assert settings is not None
    desk = Desk(settings)
    await desk.sends(pressed("desk_approve", VALUE))
    assert desk.decided[0][1].by == "ann"
    desk.messages.close()


async def test_a_denial_carries_the_reason_from_the_dialog(desk: Desk):
    await desk.sends(submitted(VALUE, "not before the vote"))
    [(_, answer)] = desk.decided
    assert (answer.decision, answer.reason) == ("denied", "not before the vote")


async def test_a_denial_without_a_reason_asks_for_one_and_decides_nothing(desk: Desk):
    assert (await desk.sends(pressed("desk_deny", VALUE))).status == 200
    assert desk.decided == []


async def test_the_same_request_twice_decides_once(desk: Desk):
    body = pressed("desk_approve", VALUE)
    headers = signed(body, at=NOW)
    assert [(await desk.sends(body, headers)).status for _ in range(3)] == [200, 200, 200]
    assert len(desk.decided) == 1
    assert desk.log.count("slack: refused a request (REPLAYED)") == 2


GOOD = pressed("desk_approve", VALUE)


def header(name: str, value: str) -> Callable[[bytes], Headers]:
    """The right headers, but for one."""
    return lambda body: [(key, value if key == name else old) for key, old in signed(body, at=NOW)]


def without(name: str) -> Callable[[bytes], Headers]:
    return lambda body: [(key, old) for key, old in signed(body, at=NOW) if key != name]


def twice(name: str) -> Callable[[bytes], Headers]:
    return lambda body: [*signed(body, at=NOW), *((k, v) for k, v in signed(body, at=NOW) if k == name)]


def right(body: bytes) -> Headers:
    return signed(body, at=NOW)


STAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"
CASES = {
    "another secret": (GOOD, lambda body: signed(body, at=NOW, secret="0" * 32), 401),
    "no signature": (GOOD, without(SIGNATURE), 401),
    "no timestamp": (GOOD, without(STAMP), 401),
    "two signatures": (GOOD, twice(SIGNATURE), 401),
    "two timestamps": (GOOD, twice(STAMP), 401),
    "no headers": (GOOD, lambda _: [], 401),
    "an empty signature": (GOOD, header(SIGNATURE, ""), 401),
    "a v1 signature": (GOOD, header(SIGNATURE, "v1=" + "0" * 64), 401),
    "a short signature": (GOOD, header(SIGNATURE, "v0=00"), 401),
    "an upper-case signature": (GOOD, lambda b: [(k, v.upper()) for k, v in right(b)], 401),
    "a signature of zeros": (GOOD, header(SIGNATURE, "v0=" + "0" * 64), 401),
    "a timestamp in words": (GOOD, header(STAMP, "now"), 401),
    "a timestamp in arabic digits": (GOOD, header(STAMP, "١٧٠٠٠٠٠٠٠٠"), 401),
    "a signed timestamp": (GOOD, header(STAMP, f"+{NOW}"), 401),
    "a timestamp with a fraction": (GOOD, header(STAMP, f"{NOW}.0"), 401),
    "a timestamp with a space": (GOOD, header(STAMP, f" {NOW}"), 401),
    "a huge timestamp": (GOOD, header(STAMP, "9" * 30), 401),
    "six minutes old": (GOOD, lambda body: signed(body, at=NOW - 301), 401),
    "six minutes ahead": (GOOD, lambda body: signed(body, at=NOW + 301), 401),
    "the body of another request": (GOOD, lambda _: right(pressed("desk_deny", VALUE)), 401),
    "too large": (b"payload=" + b"x" * 70_000, right, 413),
    "not UTF-8": (b"payload=\xff\xfe", right, 401),
    "no form": (b'{"type":"block_actions"}', right, 400),
    "an empty body": (b"", right, 400),
    "no payload": (b"other=1", right, 400),
    "two payloads": (GOOD + b"&" + GOOD, right, 400),
    "JSON cut short": (b"payload=" + quote('{"type":"block_actions"').encode(), right, 400),
    "a key twice": (urlencode({"payload": '{"type":"block_actions","type":"x"}'}).encode(), right, 400),
    "NaN": (urlencode({"payload": '{"type":NaN}'}).encode(), right, 400),
    "a list": (form([1]), right, 400),
    "nested too deeply": (urlencode({"payload": "[" * 5000}).encode(), right, 400),
    "an unknown type": (form({"type": "shortcut"}), right, 400),
    "an unknown action": (pressed("desk_send", VALUE), right, 400),
    "two actions": (pressed("desk_approve", VALUE, actions=[{"action_id": "desk_approve"}] * 2), right, 400),
    "no action": (pressed("desk_approve", VALUE, actions=[]), right, 400),
    "a value with a size": (pressed("desk_approve", f"{VALUE}.999"), right, 400),
    "a value without a card": (pressed("desk_approve", VALUE.split(".")[0]), right, 400),
    "no user": (pressed("desk_approve", VALUE, user={}), right, 400),
    "a user that is a list": (pressed("desk_approve", VALUE, user=[USER]), right, 400),
    "two teams": (pressed("desk_approve", VALUE, user={"id": USER, "team_id": "T0OTHER"}), right, 400),
    "another team": (pressed("desk_approve", VALUE, team={"id": "T0X"}, user={"id": USER}), right, 200),
    "another user": (pressed("desk_approve", VALUE, user={"id": "U0MALLORY"}), right, 200),
    "a lower-case user": (pressed("desk_approve", VALUE, user={"id": USER.lower()}), right, 200),
    "a user with a comma": (pressed("desk_approve", VALUE, user={"id": f"{USER},U1"}), right, 400),
    "another dialog": (form({"type": "view_submission", "view": {"callback_id": "x"}}), right, 400),
}


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_anything_else_decides_nothing(case: str, desk: Desk):
    body, headers, status = CASES[case]
    assert (await desk.sends(body, headers(body))).status == status
    assert desk.decided == []


def mutated(body: bytes, headers: Headers, rng: random.Random) -> tuple[bytes, Headers]:
    """One or a few changes to a good request: to its bytes, its headers, or both."""
    changed, kept = bytearray(body), list(headers)
    for _ in range(rng.randint(1, 3)):
        kind = rng.randrange(6)
        if kind == 0 and changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        elif kind == 1:
            at = rng.randrange(len(changed) + 1)
            changed[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 4)))
        elif kind == 2 and len(changed) > 2:
            del changed[rng.randrange(len(changed)) :][: rng.randint(1, 40)]
        elif kind == 3 and kept:
            at = rng.randrange(len(kept))
            name, value = kept[at]
            position = rng.randrange(len(value) + 1)
            kept[at] = (name, value[:position] + chr(rng.randrange(32, 1300)) + value[position + 1 :])
        elif kind == 4 and kept:
            kept.append(rng.choice(kept))
        elif kept:
            del kept[rng.randrange(len(kept))]
    return bytes(changed), kept


async def test_of_ten_thousand_mutated_requests_none_is_believed_and_none_breaks_the_handler(desk: Desk):
    rng = random.Random(7)
    bodies = [GOOD, submitted(VALUE, "why"), pressed("desk_deny", VALUE)]
    seen: dict[int, int] = {}
    while sum(seen.values()) < 10_000:
        body = rng.choice(bodies)
        headers = signed(body, at=NOW - rng.randrange(0, 200))
        changed, kept = mutated(body, headers, rng)
        if changed == body and sorted(kept) == sorted(headers):
            continue
        if _means_the_same(changed, body, kept, headers):
            continue
        handled = await desk.sends(changed, kept)
        seen[handled.status] = seen.get(handled.status, 0) + 1
        assert desk.decided == [], (changed, kept)
    assert set(seen) <= {400, 401, 413}, seen


async def test_even_what_is_signed_never_breaks_the_handler_nor_decides_for_a_stranger(desk: Desk):
    rng = random.Random(11)
    bodies = [GOOD, submitted(VALUE, "why"), pressed("desk_deny", VALUE)]
    for _ in range(2_000):
        changed, _ = mutated(rng.choice(bodies), [], rng)
        handled = await desk.sends(changed)
        assert handled.status in {200, 400, 401, 413}
    assert all(answer.by == f"slack:{USER}" for _, answer in desk.decided)


def _means_the_same(changed: bytes, body: bytes, kept: Headers, headers: Headers) -> bool:
    """Only the content type was touched: the request is still Slack's own."""
    signing = {STAMP, SIGNATURE}
    ours = [one for one in kept if one[0] in signing]
    return changed == body and sorted(ours) == sorted(one for one in headers if one[0] in signing)


def test_no_setting_and_no_token_is_shown_by_the_settings(desk: Desk):
    shown = repr(desk.settings) + json.dumps(str(desk.settings))
    assert SECRET not in shown
    assert TOKEN not in shown
