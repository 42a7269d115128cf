"""A session on a terminal: its lines scroll by, and at the bottom stands who is thinking, and about what."""

from __future__ import annotations

from time import monotonic
from typing import Any

from msgspec import Struct
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from desk.cli.output import inert
from desk.cli.screen import NAMES, Lines
from desk.domain import steps

#: Characters of a reply that stand beside its speaker.
TAIL = 400
REFRESH_PER_S = 8


class Turn(Struct):
    """A role that has the floor: since when, and what it has said so far."""

    began_s: float
    said: str = ""


class Terminal(Lines):
    """``Lines``, with a running table of the roles that are speaking (both analysts at once) below them."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__(to_stderr=False, words=True)
        self._console = console or Console(highlight=False)
        self._turns: dict[str, Turn] = {}
        self._budget = ""
        self._live: Live | None = None

    def line(self, text: str = "", **style: Any) -> None:
        end = "" if style.pop("nl", True) is False else "\n"
        name = " ".join(
            [*(word for word in ("bold", "dim") if style.get(word)), str(style.get("fg") or "")]
        ).strip()
        self._console.print(Text(text, style=name), end=end, soft_wrap=True)

    def end(self) -> None:
        """Take the table away."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._turns.clear()

    # ---- steps -----------------------------------------------------------------------------------

    def show(self, step: object) -> None:
        match step:
            case steps.Speaking():
                self._budget = f"call {step.calls + 1} of {step.max_calls}, {step.tokens} tokens so far"
                self._turns[step.role] = Turn(monotonic())
                self._draw()
            case steps.Words():
                turn = self._turns.setdefault(step.role, Turn(monotonic()))
                turn.said = (turn.said + inert(step.text))[-TAIL:]
            case steps.Stated():
                self._turns.pop(step.role, None)
                super().show(step)
                self._draw()
            case _:
                self.end()
                super().show(step)

    def _draw(self) -> None:
        if not self._turns:
            self.end()
        elif self._live is None:
            self._live = Live(
                console=self._console,
                get_renderable=self._table,
                refresh_per_second=REFRESH_PER_S,
                transient=True,
            )
            self._live.start(refresh=True)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
        now = monotonic()
        for role, turn in self._turns.items():
            name, colour = NAMES.get(role, (role, "white"))
            table.add_row(
                Spinner("dots", style=colour),
                Text(name, style=f"bold {colour}"),
                Text(f"{now - turn.began_s:.0f} s", style="dim"),
                Text(self._tail(turn), style="dim"),
            )
        return table

    def _tail(self, turn: Turn) -> str:
        """The end of what is being said, as much as the line holds; the budget until there are words."""
        room = max(10, self._console.width - 32)
        return " ".join(turn.said.split())[-room:] or self._budget


def screen_for_terminal() -> Lines:
    """The running table where the terminal can redraw itself, else plain lines."""
    console = Console(highlight=False)
    redraws = console.is_terminal and not console.is_dumb_terminal
    return Terminal(console) if redraws else Lines(to_stderr=False, words=True)
