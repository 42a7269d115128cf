"""Nothing that tries again can reach the request that moves money: by its source, and by counting."""

from __future__ import annotations

import ast
import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from desk.domain.market import OrderRequest, OrderType, Side, TimeInForce
from desk.domain.money import amount
from desk.errors import OutcomeUnknown, VenueError
from desk.ports import Permit
from tests.architecture.sources import functions, sources
from tools.purple_flea import PurpleFlea, ReadPolicy

#: The whole way of a permit to the wire, function by function.
WAY = {
    "desk/execution/executing.py": {"execute"},
    "desk/execution/protection.py": {"_send"},
    "desk/execution/dispatch.py": {"go", "_go"},
    "desk/execution/tape.py": {"act", "_called"},
    "tools/purple_flea/client.py": {"submit"},
    "tools/purple_flea/channel.py": {"post_order", "_exchange"},
}
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)


def callers(method: str) -> list[tuple[str, str]]:
    """Module and function of every mention of ``x.method``."""
    return [
        (one.path, function.name)
        for one in sources()
        for function in functions(one)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr == method
    ]


def repeated(function: ast.AST) -> list[ast.AST]:
    """Loops in which something is awaited."""
    loops = [node for node in ast.walk(function) if isinstance(node, LOOPS)]
    return [loop for loop in loops if any(isinstance(node, ast.Await) for node in ast.walk(loop))]


def test_a_retry_library_is_known_to_the_reads_alone() -> None:
    knowing = {
        one.path
        for one in sources()
        if any(name.split(".")[0] in ("tenacity", "backoff", "stamina") for name in one.imported.values())
    }

    assert knowing == {"tools/purple_flea/reads.py"}


def test_the_order_request_is_made_in_one_place_and_sent_from_one_place() -> None:
    assert callers("post_order") == [("tools/purple_flea/client.py", "submit")]
    # The second one is a fork's: it passes on to a simulated exchange in memory (see test_forks.py).
    assert callers("submit") == [
        ("desk/execution/dispatch.py", "_go"),
        ("desk/replay/fork/twin.py", "submit"),
    ]
    assert set(callers("go")) == {
        ("desk/execution/executing.py", "execute"),
        ("desk/execution/protection.py", "_send"),
    }


def test_no_function_on_the_way_to_the_wire_loops_or_is_wrapped() -> None:
    found = {one.path: {function.name: function for function in functions(one)} for one in sources()}
    for path, names in WAY.items():
        for name in names:
            function = found[path][name]
            assert not function.decorator_list, (path, name)
            assert not repeated(function), (path, name)


def test_reads_that_try_again_are_handed_a_get_or_a_cancellation_and_never_an_order() -> None:
    handed = [
        ast.unparse(node.args[0])
        for one in sources()
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("_reads.run")
    ]

    assert sorted(text.split("(")[0] for text in handed) == [
        "lambda: self._channel.delete_order",
        "lambda: self._channel.get",
    ]


# ---- counted -------------------------------------------------------------------------------------


async def at_once(seconds: float) -> None:
    """Reads wait no time here."""


EAGER = ReadPolicy(sleep=at_once, jitter=lambda: 0.0)


def permit() -> Permit:
    request = OrderRequest(
        client_order_id="cid_" + "1" * 32,
        symbol="SPX-PERP",
        side=Side.BUY,
        quantity=amount("0.05"),
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.IOC,
        mode="paper",
        limit_price=amount("2001"),
        stop_loss=amount("1970"),
        take_profit=amount("2100"),
    )
    return Permit(ticket_id="tkt_" + "0" * 32, request=request, mac="0" * 64)


def accept(permit: Permit) -> None:
    """Tickets are another test's."""


FAILURES = [
    httpx.ConnectError("x"),
    httpx.ConnectTimeout("x"),
    httpx.PoolTimeout("x"),
    httpx.ReadTimeout("x"),
    httpx.WriteError("x"),
    httpx.RemoteProtocolError("x"),
    httpx.Response(307, headers={"Location": "/api/v1/trade/order"}),
    httpx.Response(408),
    httpx.Response(425),
    httpx.Response(429, headers={"Retry-After": "0"}),
    httpx.Response(500),
    httpx.Response(503, headers={"Retry-After": "0"}),
    httpx.Response(504),
]


@pytest.mark.parametrize("answer", FAILURES, ids=repr)
async def test_whatever_comes_back_an_order_is_one_request_where_a_read_is_five(
    answer: httpx.Response | httpx.TransportError,
) -> None:
    seen: Counter[str] = Counter()

    def handler(request: httpx.Request) -> httpx.Response:
        seen[request.method] += 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    venue = PurpleFlea(
        "https://venue.test", None, "a", "paper", accept, httpx.MockTransport(handler), reads=EAGER
    )
    with pytest.raises(VenueError):
        await venue.submit(permit())
    with pytest.raises(VenueError):
        await venue.promises()

    passing = isinstance(answer, Exception) or answer.status_code in (429, 500, 503, 504)
    assert seen == {"POST": 1, "GET": 5 if passing else 1}


@asynccontextmanager
async def hanging_up(after: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server on loopback that answers a GET, and ends the connection once it was sent an order."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(65536):
            requests.append(head)
            if head.startswith(b"GET"):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                continue
            writer.write(after)
            break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], requests
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    "after",
    [
        b"",
        b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 307 Elsewhere\r\nLocation: /api/v1/trade/order\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["hang_up", "busy", "redirect"],
)
async def test_over_a_kept_connection_an_order_leaves_once(after: bytes) -> None:
    async with hanging_up(after) as (port, requests):
        venue = PurpleFlea(f"http://127.0.0.1:{port}/api/v1", None, "a", "paper", accept, reads=EAGER)
        await venue.promises()
        with pytest.raises(OutcomeUnknown):
            await venue.submit(permit())
        await venue.aclose()

    assert sum(request.startswith(b"POST") for request in requests) == 1
