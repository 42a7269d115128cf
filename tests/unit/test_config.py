"""Settings can only tighten: what is unknown, malformed or looser is refused, in one line that says where."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from desk.config import KNOWN_VARIABLES, PURPLE_FLEA_URL, Settings, load
from desk.domain.limits import CEILING, Limits
from desk.errors import ConfigError

D = Decimal


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def loaded(home: Path, toml: str = "", **environ: str) -> Settings:
    if toml:
        (home / "desk.toml").write_text(toml, encoding="utf-8")
    return load({"DESK_HOME": str(home), **environ})


def refused(home: Path, toml: str = "", **environ: str) -> ConfigError:
    """The refusal; it is one line, however odd the file is."""
    with pytest.raises(ConfigError) as caught:
        loaded(home, toml, **environ)
    assert caught.value.exit_code == 2
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def test_without_a_file_everything_is_the_codes_own(home: Path) -> None:
    settings = loaded(home)

    assert settings.limits == CEILING
    assert (settings.models, settings.people, settings.live) == ({}, (), False)
    assert (settings.openai_key, settings.flea_key, settings.flea_url) == (None, None, PURPLE_FLEA_URL)


def test_an_empty_variable_is_an_unset_one(home: Path) -> None:
    settings = loaded(home, OPENAI_API_KEY=" ", OPENAI_BASE_URL="", PURPLE_FLEA_BASE_URL="")

    assert (settings.openai_key, settings.openai_url, settings.flea_url) == (None, None, PURPLE_FLEA_URL)


# ---- the environment -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["DESK_APPROVE", "DESK_LIMITS", "DESK_", "DESK_home", "DESK_TRADE_SIZE"])
def test_a_variable_of_ours_that_nobody_knows_is_refused(home: Path, name: str) -> None:
    error = refused(home, **{name: "1"})

    assert (error.code, name in error.what) == ("UNKNOWN_VARIABLE", True)


@pytest.mark.parametrize("name", sorted(KNOWN_VARIABLES - {"DESK_HOME"}))
def test_a_known_variable_and_a_strangers_are_fine(home: Path, name: str) -> None:
    value = "http://127.0.0.1:9/x" if name.endswith("_URL") else "x"
    assert loaded(home, **{name: value, "PATH": "/bin", "DESKTOP": "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_URL", "https://slack.example/api"),
        ("API_URL", "http://slack.com/api"),
        ("WEBHOOK_URL", "https://hooks.slack.com.example/x"),
        ("WEBHOOK_URL", "http://hooks.slack.com/x"),
        ("WEBHOOK_URL", "file:///etc/passwd"),
        ("TEAM", "T0 TEAM"),
        ("USERS", "U1;U2"),
        ("CHANNEL", "#not one"),
        ("BOT_TOKEN", "xoxb 1"),
    ],
)
def test_a_slack_setting_that_cannot_be_one_is_refused_and_not_repeated(
    home: Path, name: str, value: str
) -> None:
    error = refused(home, **{f"DESK_SLACK_{name}": value})

    assert (error.code, f"DESK_SLACK_{name}" in error.what) == ("BAD_SLACK", True)
    assert value not in str(error)


@pytest.mark.parametrize("url", ["http://models.example/v1", "http://10.0.0.5:8000/v1", "ftp://127.0.0.1/v1"])
def test_a_model_that_would_be_asked_in_clear_is_refused(home: Path, url: str) -> None:
    assert refused(home, OPENAI_BASE_URL=url).code == "INSECURE_URL"


@pytest.mark.parametrize("text", ["two words", "line\nbreak", "pass\x00word", "sk-ключ"])
@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "PURPLE_FLEA_API_KEY"])
def test_a_key_with_characters_no_key_has_is_refused_and_not_shown(home: Path, name: str, text: str) -> None:
    error = refused(home, **{name: text})

    assert name in error.what
    assert text not in str(error)


# ---- limits --------------------------------------------------------------------------------------


#: A minimum, or the width of a window or band in which something is forbidden.
LARGER_IS_STRICTER = {
    "cash_reserve",
    "stop_atr",
    "stop_spreads",
    "reward_risk",
    "order_rate_window_s",
    "duplicate",
    "duplicate_window_s",
}


def stricter_and_looser(name: str) -> tuple[Decimal, Decimal]:
    value = getattr(CEILING, name)
    more, less = value * 2, value / 2
    return (more, less) if name in LARGER_IS_STRICTER else (less, more)


@pytest.mark.parametrize("name", Limits.__struct_fields__)
def test_every_limit_can_be_tightened_and_none_loosened(home: Path, name: str) -> None:
    stricter, looser = stricter_and_looser(name)

    settings = loaded(home, f"[limits]\n{name} = {stricter}\n")
    error = refused(home, f"[limits]\n{name} = {looser}\n")

    assert getattr(settings.limits, name) == stricter
    assert (error.code, f"limits.{name}" in error.what) == ("LIMIT_LOOSER", True)


def test_a_limit_may_be_stated_as_it_is(home: Path) -> None:
    assert loaded(home, "[limits]\ntrade_size = 0.03\nposition_size = 1000\n").limits == CEILING


@pytest.mark.parametrize(
    "value",
    [
        "nan",
        "inf",
        "-inf",
        "-1",
        "-0.01",
        "true",
        "1e-3",
        "1_000",
        "0x10",
        "[0.01]",
        '"0.01 "',
        '"٠"',
        '"0,01"',
        "0.0000000001",
        "{}",
        "2016-06-23",
    ],
)
def test_a_limit_that_is_no_plain_number_is_refused(home: Path, value: str) -> None:
    refused(home, f"[limits]\ntrade_size = {value}\n")


@pytest.mark.parametrize("name", ["trade_sise", "TRADE_SIZE", "leverage", '"trade_size\\n"', '"\\u202e"'])
def test_a_limit_nobody_knows_is_refused(home: Path, name: str) -> None:
    error = refused(home, f"[limits]\n{name} = 0.01\n")

    assert "is not a limit" in error.what


# ---- the other tables ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[limit]\n", "[limit] is not a table the desk knows"),
        ("live = true\n", "[live] is not a table the desk knows"),
        ("[data]\nroot = 'x'\n", "[data] has no settings"),
        ("limits = 3\n", "[limits] is not a table"),
        ("[models]\nceo = 'rules'\n", "models.ceo is not a role"),
        ("[models]\ndefault = 3\n", "models.default is not text"),
        ("[venue]\nname = 'binance'\n", "venue.name is not one of paper, purpleflea"),
        ("[venue]\nurl = 'x'\n", "venue.url is not a setting"),
        ("[venue]\nlive = 'yes'\n", "venue.live is not true or false"),
        ("[venue]\nlive = 1\n", "venue.live is not true or false"),
        ("[venue]\naccount = 'A B'\n", "venue.account is not an account's name"),
        ("[approval]\nchannel = 'auto'\n", "approval.channel is not one of console, inbox, slack, deny"),
        ("[approval]\nttl = 5\n", "approval.ttl is not a setting"),
        ("people = 3\n", "[[people]] is not a list of tables"),
        ("people = [3]\n", "[people] is not a table"),
        ("[[people]]\nos_user = 'ann'\n", "needs a name"),
        ("[[people]]\nname = 'Ann'\nrole = 'boss'\n", "needs a name"),
        ("[[people]]\nname = 'Ann'\nos_user = 3\n", "is not text"),
        ("[[people]]\nname = 'Ann'\n[[people]]\nname = 'Ann'\n", "same name"),
        ("[[people]]\nname = 'nobody'\n", "is called nobody"),
        ("[[people]]\nname = 'Ann'\npage_token_sha256 = 'secret'\n", "not the SHA-256"),
        (
            "".join(
                f"[[people]]\nname = '{name}'\npage_token_sha256 = '{letter * 64}'\n"
                for name, letter in (("Ann", "a"), ("Bob", "A"))
            ),
            "same name or page token",
        ),
    ],
)
def test_anything_unknown_in_the_file_is_refused(home: Path, toml: str, words: str) -> None:
    assert words in str(refused(home, toml))


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("[limits]\ntrade_size = \n", 2),
        ("[limits\n", 1),
        ("[limits]\n\ntrade_size = 0.01\ntrade_size = 0.02\n", 4),
        ("[limits]\n[limits]\n", 2),
        ("a = '", 1),
    ],
)
def test_a_file_that_is_not_toml_is_refused_with_its_line(home: Path, toml: str, line: int) -> None:
    assert f"desk.toml:{line}: " in str(refused(home, toml))


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a = '\xc3\x28'"])
def test_a_file_that_is_not_utf_8_is_refused(home: Path, body: bytes) -> None:
    (home / "desk.toml").write_bytes(body)

    assert "desk.toml cannot be read" in str(refused(home))


def test_a_folder_in_the_files_place_is_refused(home: Path) -> None:
    (home / "desk.toml").mkdir()

    assert "desk.toml cannot be read" in str(refused(home))


def test_what_is_known_is_read(home: Path) -> None:
    settings = loaded(
        home,
        "[models]\ndefault = 'rules'\nrisk_officer = 'openai:gpt-4o'\n"
        "[venue]\nname = 'purpleflea'\naccount = 'main'\nlive = true\n"
        "[approval]\nchannel = 'inbox'\n[data]\n"
        "[[people]]\nname = 'Ann'\nos_user = 'ann'\nslack_user = 'U1'\n",
    )

    assert settings.models == {"default": "rules", "risk_officer": "openai:gpt-4o"}
    assert (settings.venue, settings.account, settings.live) == ("purpleflea", "main", True)
    assert (settings.approve, settings.person("ann")) == ("inbox", "Ann")
    assert settings.person("bob").startswith("local:")
