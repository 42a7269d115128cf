"""Settings: read once at the edge from ``desk.toml`` and the environment; they can only tighten.

An unknown key, an unknown ``DESK_*`` variable or a limit looser than the code's is refused at start,
never clamped. Secrets have an opaque repr and appear nowhere else.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from desk.approval.slack.settings import SlackSettings, is_loopback, slack_settings
from desk.domain import ids
from desk.domain.limits import CEILING, Limits, tightened
from desk.domain.money import amount
from desk.domain.policy import BUILT_IN, NOBODY, Policy, policy_from
from desk.domain.secret import Secret
from desk.errors import BadNumber, ConfigError
from desk.home.paths import Home

KNOWN_VARIABLES = frozenset(
    {
        "DESK_HOME",
        "DESK_SLACK_SIGNING_SECRET",
        "DESK_SLACK_BOT_TOKEN",
        "DESK_SLACK_WEBHOOK_URL",
        "DESK_SLACK_CHANNEL",
        "DESK_SLACK_TEAM",
        "DESK_SLACK_USERS",
        "DESK_SLACK_API_URL",
    }
)
ROLES = ("macro_analyst", "technical_analyst", "risk_officer", "executor")
#: The longest that a reply may be served from the decision cache: a week.
MAX_CACHE_S = 7 * 86_400
PURPLE_FLEA_URL = "https://purpleflea.com/api/v1"


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who may approve, under the names the channels know them by."""

    name: str
    os_user: str | None = None
    slack_user: str | None = None
    page_token_sha256: str | None = None


class Settings(Struct, frozen=True, kw_only=True):
    """Everything from file and environment. ``models`` maps a role (or ``default``) to a model's spec.

    ``cache_s`` is how long an analyst's reply may be served from the decision cache; 0 is not at all.
    """

    home: Home
    limits: Limits = CEILING
    models: Mapping[str, str] = field(default_factory=dict)
    cache_s: int = 0
    venue: str | None = None
    account: str | None = None
    live: bool = False
    approve: str | None = None
    page_url: str | None = None
    policy: Policy = BUILT_IN
    people: tuple[Person, ...] = ()
    openai_key: Secret | None = None
    openai_url: str | None = None
    flea_key: Secret | None = None
    flea_url: str = PURPLE_FLEA_URL
    slack: SlackSettings | None = None

    def person(self, os_user: str) -> str:
        """The listed name of an OS user; ``local:<uid>`` for one that is not listed."""
        listed = next((one.name for one in self.people if one.os_user == os_user), None)
        return listed or f"local:{os.getuid()}"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read everything once.

    Raises:
        ConfigError: anything unknown, malformed or looser than the code allows.
    """
    env = os.environ if environ is None else environ
    _known_variables(env)
    home = Home(Path(env.get("DESK_HOME") or "~/.desk").expanduser())
    tables = _tables(home.settings)
    with _in_file(home.settings):
        people = _people(tables.pop("people", []))
        written = {
            "limits": _limits(tables.pop("limits", {})),
            **_models(tables.pop("models", {})),
            **_venue(tables.pop("venue", {})),
            **_approval(tables.pop("approval", {})),
        }
    return Settings(
        home=home,
        people=people,
        **written,
        openai_key=_secret(env, "OPENAI_API_KEY"),
        openai_url=_model_url(env.get("OPENAI_BASE_URL") or None),
        flea_key=_secret(env, "PURPLE_FLEA_API_KEY"),
        flea_url=env.get("PURPLE_FLEA_BASE_URL") or PURPLE_FLEA_URL,
        slack=slack_settings(env, {one.slack_user: one.name for one in people if one.slack_user}),
    )


def _model_url(url: str | None) -> str | None:
    """Prompts and a key go there: without TLS only to this machine."""
    if url is None or url.startswith("https://") or is_loopback(url):
        return url
    raise ConfigError(
        "OPENAI_BASE_URL is neither https nor on loopback",
        why="prompts and the key would go there in clear",
        fix="Use https://, or a tunnel to 127.0.0.1",
        code="INSECURE_URL",
    )


def _known_variables(env: Mapping[str, str]) -> None:
    unknown = sorted(name for name in env if name.startswith("DESK_") and name not in KNOWN_VARIABLES)
    if unknown:
        raise ConfigError(
            f"{unknown[0]} is not a variable the desk knows",
            why="a setting that is silently ignored is a danger",
            fix="Unset it; known: " + ", ".join(sorted(KNOWN_VARIABLES)),
            code="UNKNOWN_VARIABLE",
        )


def _secret(env: Mapping[str, str], name: str) -> Secret | None:
    text = env.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigError(f"{name} holds characters no key has", fix="Copy it again, without line breaks")
    return Secret(text)


@contextmanager
def _in_file(path: Path) -> Iterator[None]:
    """Says in which file a setting is that cannot be used."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{path}: {error.what}", why=error.why, fix=error.fix, code=error.code) from None


