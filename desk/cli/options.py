"""Flags that several commands share."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import click

from desk.config import Settings
from desk.domain.money import amount
from desk.errors import BadNumber

F = TypeVar("F", bound=Callable[..., object])


def json_flag(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")(command)


class Amount(click.ParamType[Decimal]):
    """A plain non-negative number, exact."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            return value if isinstance(value, Decimal) else amount(value)
        except BadNumber as error:
            self.fail(str(error), param, ctx)


def person(settings: Settings) -> str:
    """Who sits at this terminal, by the OS."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = ""
    return settings.person(name)


def on_terminal() -> bool:
    """Can a person be asked here, and see the question?"""
    return sys.stdin.isatty() and sys.stdout.isatty()
