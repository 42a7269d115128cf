"""How the sessions of a home ended, counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from desk.journal import read_journal

#: A session's end: outcome, who decided, and why. One that is not over waits, or was cut off.
Ending = tuple[str, str, str]
WAITS = ("awaiting_approval", "human", "")
CUT_OFF = ("(cut off)", "", "")


def outcomes(home: Path) -> Counter[Ending]:
    journal = read_journal(home)
    try:
        found: dict[str, Ending] = {}
        for one in journal.events(types=("SessionOpened", "SessionSuspended", "SessionClosed")):
            session = str(one.metadata["session"])
            match one.event_type:
                case "SessionOpened":
                    found[session] = CUT_OFF
                case "SessionSuspended":
                    found[session] = WAITS
                case _:
                    data = one.data
                    reasons = data["reasons"]
                    assert isinstance(reasons, list)
                    found[session] = (str(data["outcome"]), str(data["decided_by"]), named(reasons))
    finally:
        journal.close()
    return Counter(found.values())


def named(reasons: list[object]) -> str:
    """Our own codes; words of a human are theirs."""
    return " ".join(str(one) if str(one).replace(":", "").isidentifier() else "(words)" for one in reasons)


def table(found: Counter[Ending]) -> str:
    lines = [f"{'sessions':>8}  {'outcome':18} {'decided by':13} reasons"]
    for (outcome, by, reasons), count in sorted(found.items()):
        lines.append(f"{count:8}  {outcome:18} {by:13} {reasons}".rstrip())
    return "\n".join([*lines, f"{found.total():8}  in all"])