def _tables(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path} cannot be read", fix="Make it a UTF-8 file you may read") from None
    try:
        tables = tomllib.loads(text, parse_float=_exact)
    except tomllib.TOMLDecodeError as error:
        place = f"{path}:{_line(error, text)}"
        raise ConfigError(f"{place}: this is not valid TOML", fix="Check it with a TOML linter") from None
    unknown = sorted(set(tables) - {"limits", "models", "venue", "approval", "people", "data"})
    if unknown:
        raise ConfigError(f"{path}: [{unknown[0]}] is not a table the desk knows")
    data = tables.pop("data", {})
    if data:
        raise ConfigError(f"{path}: [data] has no settings in this version")
    return tables


def _line(error: tomllib.TOMLDecodeError, text: str) -> int:
    """The line that the parser names in its message (before 3.14 nowhere else), or the last one."""
    named = re.search(r"at line ([0-9]{1,9})", str(error))
    return int(named[1]) if named else max(1, len(text.splitlines()))


def _exact(text: str) -> Decimal:
    try:
        return amount(text)
    except BadNumber as error:
        raise ConfigError("desk.toml holds a number the desk does not accept", why=str(error)) from None


def _limits(table: Mapping[str, Any]) -> Limits:
    wanted = {}
    for name, value in _mapping(table, "limits").items():
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise ConfigError(f"limits.{name} is not a number")
        wanted[name] = _exact(str(value))
    return tightened(CEILING, wanted)


def _models(table: Mapping[str, Any]) -> dict[str, Any]:
    models = dict(_mapping(table, "models"))
    cache_s = models.pop("cache_s", 0)
    if type(cache_s) is not int or not 0 <= cache_s <= MAX_CACHE_S:
        raise ConfigError(f"models.cache_s is not a whole number of seconds from 0 to {MAX_CACHE_S}")
    for role, spec in models.items():
        if role not in (*ROLES, "default"):
            raise ConfigError(f"models.{role} is not a role", fix="Known: default, " + ", ".join(ROLES))
        if not isinstance(spec, str):
            raise ConfigError(f"models.{role} is not text")
    return {"models": models, "cache_s": cache_s}


def _venue(table: Mapping[str, Any]) -> dict[str, Any]:
    venue = dict(_mapping(table, "venue"))
    name = _choice(venue, "venue", "name", ("paper", "purpleflea"), rest=("account", "live"))
    account, live = venue.get("account"), venue.get("live", False)
    if account is not None and (not isinstance(account, str) or not ids.ACCOUNT.fullmatch(account)):
        raise ConfigError("venue.account is not an account's name")
    if not isinstance(live, bool):
        raise ConfigError("venue.live is not true or false")
    return {"venue": name, "account": account, "live": live}


def _approval(table: Mapping[str, Any]) -> dict[str, Any]:
    channels = ("console", "inbox", "slack", "deny")
    channel = _choice(table, "approval", "channel", channels, rest=("rules", "page_url"))
    page = table.get("page_url")
    if page is not None and not (isinstance(page, str) and page.startswith(("https://", "http://"))):
        raise ConfigError("approval.page_url is not the address of `desk serve`")
    page_url = None if page is None else page.rstrip("/")
    return {"approve": channel, "page_url": page_url, "policy": policy_from(table.get("rules"))}


def _choice(
    table: Mapping[str, Any], where: str, key: str, known: tuple[str, ...], rest: tuple[str, ...] = ()
) -> str | None:
    unknown = sorted(set(_mapping(table, where)) - {key, *rest})
    if unknown:
        raise ConfigError(f"{where}.{unknown[0]} is not a setting", fix=f"Known: {', '.join((key, *rest))}")
    value = table.get(key)
    if value is not None and value not in known:
        raise ConfigError(f"{where}.{key} is not one of {', '.join(known)}")
    return None if value is None else str(value)


def _people(rows: object) -> tuple[Person, ...]:
    if not isinstance(rows, list):
        raise ConfigError("[[people]] is not a list of tables")
    people = []
    for row in rows:
        known = {"name", "os_user", "slack_user", "page_token_sha256"}
        unknown = sorted(set(_mapping(row, "people")) - known)
        if unknown or not isinstance(row.get("name"), str):
            raise ConfigError("an entry of [[people]] needs a name", fix="Known: " + ", ".join(sorted(known)))
        if any(not isinstance(value, str) for value in row.values()):
            raise ConfigError("an entry of [[people]] holds something that is not text")
        people.append(Person(**row))
    _distinct(people)
    return tuple(people)


def _distinct(people: list[Person]) -> None:
    """Two people are two: no name or token twice, since a quorum counts names."""
    tokens = [one.page_token_sha256.lower() for one in people if one.page_token_sha256 is not None]
    if any(re.fullmatch("[0-9a-f]{64}", token) is None for token in tokens):
        raise ConfigError(
            "a page_token_sha256 of [[people]] is not the SHA-256 of a token, in hex",
            fix="Make one with `desk serve --new-token NAME`",
        )
    names = [one.name for one in people]
    if NOBODY in names:
        raise ConfigError(f"a person of [[people]] is called {NOBODY}", fix="Silence is; use another name")
    if len(set(names)) < len(names) or len(set(tokens)) < len(tokens):
        raise ConfigError("two of [[people]] have the same name or page token", fix="Give each their own")


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"[{where}] is not a table")
    return value
