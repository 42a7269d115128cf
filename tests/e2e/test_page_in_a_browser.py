"""The page in a real browser: with and without scripts, wide and narrow, and while somebody decides.

Chromium is handed the login through a relay on loopback that adds the cookie to what it asks for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from desk import recorded
from tests.e2e.conftest import Desk
from tests.e2e.test_serve import asked, fields, logged_in, people, served

__all__ = ["people"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to look at the page with")


@contextmanager
def relay(
    person: httpx.Client, on_pulse: Callable[[], None] = lambda: None, *, scripts: bool = True
) -> Iterator[str]:
    """An address at which the page is shown to this person.

    ``on_pulse`` runs before each look for news; without ``scripts`` none is handed out.
    """

    class Relay(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/pulse":
                on_pulse()
            if self.path.endswith(".js") and not scripts:
                self.send_error(404)
                return
            answer = person.get(self.path)
            self.send_response(answer.status_code)
            for name in ("content-type", "content-security-policy"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def chromium(folder: Path, address: str, *flags: str) -> str:
    """What it prints."""
    assert CHROMIUM is not None
    usual = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}"]
    done = subprocess.run(
        [CHROMIUM, *usual, "--enable-logging=stderr", *flags, address],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Content Security Policy" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("width", [1280, 390])
def test_an_exported_session_is_shown_under_its_own_policy(tmp_path: Path, width: int) -> None:
    """Its style sheet is the one its policy allows, and there is nothing else that the policy would stop."""
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(recorded("brexit-eve")[0].page(), encoding="utf-8")
    size = f"--window-size={width},900"
    chromium(tmp_path / "browser", f"file://{page}", size, f"--screenshot={picture}")

    assert picture.stat().st_size > 40_000


@pytest.mark.parametrize("width", [1280, 390])
def test_it_can_be_looked_at_wide_and_narrow(desk: Desk, home: Path, tmp_path: Path, width: int) -> None:
    _, approval_id, _ = asked(desk)
    picture = tmp_path / "page.png"
    with served(home) as address, logged_in(address) as ann, relay(ann) as shown:
        size = f"--window-size={width},900"
        chromium(tmp_path / "browser", f"{shown}/approvals/{approval_id}", size, f"--screenshot={picture}")

    png = picture.read_bytes()
    assert int.from_bytes(png[16:20], "big") == width
    assert len(png) > 20_000


def test_without_scripts_everything_is_there(desk: Desk, home: Path, tmp_path: Path) -> None:
    _, approval_id, _ = asked(desk)
    with served(home) as address, logged_in(address) as ann, relay(ann, scripts=False) as shown:
        page = chromium(tmp_path / "browser", f"{shown}/approvals/{approval_id}", "--dump-dom")

    assert "answer by 20" in page
    for part in ("What can be lost", "The gate", "The debate", "The facts it rests on", "Approve", "Deny"):
        assert part in page


def test_with_scripts_the_countdown_runs_and_a_decision_elsewhere_appears(
    desk: Desk, home: Path, tmp_path: Path
) -> None:
    _, approval_id, _ = asked(desk)
    with served(home) as address, logged_in(address) as ann, logged_in(address, "bob") as bob:
        path, looks = f"/approvals/{approval_id}", iter(range(1000))

        def on_pulse() -> None:
            if next(looks) == 1:
                form = {**fields(bob.get(path).text), "reason": "not while ann looks"}
                bob.post(f"{path}/deny", data=form)

        with relay(ann, on_pulse) as shown:
            before = chromium(tmp_path / "one", f"{shown}/", "--dump-dom")
            after = chromium(tmp_path / "two", shown + path, "--virtual-time-budget=8000", "--dump-dom")

    assert re.search(r"0[34]:[0-5][0-9]:[0-5][0-9] left", before)
    assert "denied by bob (page): not while ann looks" in after
    assert "<form" not in after.partition("<main")[2]
