"""The twin on a socket, for other programs of this machine: loopback only."""

from __future__ import annotations

import ipaddress

import uvicorn
from starlette.types import ASGIApp

from desk.errors import UsageError


def serve(application: ASGIApp, host: str, port: int) -> None:
    """Serve until interrupted.

    Raises:
        UsageError: ``host`` is not a loopback address. The twin has no TLS and hands out play money.
    """
    server(application, host, port).run()


def server(application: ASGIApp, host: str, port: int) -> uvicorn.Server:
    """The server that ``serve`` runs, not yet started. Raises: UsageError as ``serve``."""
    if not _is_loopback(host):
        raise UsageError(
            "the paper venue is served on loopback only", fix="Use --host 127.0.0.1", code="NOT_LOOPBACK"
        )
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
    )
    return uvicorn.Server(config)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
