"""What Slack must be told of, checked when it is read: a mistake here is found at start, not at night."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from desk.domain.secret import Secret
from desk.errors import ConfigError

API_URL = "https://slack.com/api"
HOOKS = "hooks.slack.com"
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_CHANNEL = re.compile(r"#?[A-Za-z0-9._-]{1,80}")


class SlackSettings(Struct, frozen=True, kw_only=True):
    """Bot mode with a token and a channel, webhook mode with a URL. ``names`` maps users to listed people."""

    signing_secret: Secret | None = None
    bot_token: Secret | None = None
    webhook_url: Secret | None = None
    channel: str | None = None
    team: str | None = None
    users: frozenset[str] = frozenset()
    names: Mapping[str, str]
    api_url: str = API_URL

    @property
    def posts(self) -> bool:
        """Can a card be sent?"""
        return self.webhook_url is not None or (self.bot_token is not None and self.channel is not None)

    def person(self, user: str, team: str) -> str | None:
        """Who a Slack user is: a listed name, or the user's id. None if they may not decide anything."""
        if self.team is None or team != self.team or user not in self.users:
            return None
        return self.names.get(user, f"slack:{user}")

    def may_reach(self, url: str) -> bool:
        """Is this one of the places an answer may go to: Slack's own hooks, or a twin on loopback?"""
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname == HOOKS and parts.port in (None, 443):
            return True
        return is_loopback(self.api_url) and is_loopback(url)


def is_loopback(url: str) -> bool:
    """Does this URL stay on this machine?"""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        return parts.scheme in ("http", "https") and (
            host == "localhost" or ipaddress.ip_address(host).is_loopback
        )
    except ValueError:
        return False


def slack_settings(env: Mapping[str, str], names: Mapping[str, str]) -> SlackSettings | None:
    """``DESK_SLACK_*`` from the environment; None where none is set.

    Args:
        names: listed people by their Slack user: they may decide too.

    Raises:
        ConfigError: a value that cannot be what it is said to be. No value is repeated.
    """
    found = {
        name.removeprefix("DESK_SLACK_").lower(): text.strip()
        for name, text in env.items()
        if name.startswith("DESK_SLACK_") and text.strip()
    }
    if not found:
        return None
    users = frozenset(part.strip() for part in found.get("users", "").split(",") if part.strip())
    _require(
        all(_ID.fullmatch(user) for user in users), "USERS", "user ids such as U012AB3CD, comma-separated"
    )
    team, channel = found.get("team"), found.get("channel")
    _require(team is None or _ID.fullmatch(team), "TEAM", "a team id such as T012AB3CD")
    _require(channel is None or _CHANNEL.fullmatch(channel), "CHANNEL", "a channel id such as C012AB3CD")
    api_url = found.get("api_url", API_URL).rstrip("/")
    _require(api_url == API_URL or is_loopback(api_url), "API_URL", "Slack's own address, or one on loopback")
    webhook = found.get("webhook_url")
    hooked = webhook is None or urlsplit(webhook).hostname == HOOKS or is_loopback(webhook)
    secure = webhook is None or webhook.startswith("https://") or is_loopback(webhook)
    _require(hooked and secure, "WEBHOOK_URL", f"an address below https://{HOOKS}/")
    return SlackSettings(
        signing_secret=_secret(found, "signing_secret"),
        bot_token=_secret(found, "bot_token"),
        webhook_url=_secret(found, "webhook_url"),
        channel=channel,
        team=team,
        users=users | frozenset(names),
        names=dict(names),
        api_url=api_url,
    )


def _require(ok: object, name: str, wanted: str) -> None:
    if not ok:
        raise ConfigError(f"DESK_SLACK_{name} is not {wanted}", fix="See `desk doctor`", code="BAD_SLACK")


def _secret(found: Mapping[str, str], name: str) -> Secret | None:
    text = found.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigError(
            f"DESK_SLACK_{name.upper()} holds characters that cannot be in it", code="BAD_SLACK"
        )
    return Secret(text)


def missing(settings: SlackSettings | None) -> list[str]:
    """What keeps people from being asked over Slack, each in a line that says what to set."""
    if settings is None:
        return ["no DESK_SLACK_* variable is set"]
    found = []
    if not settings.posts:
        found.append("set DESK_SLACK_BOT_TOKEN and DESK_SLACK_CHANNEL, or DESK_SLACK_WEBHOOK_URL")
    if settings.signing_secret is None:
        found.append("set DESK_SLACK_SIGNING_SECRET: without it no click can be believed")
    if settings.team is None:
        found.append("set DESK_SLACK_TEAM: without it no click is accepted")
    if not settings.users:
        found.append("set DESK_SLACK_USERS, or slack_user in [[people]]: nobody may decide yet")
    return found
