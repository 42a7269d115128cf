"""The role prompts: one Markdown file each, pinned by sha256 into every session.

In a checkout they lie in ``prompts/``; in an installed wheel they are package data of ``desk``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from desk.domain.roles import MODEL_ROLES
from desk.errors import ConfigError


class Prompt(Struct, frozen=True):
    """A role's system prompt. Its first line is the role's name."""

    role: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def _folder() -> Path:
    package = Path(__file__).resolve().parent.parent
    installed = package / "prompts"
    return installed if installed.is_dir() else package.parent / "prompts"


def load() -> dict[str, Prompt]:
    """All role prompts.

    Raises:
        ConfigError: one is missing or does not begin with its role's name.
    """
    return {role: _prompt(role, _folder() / f"{role}.md") for role in MODEL_ROLES}


def _prompt(role: str, path: Path) -> Prompt:
    try:
        text = path.read_text(encoding="utf-8").strip() + "\n"
    except OSError:
        raise ConfigError(f"the prompt of {role} is missing", fix="Install purple-desk again") from None
    return Prompt(role, checked(role, text))


def checked(role: str, text: str) -> str:
    """The text, if its first line is the role's name."""
    if text.partition("\n")[0] != role:
        raise ConfigError(f"the prompt of {role} does not begin with its role's name")
    return text


def documents(prompts: Mapping[str, Prompt]) -> dict[str, str]:
    """Role to sha256, for the session's record."""
    return {role: prompt.sha256 for role, prompt in prompts.items()}
