"""The one way into ``tools``: it is made sure first that the package is ours."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import cast

from desk.errors import ConfigError
from desk.ports import Tool


def tools_module(name: str) -> ModuleType:
    """A module of ours below ``tools``.

    Raises:
        ConfigError: another distribution has put its own ``tools`` in ours' place.
    """
    ours = Path(__file__).resolve().parents[2] / "tools"
    # Looked at before it is imported: an import runs whatever lies there.
    spec = importlib.util.find_spec("tools")
    found = None if spec is None or spec.origin is None else Path(spec.origin).resolve().parent
    if found != ours or getattr(importlib.import_module("tools"), "DISTRIBUTION", None) != "purple-desk":
        raise ConfigError(
            "the package `tools` that Python finds is not the desk's",
            why=f"it lies at {found}" if found is not None else "there is none",
            fix="Install purple-desk in an environment of its own",
            code="FOREIGN_TOOLS",
        )
    return importlib.import_module(f"tools.{name}")


def executor_tools() -> tuple[Tool, ...]:
    return cast(tuple[Tool, ...], tools_module("catalog").CATALOG)
