"""The same matrix over a real socket on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from trading_floor import ACCOUNT, AS_OF, PATIENT, Floor, accept, permit

from desk.domain.market import OrderStatus
from desk.errors import NotSent, OutcomeUnknown, UsageError
from tools.paper.plan import Fault
from tools.paper.server import server
from tools.paper.sim import Wire, sim_app
from tools.purple_flea import PurpleFlea


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(floor: Floor) -> Iterator[int]:
    port = free_port()
    running = server(
        sim_app(floor.store, lambda: AS_OF, floor.plan, wire=Wire.TCP, settle_s=30), "127.0.0.1", port
    )
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        until = time.monotonic() + 5
        while not running.started and time.monotonic() < until:
            time.sleep(0.005)
        yield port
    finally:
        running.should_exit = running.force_exit = True
        thread.join(5)


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A socket that takes one request, sends these bytes and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def once() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=once)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(5)
        listener.close()


def client(port: int, deadline_s: float = 2.0) -> PurpleFlea:
    url = f"http://127.0.0.1:{port}/api/v1"
    return PurpleFlea(url, None, ACCOUNT, "paper", accept, reads=PATIENT, deadline_s=deadline_s)


async def test_an_order_goes_over_the_wire_and_comes_back():
    with served(Floor()) as port:
        venue = client(port)
        placed = await venue.submit(permit())
        assert placed.status is OrderStatus.FILLED
        assert (await venue.promises()).settle_s == 30
        await venue.aclose()


@pytest.mark.parametrize(
    "kind", [Fault.EXECUTE_THEN_DROP, Fault.EXECUTE_THEN_TIMEOUT, Fault.EXECUTE_THEN_500, Fault.BAD_JSON]
)
async def test_an_order_whose_answer_was_lost_is_unknown_and_exists(kind):
    floor = Floor()
    floor.plan.arm(kind, method="POST", ms=400)
    with served(floor) as port:
        venue = client(port, deadline_s=0.2)
        with pytest.raises(OutcomeUnknown):
            await venue.submit(permit())
        assert len(floor.ledger("order")) == 1
        await venue.aclose()


async def test_a_closed_port_proves_that_nothing_was_sent():
    venue = client(free_port())
    with pytest.raises(NotSent):
        await venue.submit(permit())
    await venue.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b'HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n{"order_id"',
        b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"ord',
        b"SSH-2.0-OpenSSH\r\n",
    ],
    ids=["hang-up", "partial body", "partial chunk", "not http"],
)
async def test_a_connection_that_breaks_after_the_request_is_unknown(answer):
    with answering(answer) as port:
        venue = client(port)
        with pytest.raises(OutcomeUnknown):
            await venue.submit(permit())
        await venue.aclose()


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "example.test", "::"])
def test_the_twin_is_served_on_loopback_only(host):
    with pytest.raises(UsageError):
        server(Floor().app, host, 0)


def test_nothing_in_a_session_imports_the_faults():
    code = "import sys, tools.paper; assert not {'tools.paper.sim', 'tools.paper.plan'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
