"""A loopback Slack: the methods the desk uses, a webhook, response URLs; it remembers, or misbehaves."""

from __future__ import annotations

import hmac
import json
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

SECRET, TOKEN = "8f742231b10e8888abcd99aaabbb85a5", "xoxb-1-2-three"
TEAM, USER, CHANNEL = "T0TEAM", "U0ANN", "C0DESK"
Body = dict[str, Any]


class SlackServer:
    """Serves on a free port. ``calls`` are (path, body); ``status`` and ``answer`` make it misbehave."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Body]] = []
        self.status = 200
        self.answer: bytes | None = None
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def environment(self, *, bot: bool = True) -> dict[str, str]:
        """What a desk is told of this Slack."""
        common = {
            "DESK_SLACK_SIGNING_SECRET": SECRET,
            "DESK_SLACK_TEAM": TEAM,
            "DESK_SLACK_USERS": f"{USER},U0BOB",
            "DESK_SLACK_API_URL": f"{self.url}/api",
        }
        if bot:
            return {**common, "DESK_SLACK_BOT_TOKEN": TOKEN, "DESK_SLACK_CHANNEL": CHANNEL}
        return {**common, "DESK_SLACK_WEBHOOK_URL": f"{self.url}/hook"}

    def of(self, path: str) -> list[Body]:
        return [body for at, body in self.calls if at == path]

    def __enter__(self) -> SlackServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                slack.calls.append((self.path, body))
                known = {"ok": True, "channel": CHANNEL, "ts": f"{len(slack.calls)}.0", "team_id": TEAM}
                payload = slack.answer if slack.answer is not None else json.dumps(known).encode()
                self.send_response(slack.status)
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


def signed(body: bytes, *, at: int | None = None, secret: str = SECRET) -> list[tuple[str, str]]:
    """The headers Slack would send with this body."""
    stamp = str(int(time.time()) if at is None else at)
    mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, sha256).hexdigest()
    return [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-slack-request-timestamp", stamp),
        ("x-slack-signature", f"v0={mac}"),
    ]


def pressed(action: str, value: str, **changes: Any) -> bytes:
    """The body of a click on a button."""
    payload: Body = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": USER, "team_id": TEAM},
        "trigger_id": "1.2.three",
        "actions": [{"action_id": action, "block_id": "desk_decide", "value": value, "type": "button"}],
        **changes,
    }
    return form(payload)


def submitted(value: str, reason: str, **changes: Any) -> bytes:
    """The body of the dialog that asks why."""
    state = {"values": {"desk_reason": {"desk_reason": {"type": "plain_text_input", "value": reason}}}}
    view = {"callback_id": "desk_deny_modal", "private_metadata": value, "state": state}
    payload: Body = {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": {"id": USER, "team_id": TEAM},
        "view": view,
        **changes,
    }
    return form(payload)


def form(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()
