"""``desk notebooks copy``: the bundled notebooks and their records, to look through and to change."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from desk import bundled
from desk.cli import output
from desk.cli.options import json_flag
from desk.errors import UsageError


@click.group()
def notebooks() -> None:
    """The bundled notebooks over recorded sessions."""


@notebooks.command()
@click.argument("directory", type=click.Path(path_type=Path))
@json_flag
def copy(directory: Path, as_json: bool) -> None:
    """Copy the notebooks and their records to DIRECTORY, which is made; nothing in it is overwritten."""
    source = bundled.notebooks()
    files = [*sorted(source.glob("*.ipynb")), *sorted(bundled.records().glob("*.jsonl"))]
    if not files:
        raise UsageError("this installation has no notebooks", why=f"{source} is empty", fix="Reinstall it")
    wanted = {file: directory / file.relative_to(source) for file in files}
    there = [target for target in wanted.values() if target.exists()]
    if there:
        raise UsageError(
            f"{there[0]} is there already",
            why="nothing is overwritten",
            fix="Name another directory, or move it away",
            code="FILE_EXISTS",
        )
    _copied(wanted)
    if as_json:
        paths = [str(target) for target in wanted.values()]
        output.emit({"schema": "desk.notebooks/1", "directory": str(directory), "files": paths})
        return
    output.say(f"{len(wanted)} files copied to {directory}")
    output.say(f"Try:  jupyter lab {directory}     (pip install jupyterlab, or the extra `notebooks`)")


def _copied(wanted: dict[Path, Path]) -> None:
    try:
        for file, target in wanted.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    except OSError as error:
        raise UsageError(
            "the notebooks cannot be copied", why=error.strerror or "", fix="Choose another directory"
        ) from None
