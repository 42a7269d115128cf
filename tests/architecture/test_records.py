"""Values are records: msgspec Structs, which in the domain nobody can change."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import pytest
from msgspec import Struct

import desk.domain
from tests.architecture.sources import Source, source, sources

#: Who may make dataclasses: pictures, which are abstract base classes, and the paper venue's fault plan,
#: which inherits a plain class.
OTHERS = ("desk/view/", "tools/paper/plan.py")


def makes_dataclasses(one: Source) -> bool:
    return any(name.partition(".")[0] == "dataclasses" for name in one.imported.values())


def changeable(module: ModuleType) -> list[str]:
    """The records made in a module whose fields can be set."""
    found = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Struct)]
    return [
        one.__name__
        for one in found
        if one.__module__ == module.__name__ and not one.__struct_config__.frozen
    ]


def domain() -> list[ModuleType]:
    names = [one.name for one in pkgutil.walk_packages(desk.domain.__path__, "desk.domain.")]
    return [importlib.import_module(name) for name in names]


def test_a_value_is_a_struct() -> None:
    assert [one.path for one in sources() if makes_dataclasses(one) and not one.path.startswith(OTHERS)] == []


@pytest.mark.parametrize(
    "line", ["from dataclasses import dataclass", "import dataclasses", "import dataclasses as d"]
)
def test_a_dataclass_would_be_seen(line: str) -> None:
    assert makes_dataclasses(source("desk/domain/new.py", line))


def test_what_the_domain_holds_cannot_be_changed() -> None:
    modules = domain()

    assert {one.__name__ for one in modules} >= {"desk.domain.book", "desk.domain.events.order"}
    assert {one.__name__: changeable(one) for one in modules if changeable(one)} == {}


def test_a_record_that_can_be_changed_would_be_seen() -> None:
    class Open(Struct):
        figure: int

    module = ModuleType(__name__)
    module.Open = Open  # type: ignore[attr-defined]

    assert changeable(module) == ["Open"]
