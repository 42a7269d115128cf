"""How the command line speaks: one JSON object or lines for a person, and one line for an error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import NoReturn, TextIO

import click

from desk.domain.canonical import document
from desk.domain.inert import inert
from desk.errors import BriefError, DeskError

__all__ = ["INTERRUPTED", "emit", "error_document", "fail", "inert", "note", "say", "unread"]

INTERRUPTED = 130


def emit(content: Mapping[str, object]) -> None:
    """The one JSON object on stdout. Money and times become strings, as everywhere."""
    click.echo(json.dumps(document(content), ensure_ascii=False, indent=2))


def say(text: str = "") -> None:
    """A line for a person, on stdout."""
    click.echo(text)


def note(text: str) -> None:
    """A line beside the point, on stderr."""
    click.echo(text, err=True)


def unread(stream: TextIO) -> None:
    """Nobody reads ``stream`` any more (``| head``): what is still written to it goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def fail(error: DeskError, *, as_json: bool) -> NoReturn:
    """Say what, why and what to do in one line, and leave with the error's code."""
    if as_json:
        emit(error_document(error))
    note(inert(f"desk: {error}"))
    sys.exit(error.exit_code)


def error_document(error: DeskError) -> dict[str, object]:
    """``desk.error/1``."""
    place = error if isinstance(error, BriefError) else None
    return {
        "schema": "desk.error/1",
        "code": error.code,
        "what": error.what,
        "why": error.why,
        "fix": error.fix,
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
    }
