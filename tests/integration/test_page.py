"""The page's rules: who sees what, whose word counts, and that nothing from outside is believed."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from desk.config import Settings
from desk.home.halt import HaltFile
from tests.page_samples import (
    HOST,
    TWO_PEOPLE,
    form,
    say,
    served,
    settings_in,
    spiced,
    wait_in,
    with_ttl,
)

NASTY = "<script>alert(document.cookie)</script><img src=x onerror=go()>\u202e\u200b"


# ---- who sees what -------------------------------------------------------------------------------


async def test_without_login_nothing_of_the_desk_is_visible(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.stranger() as stranger:
        home = await stranger.get("/")
        one = await stranger.get(f"/approvals/{approval}")
        pulse = await stranger.get("/pulse")

    assert "SPX" not in home.text
    assert "apr_" not in home.text
    assert (one.status_code, one.headers["location"]) == (303, f"/?to={approval}")
    assert (pulse.status_code, pulse.text) == (401, "log in first")


async def test_after_login_one_is_where_one_wanted_to_go(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.stranger() as stranger:
        there = await stranger.post("/login", data={"token": "a token of ann's", "to": approval})
        elsewhere = await stranger.post("/login", data={"token": "a token of ann's", "to": "//evil.example"})

    assert there.headers["location"] == f"/approvals/{approval}"
    assert elsewhere.headers["location"] == "/"


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(tmp_path: Path) -> None:
    async with served(settings_in(tmp_path)) as it, it.stranger() as stranger:
        answer = await stranger.post("/login", data={"token": "a token of bob's"})

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age=43200" in cookie
    assert "token" not in cookie


async def test_wrong_tokens_are_slowed_down_and_never_logged(tmp_path: Path) -> None:
    async with served(settings_in(tmp_path)) as it, it.stranger() as stranger:
        tried = [await stranger.post("/login", data={"token": f"guess-{n}"}) for n in range(6)]
        right = await stranger.post("/login", data={"token": "a token of ann's"})

    assert [one.status_code for one in tried] == [403] * 5 + [429]
    assert right.status_code == 429
    assert "guess" not in "".join(it.log)


async def test_without_any_token_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    async with served(Settings(home=settings_in(tmp_path).home)) as it, it.stranger() as stranger:
        home = await stranger.get("/")

    assert "desk serve --new-token NAME" in home.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/static/style.css", "/approvals/apr_1"])
async def test_every_answer_carries_the_headers(tmp_path: Path, path: str) -> None:
    async with served(settings_in(tmp_path)) as it, it.person() as ann:
        answer = await ann.get(path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8640", "127.0.0.1:1", "127.0.0.1"])
async def test_a_page_is_shown_under_our_own_name_only(tmp_path: Path, host: str) -> None:
    async with served(settings_in(tmp_path)) as it, it.stranger(host) as stranger:
        answers = [await stranger.get(path) for path in ("/", "/readyz", "/pulse", "/static/live.js")]

    assert {one.status_code for one in answers} == {421}


# ---- whose form it is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://["},
        {"origin": f"ftp://{HOST}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_another_sites_form_is_refused_even_with_a_good_token(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.person() as ann:
        fields = await form(ann, approval)
        answer = await ann.post(f"/approvals/{approval}/approve", data=fields, headers=headers)
        assert await it.events("ApprovalDecided") == []

    assert answer.status_code == 403


async def test_a_form_of_another_question_another_person_or_none_decides_nothing(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    first, second = await wait_in(settings, sessions=2)
    async with served(settings) as it, it.person() as ann, it.person("bob") as bob:
        other, own, bobs = await form(ann, second), await form(ann, first), await form(bob, first)
        wrong = [
            {},
            {"sure": "yes"},
            other,
            bobs,
            {**own, "card": other["card"]},
            {**own, "token": own["card"]},
        ]
        sent = [await ann.post(f"/approvals/{first}/approve", data=fields) for fields in wrong]
        assert await it.events("ApprovalDecided") == []

    assert [one.status_code for one in sent] == [409] * len(wrong)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"token=a&token=b", "application/x-www-form-urlencoded"),
        (b'{"token": "a"}', "application/json"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(50)), "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_that_is_no_form_of_ours_is_no_answer(tmp_path: Path, body: bytes, kind: str) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.person() as ann:
        answer = await ann.post(
            f"/approvals/{approval}/approve", content=body, headers={"content-type": kind}
        )
        assert await it.events("ApprovalDecided") == []

    assert answer.status_code == 409


async def test_a_cookie_is_good_neither_edited_nor_under_another_name(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    async with served(settings) as it, it.person() as ann, it.stranger() as stranger:
        cookie = ann.cookies["desk_visitor"]
        name, rest = cookie.split(".", 1)
        for forged in (cookie[:-1] + "0", f"{b'bob'.hex()}.{rest}", f"{name}00.{rest}", "x", ""):
            answer = await stranger.get("/pulse", headers={"cookie": f"desk_visitor={forged}"})
            assert answer.status_code == (200 if forged == cookie else 401)


# ---- whose word counts ---------------------------------------------------------------------------


async def test_an_approval_sends_the_order_without_another_command(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.person() as ann:
        assert (await say(ann, approval, "approve")).status_code == 303
        [closed] = await it.until("SessionClosed")
        page = await ann.get(f"/approvals/{approval}")
        [submitted] = await it.events("OrderSubmitted")

    assert (closed["outcome"], submitted["approved_by"]) == ("executed", "ann")
    assert "approved by ann (page); executed" in page.text
    assert "<form" not in page.text.partition("<main")[2]


async def test_the_second_answer_is_told_whose_was_the_first(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.person() as ann, it.person("bob") as bob:
        late = {**await form(bob, approval), "reason": "no"}
        await say(ann, approval, "approve")
        second = await bob.post(f"/approvals/{approval}/deny", data=late)
        decided = await it.events("ApprovalDecided")

    assert second.status_code == 409
    assert "already granted by ann (page)" in second.text
    assert [one["by"] for one in decided] == ["ann"]


@pytest.mark.parametrize(
    ("word", "fields", "said"),
    [
        ("approve", {"sure": "no"}, "tick the box"),
        ("deny", {"reason": " \u200b "}, "say why"),
        ("edit", {"size": "1e2"}, "not a number"),
        ("edit", {"size": "NaN"}, "not a number"),
        ("edit", {"size": "226"}, "not smaller"),
        ("edit", {"size": "0.5"}, "less than the venue takes"),
        ("shrug", {}, "no answer"),
    ],
)
async def test_half_a_word_decides_nothing_and_says_what_is_missing(
    tmp_path: Path, word: str, fields: dict[str, str], said: str
) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.person() as ann:
        answer = await say(ann, approval, word, **fields)
        assert await it.events("ApprovalDecided") == []

    assert answer.status_code == 409
    assert said in answer.text


async def test_two_people_are_needed_and_the_first_cannot_be_both(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, TWO_PEOPLE)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.person() as ann, it.person("bob") as bob:
        once = await form(ann, approval)
        await ann.post(f"/approvals/{approval}/approve", data=once)
        twice = await ann.post(f"/approvals/{approval}/approve", data=once)
        assert await it.events("OrderSubmitted") == []
        await say(bob, approval, "approve")
        [submitted] = await it.until("OrderSubmitted")

    assert "has approved this already" in twice.text
    assert "You have approved this" in twice.text
    assert submitted["approved_by"] == "ann + bob"


async def test_a_smaller_one_that_needs_a_second_person_is_a_question_of_its_own(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, TWO_PEOPLE)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.person() as ann, it.person("bob") as bob:
        await say(ann, approval, "edit", size="120")
        child = str((await it.until("ApprovalRequested", 2))[1]["approval_id"])
        parent = await bob.get(f"/approvals/{approval}")
        tries = [one for one in it.log if "awaiting_approval" in one]
        await say(bob, child, "approve")
        [submitted] = await it.until("OrderSubmitted")

    assert f'href="/approvals/{child}"' in parent.text
    assert len(tries) <= 1
    assert (submitted["size_usdc"], submitted["approved_by"]) == ("120", "ann + bob")


async def test_what_waits_for_a_second_person_is_not_run_again_and_again(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, TWO_PEOPLE)
    [approval] = await wait_in(settings)
    async with served(settings) as it, it.person() as ann:
        await say(ann, approval, "edit", size="120")
        await it.until("ApprovalRequested", 2)
        await asyncio.sleep(1.5)

    assert len([one for one in it.log if "awaiting_approval" in one]) == 1


async def test_silence_ends_the_session_when_its_time_is_over(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings, with_ttl(1))
    async with served(settings) as it, it.person() as ann:
        [closed] = await it.until("SessionClosed")
        page = await ann.get(f"/approvals/{approval}")

    assert (closed["outcome"], closed["decided_by"]) == ("approval_expired", "system")
    assert "nobody answered in time" in page.text
    assert "/approve" not in page.text


async def test_a_question_on_its_briefs_clock_waits_however_old_it_is(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings, clock="brief")
    async with served(settings) as it, it.person() as ann:
        page = await ann.get(f"/approvals/{approval}")
        await say(ann, approval, "approve")
        [closed] = await it.until("SessionClosed")

    assert "own clock" in page.text
    assert "data-left" not in page.text
    assert closed["outcome"] == "executed"


async def test_an_approval_while_halted_sends_nothing_and_the_page_says_so(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings)
    HaltFile(settings.home.halt).halt("look at this")
    async with served(settings) as it, it.person() as ann:
        page = await ann.get(f"/approvals/{approval}")
        await say(ann, approval, "approve")
        [closed] = await it.until("SessionClosed")
        assert await it.events("OrderSubmitted") == []

    assert "The desk is halted" in page.text
    assert closed["outcome"] == "halted"


# ---- untrusted text ------------------------------------------------------------------------------


async def test_what_models_and_people_write_is_inert(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    [approval] = await wait_in(settings, spiced(NASTY))
    async with served(settings) as it, it.person() as ann:
        asked = await ann.get(f"/approvals/{approval}")
        await say(ann, approval, "deny", reason=NASTY)
        await it.until("SessionClosed")
        pages = [asked, await ann.get(f"/approvals/{approval}"), await ann.get("/")]

    assert "&lt;script&gt;alert(" in asked.text
    for page in pages:
        assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/static/live.js" defer>']
        assert "<img" not in page.text
        assert not {"\u202e", "\u200b"} & set(page.text)


@pytest.mark.parametrize("approval", ["apr_" + "0" * 32, "<script>", "..%2f..%2fkey", "apr_%00", "😀"])
async def test_an_id_that_is_none_is_a_404_without_an_echo(tmp_path: Path, approval: str) -> None:
    async with served(settings_in(tmp_path)) as it, it.person() as ann:
        answer = await ann.get(f"/approvals/{approval}")

    assert answer.status_code == 404
    assert "<script>" not in answer.text
    assert "Traceback" not in answer.text


# ---- machines ------------------------------------------------------------------------------------


async def test_health_says_that_it_lives_and_readiness_what_the_journal_is(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    await wait_in(settings)
    async with served(settings) as it, it.stranger() as stranger:
        alive, ready = await stranger.get("/healthz"), await stranger.get("/readyz")
        HaltFile(settings.home.halt).halt("stop", hard=True)
        halted = await stranger.get("/readyz")

    assert alive.json() == {"ok": True}
    assert (ready.json()["ok"], ready.json()["waiting"], ready.json()["halted"]) == (True, 1, False)
    assert (halted.json()["halted"], halted.json()["hard"]) == (True, True)


async def test_a_journal_that_cannot_be_used_is_not_ready_but_alive(tmp_path: Path) -> None:
    async with served(settings_in(tmp_path)) as it, it.stranger() as stranger:
        await it.parts.worker.do(lambda desk: desk.journal.close())
        ready, alive = await stranger.get("/readyz"), await stranger.get("/healthz")

    assert (ready.status_code, ready.json()["code"]) == (503, "JOURNAL_UNAVAILABLE")
    assert alive.status_code == 200


async def test_slack_that_is_not_set_up_is_a_404(tmp_path: Path) -> None:
    async with served(settings_in(tmp_path)) as it, it.stranger("tunnel.example") as slack:
        answer = await slack.post("/slack/interactions", content=b"payload={}")

    assert answer.status_code == 404


async def test_a_defect_is_answered_without_its_text_and_logged_in_one_line(tmp_path: Path) -> None:
    async with served(settings_in(tmp_path)) as it, it.person() as ann:
        it.parts.worker.do = None  # type: ignore[method-assign,assignment]
        answer = await ann.get("/")

    assert answer.status_code == 500
    assert "NoneType" not in answer.text
    assert it.log[-1] == "page: a defect of the desk (TypeError)"
