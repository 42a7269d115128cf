"""``desk doctor``: is everything in place, and if not, what is the one-line fix."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
from collections.abc import Callable
from importlib import metadata

import click

from desk import bootstrap
from desk.cli import output
from desk.cli.options import json_flag
from desk.config import Settings, load
from desk.errors import DeskError
from desk.home.halt import HaltFile
from desk.journal import verify_home

Check = dict[str, object]
PINNED = {"autogen-agentchat": "0.7.5", "autogen-core": "0.7.5", "autogen-ext": "0.7.5"}


@click.command()
@json_flag
def doctor(as_json: bool) -> int:
    """Check Python, packages, settings, home, journal, keys and the stop file."""
    checks = [_python(), _sqlite(), *_packages(), *_settings()]
    if as_json:
        output.emit({"schema": "desk.doctor/1", "checks": checks})
    else:
        for check in checks:
            output.say(f"{'ok ' if check['ok'] else 'NO '} {check['name']}: {check['detail']}")
            if not check["ok"]:
                output.say(f"     {check['fix']}")
    return 0 if all(check["ok"] for check in checks) else 1


def _check(name: str, ok: bool, detail: str, fix: str = "") -> Check:
    return {"name": name, "ok": ok, "detail": detail, "fix": "" if ok else fix}


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return _check("python", sys.version_info >= (3, 11), version, "Install Python 3.11 or newer")


def _sqlite() -> Check:
    version = sqlite3.sqlite_version
    return _check("sqlite", sqlite3.sqlite_version_info >= (3, 40), version, "Update SQLite to 3.40 or newer")


def _packages() -> list[Check]:
    checks = []
    for name, wanted in PINNED.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = "missing"
        checks.append(_check(name, found == wanted, found, f"pip install {name}=={wanted}"))
    try:
        bootstrap.tools_module("catalog")
        checks.append(_check("tools", True, "the desk's own"))
    except DeskError as error:
        checks.append(_check("tools", False, error.what, error.fix))
    httpx = importlib.util.find_spec("httpx") is not None
    checks.append(_check("httpx", httpx, "installed" if httpx else "missing", "pip install 'httpx<0.29'"))
    return checks


def _settings() -> list[Check]:
    try:
        settings = load()
    except DeskError as error:
        return [_check("settings", False, f"{error.what} {error.why}".strip(), error.fix)]
    return [
        _check("settings", True, str(settings.home.path)),
        _guarded("journal", lambda: _journal(settings), "Run `desk verify`"),
        _halt(settings),
        _model(settings),
        _venue(settings),
        *_slack(settings),
    ]


def _slack(settings: Settings) -> list[Check]:
    """Slack, if anything of it is set."""
    if settings.slack is None:
        return []
    import asyncio

    from desk.approval.slack.checks import checks

    return asyncio.run(checks(settings.slack, reach=True))


def _guarded(name: str, check: Callable[[], Check], fix: str) -> Check:
    try:
        return check()
    except DeskError as error:
        return _check(name, False, error.what, error.fix or fix)


def _journal(settings: Settings) -> Check:
    if not settings.home.journal.exists():
        return _check("journal", True, "none yet; the first run makes it")
    report = verify_home(settings.home.path, full=False)
    return _check("journal", report.ok, f"{report.events} events", "Run `desk verify`; do not trade on it")


def _halt(settings: Settings) -> Check:
    halted = HaltFile(settings.home.halt).halted()
    return _check(
        "trading",
        not halted,
        "halted" if halted else "not halted",
        "`desk reopen --reason …` when it is safe",
    )


def _model(settings: Settings) -> Check:
    remote = [spec for spec in settings.models.values() if spec != bootstrap.RULES]
    if not remote:
        return _check("model", True, "rules, offline")
    from urllib.parse import urlsplit

    host = urlsplit(settings.openai_url or "").hostname or "api.openai.com"
    ready = settings.openai_key is not None or settings.openai_url is not None
    return _check("model", ready, f"{', '.join(sorted(set(remote)))} at {host}", "Set OPENAI_API_KEY")


def _venue(settings: Settings) -> Check:
    if settings.venue != bootstrap.FLEA:
        return _check("venue", True, "paper, embedded")
    ready = settings.flea_key is not None
    return _check("venue", ready, "purpleflea", "Set PURPLE_FLEA_API_KEY")
