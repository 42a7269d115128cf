"""What can be wrong with the Slack set-up, each with its one-line fix."""

from __future__ import annotations

import re

from desk.approval.slack.client import SlackClient
from desk.approval.slack.settings import API_URL, SlackSettings
from desk.errors import ChannelDown

Check = dict[str, object]
_SECRET = re.compile(r"[0-9a-f]{32}")


async def checks(settings: SlackSettings | None, *, reach: bool, send: bool = False) -> list[Check]:
    """Every check, in the order in which one would set things up.

    Args:
        reach: ask Slack itself (bot mode: who the token is).
        send: post a message that says it is a test.
    """
    if settings is None:
        return [
            _check("slack", False, "no DESK_SLACK_* variable is set", "See the README, Slack in ten lines")
        ]
    found = [_signing(settings), _posting(settings), _team(settings), _users(settings), _address(settings)]
    if reach and settings.bot_token is not None:
        found.append(await _known(settings))
    if send and settings.posts:
        found.append(await _sent(settings))
    return found


def _check(name: str, ok: bool, detail: str, fix: str) -> Check:
    return {"name": name, "ok": ok, "detail": detail, "fix": "" if ok else fix}


def _signing(settings: SlackSettings) -> Check:
    fix = "Copy Signing Secret from the app's Basic Information into DESK_SLACK_SIGNING_SECRET"
    if settings.signing_secret is None:
        return _check("slack signing secret", False, "not set: no click can be believed", fix)
    shaped = _SECRET.fullmatch(settings.signing_secret.reveal()) is not None
    return _check("slack signing secret", shaped, "set" if shaped else "not 32 hexadecimal digits", fix)


def _posting(settings: SlackSettings) -> Check:
    if settings.bot_token is not None:
        bot = settings.bot_token.reveal().startswith("xoxb-")
        if not bot:
            return _check(
                "slack mode", False, "the token is not a bot's", "Use the Bot User OAuth Token, xoxb-…"
            )
        fix = "Set DESK_SLACK_CHANNEL to a channel's id"
        return _check("slack mode", settings.channel is not None, "bot, to a channel", fix)
    fix = "Set DESK_SLACK_BOT_TOKEN and DESK_SLACK_CHANNEL, or DESK_SLACK_WEBHOOK_URL"
    detail = "webhook: cards cannot be changed later" if settings.webhook_url else "nothing to post with"
    return _check("slack mode", settings.webhook_url is not None, detail, fix)


def _team(settings: SlackSettings) -> Check:
    fix = "Set DESK_SLACK_TEAM to your workspace's id (T…): without it no click is accepted"
    return _check("slack team", settings.team is not None, settings.team or "not set", fix)


def _users(settings: SlackSettings) -> Check:
    fix = "List user ids in DESK_SLACK_USERS, or slack_user in [[people]]: nobody may decide yet"
    return _check("slack users", bool(settings.users), f"{len(settings.users)} may decide", fix)


def _address(settings: SlackSettings) -> Check:
    detail = "Slack's own" if settings.api_url == API_URL else "a twin on loopback"
    return _check("slack address", True, detail, "")


async def _known(settings: SlackSettings) -> Check:
    client = SlackClient(settings)
    try:
        answer = await client.call("auth.test", {})
    except ChannelDown as error:
        fix = "Check the token and that the app is installed in the workspace"
        return _check("slack answers", False, str(error), fix)
    finally:
        await client.aclose()
    team = answer.get("team_id")
    same = settings.team is None or team == settings.team
    fix = f"Set DESK_SLACK_TEAM to the workspace the token is of ({str(team)[:20]})"
    return _check("slack answers", same, "the token is good" if same else "the token is of another team", fix)


async def _sent(settings: SlackSettings) -> Check:
    client = SlackClient(settings)
    try:
        await client.post("Purple Desk: a test. Nothing waits for you.", [])
    except ChannelDown as error:
        return _check(
            "slack message", False, str(error), "Invite the app to the channel, or check the webhook"
        )
    finally:
        await client.aclose()
    return _check("slack message", True, "sent", "")
