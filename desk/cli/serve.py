"""``desk serve``: the page, Slack's clicks, and sessions that go on by themselves."""

from __future__ import annotations

import secrets
from hashlib import sha256

import click

from desk.cli import output
from desk.config import load


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback only.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8640, show_default=True)
@click.option(
    "--new-token", metavar="NAME", help="Make a page token for NAME and print what to put in desk.toml."
)
def serve(host: str, port: int, new_token: str | None) -> None:
    """Serve approvals on a page and for Slack, and resume what was answered."""
    if new_token is not None:
        _token(new_token)
        return
    from desk.serve.server import run

    run(load(), host, port, output.note)


def _token(name: str) -> None:
    token = secrets.token_urlsafe(24)
    output.say(f"token for {output.inert(name)}, shown once: {token}")
    output.say("in desk.toml:")
    output.say("  [[people]]")
    output.say(f'  name = "{output.inert(name)}"')
    output.say(f'  page_token_sha256 = "{sha256(token.encode()).hexdigest()}"')
