"""Which step and field of a record it was at which the law, re-driven, would not go on as recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from desk.domain.canonical import written
from desk.errors import DeskError, Divergence
from desk.execution.tape import Tape
from desk.ports import Recorded
from desk.replay.divergence import EVENT_TYPE, Difference, Parted, of_records
from desk.replay.record import Record

#: Our own errors, and what the law raises over an input that no venue and no clock can have given.
FAILURES: Final = (DeskError, AssertionError, LookupError, ArithmeticError, TypeError, ValueError)


def parting(
    error: Exception, record: Record, following: Recorded | None, tape: Tape
) -> tuple[Difference, ...]:
    """Where an error parted the law from the record. ``following`` is what would have come next."""
    if isinstance(error, Parted):
        return error.found
    if isinstance(error, Divergence) and error.asked is not None:
        return (_other_input(record, tape.position, error.asked),)
    if not isinstance(error, Divergence) and tape.position:
        return (_unfit(record, tape.position - 1, error),)
    step = record.events[-1] if following is None else following
    what = error.what if isinstance(error, DeskError) else type(error).__name__
    kind = written(step.event_type)
    return (Difference(step=step.seq, field=EVENT_TYPE, recorded=kind, replayed=written(what)),)


def _other_input(record: Record, position: int, asked: tuple[str, str]) -> Difference:
    """The record's next input answers something else."""
    event, place = record.input_step(position)
    note, (port, digest) = record.inputs[position], asked
    name, now = ("port", port) if note["port"] != port else ("request_sha256", digest)
    return Difference(
        step=event.seq,
        field=f"data.inputs[{place}].{name}",
        recorded=written(str(note[name])),
        replayed=written(now),
    )


def _unfit(record: Record, position: int, error: Exception) -> Difference:
    """The law fails, if not over the last input that it was given, then after it."""
    event, place = record.input_step(position)
    return Difference(
        step=event.seq,
        field=f"data.inputs[{place}].reply",
        recorded=written(str(record.inputs[position]["port"])),
        replayed=written(
            f"the law fails: {error.what if isinstance(error, DeskError) else type(error).__name__}"
        ),
    )


def unmet(record: Record, replayed: Sequence[Recorded]) -> tuple[Difference, ...]:
    """What of the record was not written again, or not so."""
    again = {(event.stream_id, event.version): event for event in replayed}
    found: list[Difference] = []
    for event in record.events:
        other = again.get((event.stream_id, event.version))
        if other is None:
            kind = written(event.event_type)
            found.append(Difference(step=event.seq, field=EVENT_TYPE, recorded=kind, replayed="null"))
        else:
            found += of_records(event, other)
    return tuple(found)
