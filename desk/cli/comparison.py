"""``desk diff``: two sessions side by side."""

from __future__ import annotations

import shutil

import click

from desk.cli import output
from desk.cli.archive import archived
from desk.cli.options import json_flag
from desk.replay.comparing import Comparison, Line, Parting, compared


@click.command()
@click.argument("one")
@click.argument("other")
@json_flag
def diff(one: str, other: str, as_json: bool) -> int:
    """Where two sessions part first, and what each came to. Exits 1 if they differ."""
    with archived() as archive:
        found = compared(archive.portable(one), archive.portable(other))
    if as_json:
        output.emit(_document(found))
    else:
        output.say(f"{found.sessions[0]}  |  {found.sessions[1]}")
        tell(found)
    return 0 if found.parting is None else 1


def tell(found: Comparison, *, only_changes: bool = False) -> None:
    """For a person: the parting, then a line for each thing said of both."""
    output.say(_parting(found))
    width = max(24, (shutil.get_terminal_size().columns - 40) // 2)
    section = ""
    for line in found.lines:
        if only_changes and line.same:
            continue
        if line.section != section:
            section = line.section
            output.say(section)
        left, right = (output.inert(value)[:width] for value in line.values)
        output.say(f"  {' ' if line.same else '*'} {line.name:<28} {left:<{width}}  {right}".rstrip())


def _parting(found: Comparison) -> str:
    parting = found.parting
    if found.same:
        return "they are the same to the byte"
    if parting is None:
        return "they differ in ids and times alone"
    step = next(number for number in parting.steps if number is not None)
    kinds = " | ".join(dict.fromkeys(kind or "nothing" for kind in parting.kinds))
    left, right = (output.inert(value)[:160] for value in parting.values)
    return f"they part at step {step} ({kinds}) in {parting.field}: {left} | {right}"


def _document(found: Comparison) -> dict[str, object]:
    return {
        "schema": "desk.diff/1",
        "sessions": list(found.sessions),
        "same": found.same,
        "parting": None if found.parting is None else _parting_document(found.parting),
        "lines": [_line(line) for line in found.lines],
    }


def _parting_document(parting: Parting) -> dict[str, object]:
    return {
        "steps": list(parting.steps),
        "kinds": list(parting.kinds),
        "field": parting.field,
        "values": list(parting.values),
    }


def _line(line: Line) -> dict[str, object]:
    return {"section": line.section, "name": line.name, "values": list(line.values), "same": line.same}
