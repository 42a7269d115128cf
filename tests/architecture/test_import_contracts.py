"""Each contract on imports holds, and each is seen to break by the one import it forbids."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = re.compile(r"^\[importlinter:contract:(\w+)\]\nname = (.+)$", re.MULTILINE)
CONTRACTS = dict(CONTRACT.findall((ROOT / ".importlinter").read_text()))

#: A contract, the module that breaks it, and how.
BREACHES = [
    ("layers", "desk/journal/digest.py", "import desk.cli.main"),
    ("layers", "desk/approval/deny.py", "import desk.execution.door"),
    ("layers", "desk/domain/money.py", "import desk.ports"),
    ("layers", "desk/novelty.py", "NEW = 1"),
    ("layers", "desk/novelty/__init__.py", "NEW = 1"),
    ("tools", "tools/functions.py", "import tools.catalog"),
    ("tools", "tools/paper/tape.py", "import tools.purple_flea.address"),
    ("tools", "tools/purple_flea/address.py", "import tools.paper.tape"),
    ("tools", "tools/novelty.py", "NEW = 1"),
    ("edge", "tools/functions.py", "import desk.execution.door"),
    ("edge", "tools/purple_flea/channel.py", "import desk.config"),
    ("guard", "desk/session.py", "import tools.purple_flea"),
    ("guard", "desk/bootstrap/guard.py", "import tools.catalog"),
    ("pure", "desk/domain/money.py", "import random"),
    ("pure", "desk/domain/stamps.py", "import time"),
    ("autogen", "desk/session.py", "import autogen_agentchat"),
    ("autogen", "desk/bootstrap/models.py", "import openai"),
    ("autogen", "desk/cli/run.py", "import autogen_core"),
    ("autogen", "tools/functions.py", "import autogen_ext"),
    ("http", "desk/execution/door.py", "import httpx"),
    ("http", "desk/journal/codec.py", "import starlette"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the sources and of the contracts on them."""
    for package in ("desk", "tools"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "data")
        )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def broken(tree: Path) -> set[str]:
    """Names of the contracts that this tree breaks."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as lint; lint()",
            "--no-cache",
        ],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.+\))?$", done.stdout, re.MULTILINE))
    assert set(verdicts) == set(CONTRACTS.values())
    return {name for name, verdict in verdicts.items() if verdict == "BROKEN"}


def test_the_sources_keep_every_contract(tree: Path) -> None:
    assert broken(tree) == set()


@pytest.mark.parametrize(("contract", "module", "line"), BREACHES)
def test_a_forbidden_import_breaks_exactly_its_contract(
    tree: Path, contract: str, module: str, line: str
) -> None:
    path = tree / module
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")

    assert broken(tree) == {CONTRACTS[contract]}


def test_every_contract_is_seen_to_break() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)


def listed(contract: str, option: str) -> set[str]:
    """The modules under one option of one contract."""
    section = (ROOT / ".importlinter").read_text().split(f"[importlinter:contract:{contract}]")[1]
    lines = section.split(f"\n{option} =\n")[1].splitlines()
    end = next((n for n, line in enumerate(lines) if not line.startswith(" ")), len(lines))
    return {line.strip() for line in lines[:end]}


MODULES = {
    f"desk.{path.stem}"
    for path in (ROOT / "desk").iterdir()
    if path.stem not in ("__init__", "__pycache__")
    and (path.suffix == ".py" or (path / "__init__.py").exists())
}


def test_tools_may_use_the_three_lowest_layers_and_no_other_module() -> None:
    assert MODULES - listed("edge", "forbidden_modules") == {"desk.ports", "desk.domain", "desk.errors"}


def test_only_the_deliberation_is_free_to_know_autogen() -> None:
    assert (MODULES | {"tools"}) - listed("autogen", "source_modules") == {"desk.deliberation"}
