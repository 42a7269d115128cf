"""The wire: one pooled HTTP client that can read, cancel, and post an order that carries a permit.

Everything here is bounded: a pace, a total deadline a call, a cap on the answer, no redirects, no proxies
from the environment, one host.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

import httpx
from msgspec import Struct

from desk.domain.ids import ACCOUNT
from desk.domain.secret import Secret
from desk.errors import BadJson, ConfigError
from desk.ports import Permit
from tools.purple_flea.address import base_url, order_path
from tools.purple_flea.order_body import order_body
from tools.purple_flea.pace import Pace

MAX_ANSWER_BYTES = 1_000_000
MAX_MARKETS_BYTES = 4_000_000
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_CONNECT_S = 3.0
_CONNECTIONS = 8
_ORDER = ("POST", "/trade/order")


class Reply(Struct, frozen=True, kw_only=True):
    status: int
    body: bytes
    retry_after: str | None


class Channel:
    """HTTP to one venue for one agent. Raises what httpx raises, TimeoutError at the deadline, and
    BadJson for an answer past its cap or in a content encoding nobody asked for."""

    def __init__(
        self,
        *,
        url: str,
        api_key: Secret | None,
        agent_id: str,
        clear: Callable[[Permit], None],
        transport: httpx.AsyncBaseTransport | None,
        deadline_s: float,
        pace: Pace,
    ) -> None:
        if ACCOUNT.fullmatch(agent_id) is None:
            raise ConfigError("an account's name cannot be sent to the venue", code="BAD_ACCOUNT")
        self._base = base_url(url)
        self._clear = clear
        self._deadline_s = deadline_s
        self._pace = pace
        self._client = httpx.AsyncClient(
            transport=transport,
            headers=_headers(api_key, agent_id),
            timeout=httpx.Timeout(deadline_s, connect=_CONNECT_S, pool=_CONNECT_S),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            follow_redirects=False,
            trust_env=False,
        )

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, cap: int = MAX_ANSWER_BYTES
    ) -> Reply:
        """Read, at our pace; the wait for it is part of the deadline.

        Raises:
            ReadFailed: our own pace would hold it back past the deadline; nothing was sent.
        """
        async with asyncio.timeout(self._deadline_s):
            await self._pace.read("GET", path, self._deadline_s)
            return await self._exchange("GET", path, params=params, cap=cap)

    async def delete_order(self, order_id: str) -> Reply:
        """Cancel; raises as ``get`` does."""
        path = order_path(order_id)
        async with asyncio.timeout(self._deadline_s):
            await self._pace.read("DELETE", path, self._deadline_s)
            return await self._exchange("DELETE", path)

    async def post_order(self, permit: Permit) -> Reply:
        """The one request that moves money. The permit is cleared before the first byte leaves.

        Raises:
            TicketRefused: ``clear`` did not accept the permit; nothing was sent.
            NotSent: the request cannot stand on the wire, or our own pace forbids it; nothing was sent.
        """
        body = order_body(permit.request)
        headers = {"Content-Type": "application/json", "Idempotency-Key": permit.request.client_order_id}
        self._clear(permit)
        self._pace.act(*_ORDER)
        async with asyncio.timeout(self._deadline_s):
            return await self._exchange(*_ORDER, content=body, headers=headers)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        cap: int = MAX_ANSWER_BYTES,
    ) -> Reply:
        request = self._client.build_request(
            method, self._base + path, params=params, content=content, headers=headers
        )
        response = await self._client.send(request, stream=True)
        try:
            body = await _capped(response, cap)
        finally:
            await response.aclose()
        return Reply(status=response.status_code, body=body, retry_after=response.headers.get("retry-after"))


def _headers(api_key: Secret | None, agent_id: str) -> dict[str, str]:
    """Identity encoding only: a compressed answer could outgrow any cap in one chunk."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "X-Agent-ID": agent_id}
    if api_key is not None:
        if _KEY.fullmatch(api_key.reveal()) is None:
            raise ConfigError(
                "PURPLE_FLEA_API_KEY has characters a header cannot have",
                fix="Copy the key again, without spaces or line ends",
                code="BAD_API_KEY",
            )
        headers["Authorization"] = f"Bearer {api_key.reveal()}"
    return headers


async def _capped(response: httpx.Response, cap: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise BadJson("the venue's answer is in an encoding nobody asked for")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > cap:
            raise BadJson("the venue's answer is larger than its cap")
    return bytes(body)
