"""A record as numbered steps to walk through: what happened, and what could be seen at each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from desk.domain.canonical import Json
from desk.domain.lifecycle import fold_order
from desk.domain.money import ZERO, parsed, plain
from desk.ports import Recorded
from desk.replay.record import Record
from desk.replay.source import Source

Data = Mapping[str, Any]

#: Events at which somebody or something decided.
DECISIONS = frozenset(
    {"ViewStated", "RebuttalGiven", "VerdictGiven", "GateAssessed", "ApprovalDecided", "SessionClosed"}
)


class Step(Struct, frozen=True, kw_only=True):
    """One event of the session. ``number`` counts from 1; ``seq`` is its place in the journal."""

    number: int
    recorded: Recorded
    title: str

    @property
    def seq(self) -> int:
        return self.recorded.seq

    @property
    def kind(self) -> str:
        return self.recorded.event_type

    @property
    def decides(self) -> bool:
        return self.kind in DECISIONS

    @property
    def data(self) -> Data:
        return self.recorded.data


class Cost(Struct, frozen=True, kw_only=True):
    """What the models had taken up to a step. ``usd`` is None once a reply's price is not known."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    usd: Decimal | None

    def document(self) -> dict[str, Json]:
        return {
            "calls": self.calls,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "usd": None if self.usd is None else plain(self.usd),
        }


class Walk:
    """The steps of a record, and what each of them knew.

    Args:
        source: holds the prompts that the record names by sha256.
    """

    def __init__(self, record: Record, source: Source) -> None:
        self._source = source
        self._prompts: Data = record.opened.prompts
        self.session_id = record.session_id
        self.steps = tuple(
            Step(number=number, recorded=event, title=_title(event))
            for number, event in enumerate(record.events, start=1)
        )

    def __len__(self) -> int:
        return len(self.steps)

    def step(self, number: int) -> Step:
        """The step with this number; the first or the last one if it is out of range."""
        return self.steps[min(max(number, 1), len(self.steps)) - 1]

    def decision_after(self, number: int) -> Step:
        """The next step at which something was decided; the last step if there is none."""
        return next((one for one in self.steps[number:] if one.decides), self.steps[-1])

    def facts(self, number: int) -> Sequence[Data]:
        """The facts that were known at this step."""
        built = self._last(number, "DossierBuilt")
        return () if built is None else built.data["facts"]  # type: ignore[return-value]  # documents

    def reply(self, number: int) -> Recorded | None:
        """The model reply at this step, or the last one before it."""
        return self._last(number, "ModelReplied")

    def prompt(self, number: int) -> Mapping[str, str] | None:
        """What that model had been asked: ``role``, ``system`` and ``question``, as text."""
        replied = self.reply(number)
        if replied is None:
            return None
        role, request = str(replied.data["role"]), replied.data["request"]
        assert isinstance(request, Mapping)
        system = self._source.blob(str(self._prompts.get(role)))
        said = [str(one["content"]) for one in request["messages"]]  # type: ignore[index,union-attr,call-overload]
        return {"role": role, "system": (system or b"").decode(), "question": "\n\n".join(said)}

    def gate(self, number: int) -> Recorded | None:
        """The gate's last word up to this step."""
        return self._last(number, "GateAssessed")

    def state(self, number: int) -> dict[str, Json]:
        """Where orders, trades and the approval stood."""
        known = [one.recorded for one in self.steps[:number]]
        streams: dict[str, list[str]] = {}
        for one in known:
            if one.stream_type == "order":
                streams.setdefault(one.stream_id, []).append(one.event_type)
        said = [one for one in known if one.event_type in ("ApprovalRequested", "ApprovalDecided")]
        closed = self._last(number, "SessionClosed")
        return {
            "orders": {name: fold_order(types).value for name, types in streams.items()},
            "approval": said[-1].event_type if said else None,
            "outcome": None if closed is None else closed.data["outcome"],
        }

    def cost(self, number: int) -> Cost:
        """Calls, tokens and dollars up to this step."""
        replies = [one.data for one in self.steps[:number] if one.kind == "ModelReplied"]
        priced = [one["usd"] for one in replies]
        return Cost(
            calls=len(replies),
            prompt_tokens=sum(one["prompt_tokens"] for one in replies),
            completion_tokens=sum(one["completion_tokens"] for one in replies),
            usd=None if None in priced else sum(map(parsed, priced), ZERO),
        )

    def _last(self, number: int, kind: str) -> Recorded | None:
        return next((one.recorded for one in reversed(self.steps[:number]) if one.kind == kind), None)


def _title(event: Recorded) -> str:
    """One line that says what happened. Only typed words of the record, never prose of a model."""
    tell = _TITLES.get(event.event_type)
    return event.event_type if tell is None else f"{event.event_type}: {tell(event.data)}"


def _gate_title(it: Data) -> str:
    return f"{it['stage']}, {'cleared' if it['cleared'] else ', '.join(it['reasons'])}"


_TITLES: Mapping[str, Callable[[Data], str]] = MappingProxyType(
    {
        "SessionOpened": lambda it: f"account {it['account']} at {it['venue']}",
        "BriefReceived": lambda it: it["name"],
        "DossierBuilt": lambda it: f"{len(it['facts'])} facts, {len(it['missing'])} missing",
        "ModelReplied": lambda it: f"{it['role']}, call {it['n']}, {it['model']}",
        "ViewStated": lambda it: f"{it['who']} {it['view'].get('stance', 'nothing valid')}",
        "RebuttalGiven": lambda it: f"{it['who']} {'accepted' if it['accepted'] else it['reason']}",
        "VerdictGiven": lambda it: f"{it['who']} {it['verdict'].get('decision', 'nothing valid')}",
        "IntentMinted": lambda it: f"{it['act']['side']} {it['act']['size']} USDC {it['act']['symbol']}",
        "GateAssessed": _gate_title,
        "ApprovalRequested": lambda it: f"{it['quorum']} human(s), by {it['channel']}",
        "ApprovalDecided": lambda it: f"{it['decision']} by {it['by']}",
        "TicketIssued": lambda it: f"{it['purpose']}, attempt {it['attempt']}",
        "OrderSubmitted": lambda it: f"{it['purpose']} {it['side']} {it['size_usdc']} USDC {it['symbol']}",
        "OrderFilled": lambda it: f"{it['filled_quantity']} at {it['average_price']}",
        "OrderPartiallyFilled": lambda it: f"{it['filled_quantity']} at {it['average_price']}",
        "OrderRejected": lambda it: it["code"],
        "OrderNotSent": lambda it: it["reason"],
        "OrderBecameUnknown": lambda it: it["reason"],
        "SessionClosed": lambda it: f"{it['outcome']} by {it['decided_by']}",
    }
)
