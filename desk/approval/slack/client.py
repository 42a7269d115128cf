"""Out to Slack, over one pooled client: a deadline, no redirects, a capped answer, no words of Slack's."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import httpx
from msgspec import Struct

from desk.approval.slack.settings import SlackSettings
from desk.errors import ChannelDown

DEADLINE_S = 3.0
MAX_ANSWER = 256_000
ELSEWHERE = "Answer on the page or in the inbox"
#: Slack's own words for what is wrong: `channel_not_found`, `invalid_auth` and the like.
_ERROR = re.compile(r"[a-z][a-z_]{1,50}")


class Posted(Struct, frozen=True):
    """Where a card stands; ``ts`` is empty where a webhook sent it and nobody can change it later."""

    channel: str
    ts: str


class SlackClient:
    """Bot mode where a token and a channel are given, else webhook mode."""

    def __init__(self, settings: SlackSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._http = httpx.AsyncClient(
            timeout=DEADLINE_S, follow_redirects=False, transport=transport, trust_env=False
        )

    @property
    def bot(self) -> bool:
        return self._settings.bot_token is not None and self._settings.channel is not None

    async def post(self, text: str, blocks: list[dict[str, Any]]) -> Posted:
        """Send a card.

        Raises:
            ChannelDown: it did not get there, as far as anybody knows.
        """
        if self.bot:
            body = {"channel": self._settings.channel, "text": text, "blocks": blocks, "unfurl_links": False}
            answer = await self.call("chat.postMessage", body)
            return Posted(str(answer.get("channel", "")), str(answer.get("ts", "")))
        if self._settings.webhook_url is None:
            raise ChannelDown("Slack is not set up", fix="Run `desk slack test`", code="SLACK_NOT_SET_UP")
        await self._send(self._settings.webhook_url.reveal(), {"text": text, "blocks": blocks}, {})
        return Posted("", "")

    async def update(self, posted: Posted, text: str, blocks: list[dict[str, Any]]) -> None:
        """Change a card that was sent. Raises: ChannelDown."""
        body = {"channel": posted.channel, "ts": posted.ts, "text": text, "blocks": blocks}
        await self.call("chat.update", body)

    async def respond(self, url: str, content: Mapping[str, Any]) -> None:
        """Answer an interaction at the address that came with it, if that is Slack's. Raises: ChannelDown."""
        if not self._settings.may_reach(url):
            raise ChannelDown("the answer's address is not Slack's", code="SLACK_BAD_URL")
        await self._send(url, content, {})

    async def call(self, method: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A method of the Web API. Raises: ChannelDown, with Slack's error word if it is one."""
        token = self._settings.bot_token
        headers = {} if token is None else {"Authorization": f"Bearer {token.reveal()}"}
        answer = (await self._send(f"{self._settings.api_url}/{method}", body, headers)).json_object()
        if answer.get("ok") is not True:
            word = str(answer.get("error"))
            why = word if _ERROR.fullmatch(word) else ""
            raise ChannelDown(
                f"Slack refused {method}", why=why, fix="Run `desk slack test`", code="SLACK_REFUSED"
            )
        return answer

    async def _send(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> _Answer:
        try:
            async with asyncio.timeout(DEADLINE_S):
                async with self._http.stream("POST", url, json=dict(body), headers=dict(headers)) as response:
                    content = b""
                    async for chunk in response.aiter_bytes():
                        content += chunk
                        if len(content) > MAX_ANSWER:
                            break
                    status = response.status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError):
            raise ChannelDown("Slack could not be reached", fix=ELSEWHERE, code="SLACK_DOWN") from None
        if status != 200:
            raise ChannelDown(f"Slack answered {status}", fix=ELSEWHERE, code="SLACK_DOWN")
        return _Answer(content)

    async def aclose(self) -> None:
        await self._http.aclose()


class _Answer(Struct, frozen=True):
    body: bytes

    def json_object(self) -> Mapping[str, Any]:
        """Raises: ChannelDown where it is no JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ChannelDown("Slack answered something that is not JSON", code="SLACK_DOWN")
        return found
