"""Pictures by a headless browser: of text as a terminal shows it, of a Slack card, of a page of the desk."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
STYLE = """
body { margin: 0; padding: 24px; font: 16px/1.45 system-ui, sans-serif; background: #fff; color: #1d1c1d; }
pre { margin: 0; padding: 20px; border-radius: 10px; background: #14101f; color: #ece8fa; }
pre { font: 14px/1.5 monospace; }
.card { border-left: 4px solid #5b2bb5; padding: 4px 16px; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 16px; }
.context { color: #616061; font-size: 13px; }
h2 { margin: 6px 0; } p { margin: 8px 0; }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 6px 14px; }
.button { margin-right: 8px; font-weight: 700; }
.primary { background: #007a5a; color: #fff; border-color: #007a5a; }
.danger { color: #e01e5a; border-color: #e01e5a; }
"""


def shot(url: str, picture: Path, width: int, height: int) -> None:
    """The picture of an address."""
    assert BROWSER is not None, "chromium is needed"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=3000"]
    size = f"--window-size={width},{height}"
    subprocess.run([BROWSER, *flags, size, f"--screenshot={picture}", url], check=True, capture_output=True)


def html(body: str, picture: Path, width: int, height: int) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
        file.write(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{body}")
        file.flush()
        shot(f"file://{file.name}", picture, width, height)


def terminal(text: str, picture: Path) -> None:
    """Text as a dark terminal shows it."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\x1b[78]", "", text).replace("\r", "").strip("\n")
    html(f"<pre>{escape(plain)}</pre>", picture, 900, 70 + 21 * (plain.count("\n") + 2))


def slack(blocks: list[dict[str, Any]], picture: Path) -> None:
    """A card as Slack lays it out, more or less."""
    html(f"<div class=card>{''.join(map(_block, blocks))}</div>", picture, 760, 540)


def _block(block: dict[str, Any]) -> str:
    match block["type"]:
        case "header":
            return f"<h2>{escape(block['text']['text'])}</h2>"
        case "section" if "fields" in block:
            return f"<div class=fields>{''.join(f'<p>{_mrkdwn(one)}</p>' for one in block['fields'])}</div>"
        case "section":
            return f"<p>{_mrkdwn(block['text'])}</p>"
        case "context":
            return f"<p class=context>{''.join(_mrkdwn(one) for one in block['elements'])}</p>"
    buttons = (
        f"<span class='button {one.get('style', '')}'>{escape(one['text']['text'])}</span>"
        for one in block["elements"]
    )
    return f"<p>{''.join(buttons)}</p>"


def _mrkdwn(text: dict[str, Any]) -> str:
    return re.sub(r"\*([^*]+)\*", r"<b>\1</b>", text["text"]).replace("\n", "<br>")


@contextmanager
def seen_by(address: str, cookie: str) -> Iterator[str]:
    """The site as somebody who is logged in sees it: a proxy that adds their cookie."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = address.removeprefix("http://")
            answer = httpx.get(address + self.path, headers={"Cookie": cookie, "Host": host})
            self.send_response(answer.status_code)
            for name in ("content-type", "content-security-policy"):
                self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
