"""Two sessions side by side, with the first place where they part."""

from __future__ import annotations

from msgspec.structs import asdict

from desk.replay.comparing import Comparison
from desk.view.looks import LOOKS
from desk.view.markup import Element, Node, as_styles, el, written
from desk.view.table import Table


class SideBySide(Comparison, frozen=True, kw_only=True):
    """A comparison that a notebook shows."""

    @classmethod
    def of(cls, found: Comparison) -> SideBySide:
        return cls(**asdict(found))

    def node(self) -> Element:
        """Where they part, and what each came to; lines that differ are marked."""
        differ = sum(not line.same for line in self.lines)
        rows: list[tuple[Node, ...]] = [
            (
                "" if line.same else el("span", "≠", look="mark warn", aria_label="differs"),
                line.section,
                line.name,
                *(value if line.same else el("b", value) for value in line.values),
            )
            for line in self.lines
        ]
        told = f"{differ} of {len(self.lines)} lines differ"
        table = Table(columns=("", "", "", *(one[:12] + "…" for one in self.sessions)), rows=rows)
        return el("div", el("p", self.told, look="p"), el("p", told, look="p dim"), table.node(), look="root")

    @property
    def told(self) -> str:
        """Where they part first."""
        if self.same:
            return "Equal to the byte."
        if self.parting is None:
            return "Nothing but ids and times differs."
        where = self.parting
        steps = " and ".join("none" if step is None else str(step) for step in where.steps)
        kind = where.kinds[0] or where.kinds[1]
        values = " | ".join(value if len(value) <= 80 else f"{value[:80]} […]" for value in where.values)
        return f"They part at step {steps}, {kind}, in {where.field}: {values}"

    def __str__(self) -> str:
        return self.told

    def __repr__(self) -> str:
        return f"<SideBySide {self}>"

    def _repr_html_(self) -> str:
        return written(self.node(), as_styles(LOOKS))
