"""The desk's own sources as syntax trees, with every name resolved to what it was imported from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Source:
    """One module: its path below the root, its tree, and local name to imported name."""

    path: str
    tree: ast.Module
    imported: dict[str, str]

    def dotted(self, node: ast.AST) -> str:
        """``time.monotonic`` for ``t.monotonic`` after ``import time as t``; empty if it is no plain name."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            inner = self.dotted(node.value)
            return f"{inner}.{node.attr}" if inner else ""
        return ""


def source(path: str, text: str) -> Source:
    tree = ast.parse(text)
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                local = name.asname or name.name.partition(".")[0]
                imported[local] = name.name if name.asname else local
        elif isinstance(node, ast.ImportFrom):
            imported |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    return Source(path, tree, imported)


@cache
def sources() -> tuple[Source, ...]:
    """Every module of desk and tools."""
    paths = sorted(path for package in ("desk", "tools") for path in (ROOT / package).rglob("*.py"))
    return tuple(
        source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths
    )


def handlers(one: Source) -> Iterator[ast.ExceptHandler]:
    return (node for node in ast.walk(one.tree) if isinstance(node, ast.ExceptHandler))


def functions(one: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(one.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
