"""Run the notebooks and keep what they show: ``python -m tests.notebooks.execute``."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

from desk import bundled

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 60
#: Before a notebook's own cells: a warning is an error, and nothing but the kernel's own wire may connect.
GUARD = """
import socket, warnings
warnings.simplefilter("error")
def refused(*_, **__):
    raise AssertionError("a notebook reached for the network")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = refused
socket.getaddrinfo = refused
"""
#: After them: what the kernel warns of while it shuts down is its own affair.
LAST = "warnings.simplefilter('ignore')"


def executed(path: Path) -> nbformat.NotebookNode:
    """The notebook with fresh outputs; the guard is not among its cells."""
    notebook = nbformat.read(path, as_version=4)
    guard, last = nbformat.v4.new_code_cell(GUARD), nbformat.v4.new_code_cell(LAST)
    own, notebook.cells = notebook.cells, [guard, *notebook.cells, last]
    with tempfile.TemporaryDirectory() as folder:
        wire = Config({"KernelManager": {"transport": "ipc", "ip": f"{folder}/kernel"}})
        resources = {"metadata": {"path": str(ROOT)}}
        NotebookClient(notebook, timeout=TIMEOUT_S, resources=resources, config=wire).execute()
    notebook.cells = own
    for number, cell in enumerate((one for one in notebook.cells if one.cell_type == "code"), start=1):
        cell.execution_count = number
        cell.metadata = {}
        for output in cell.outputs:
            if "metadata" in output:
                output.metadata = {}
            if "execution_count" in output:
                output.execution_count = number
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec, "language_info": {"name": "python"}}
    return notebook


def main() -> None:
    for path in sorted(bundled.notebooks().glob("*.ipynb")):
        began = time.monotonic()
        nbformat.write(executed(path), path)
        sys.stdout.write(f"{time.monotonic() - began:6.1f} s {path.stat().st_size:>8} {path.name}\n")


if __name__ == "__main__":
    main()
