"""A recorded session against its own tape: what its trade came to, and which of its forecasts came true."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from desk.domain import dossier as names
from desk.domain.aftermath import Closed, Exit, Held, Left, came_true, closed, ended, first_touch
from desk.domain.brief import Brief
from desk.domain.costs import costs
from desk.domain.dossier import Dossier, Fact
from desk.domain.levels import Levels, as_fraction, price
from desk.domain.market import Side
from desk.domain.money import parsed
from desk.domain.shape import unshaped
from desk.domain.views import Forecast, ForecastEvent, PriceRef, Stance
from desk.replay.record import Record

Data = Mapping[str, Any]


class Outlook(Struct, frozen=True, kw_only=True):
    """One analyst's forecast and what came of it.

    ``p`` and ``base`` are fractions; ``base`` is None if no base rate was named, ``came_true`` if the tape
    ends before that is known or nobody named the levels it is about.
    """

    who: str
    event: ForecastEvent
    p: Decimal
    base: Decimal | None
    came_true: bool | None


class Hindsight(Struct, frozen=True, kw_only=True):
    """What the bars after ``as_of`` made of a session; the session knew none of them.

    ``levels`` are those that the technical analyst named, ``side`` the direction they mean, ``touched`` which
    of stop and target the market reached first, traded or not. ``held`` is the position that was entered,
    ``trade`` how it ended; None if it did not, or has not on this tape.
    """

    side: Side | None
    levels: Levels | None
    touched: Exit | None
    held: Held | None
    trade: Closed | None
    outlooks: tuple[Outlook, ...]


def hindsight(record: Record, brief: Brief) -> Hindsight:
    """Hold a record against the tape of its brief."""
    dossier, tape = dossier_of(record, brief), brief.tape.get(brief.symbol)
    bars = () if tape is None else tape.bars
    view = _view(record, "setup")
    levels, side = _levels(view, dossier), _side(view)
    held = _held(record, dossier)

    def outlook(who: str, forecast: Forecast, horizon: int) -> Outlook:
        base = dossier.by_id(forecast.base_rate_fact or "")
        came = None if levels is None or side is None else came_true(forecast, levels, side, horizon, bars)
        return Outlook(who=who, event=forecast.event, p=forecast.p, base=as_fraction(base), came_true=came)

    return Hindsight(
        side=side,
        levels=levels,
        touched=None
        if levels is None or side is None
        else first_touch(side, levels.stop, levels.target, bars),
        held=held,
        trade=None if held is None else _flattened(record, held, brief) or closed(held, bars),
        outlooks=tuple(outlook(*one) for one in _forecasts(record)),
    )


def dossier_of(record: Record, brief: Brief) -> Dossier:
    """The dossier that the record's debate was about."""
    built = _last(record, "DossierBuilt")
    return Dossier(
        as_of=brief.as_of,
        symbol=brief.symbol,
        category=costs(brief.symbol, {}).category.value,
        timeframe=brief.timeframe.value,
        bar_s=brief.bar_s,
        horizon_bars=brief.timeframe.horizon_bars,
        question=brief.question,
        horizon=brief.horizon,
        text=brief.text,
        facts=() if built is None else tuple(unshaped(Fact, fact) for fact in built["facts"]),
        missing=(),
        others=brief.symbols[1:],
    )


def _last(record: Record, kind: str) -> Data | None:
    return next((one.data for one in reversed(record.events) if one.event_type == kind), None)


def _view(record: Record, key: str) -> Data:
    """The view that has this field; an empty one if nobody stated it."""
    stated: list[Data] = [one.data for one in record.events if one.event_type == "ViewStated"]
    return next((one["view"] for one in stated if key in one["view"]), {})


def _levels(view: Data, dossier: Dossier) -> Levels | None:
    refs = [view.get(name) for name in ("entry", "stop", "target")]
    prices = [None if ref is None else price(unshaped(PriceRef, ref), dossier) for ref in refs]
    entry, stop, target = prices
    if entry is None or stop is None or target is None:
        return None
    return Levels(entry=entry, stop=stop, target=target)


def _side(view: Data) -> Side | None:
    sign = Stance(view["stance"]).sign if "stance" in view else 0
    return {1: Side.BUY, -1: Side.SELL}.get(sign)


def _held(record: Record, dossier: Dossier) -> Held | None:
    """The position that the entry order left behind."""
    minted = _last(record, "IntentMinted")
    submitted = (one for one in record.events if one.event_type == "OrderSubmitted")
    entry = next((one for one in submitted if one.data["purpose"] == "entry"), None)
    if minted is None or entry is None:
        return None
    answers: list[Data] = [one.data for one in record.events if one.stream_id == entry.stream_id]
    filled = [one for one in answers if one.get("filled_quantity") not in (None, "0")]
    act, fee = minted["act"], as_fraction(dossier.fact(names.FEE))
    if not filled or fee is None or act["stop"] is None:
        return None
    return Held(
        side=Side(act["side"]),
        quantity=parsed(filled[-1]["filled_quantity"]),
        entry=parsed(filled[-1]["average_price"]),
        stop=parsed(act["stop"]),
        target=None if act["target"] is None else parsed(act["target"]),
        entry_fee_usdc=parsed(filled[-1]["fee_usdc"]),
        taker_fee=fee,
    )


def _flattened(record: Record, held: Held, brief: Brief) -> Closed | None:
    """A position that the desk itself left at once, because no stop could be proven."""
    out = _last(record, "PositionFlattened")
    if out is None or out["average_price"] is None:
        return None
    left = Exit(price=parsed(out["average_price"]), reason=Left.FLATTEN, at=brief.as_of, bar=0)
    return ended(held, left)


def _forecasts(record: Record) -> list[tuple[str, Forecast, int]]:
    """Who forecast what, over how many bars: an answer that counts replaces the first view's."""
    found: dict[str, tuple[Forecast, int]] = {}
    for one in record.events:
        data: Data = one.data
        if one.event_type == "ViewStated" and data["view"].get("forecast"):
            view = data["view"]
            found[str(data["who"])] = unshaped(Forecast, view["forecast"]), int(view["horizon_bars"])
        if one.event_type == "RebuttalGiven" and data["accepted"] and str(data["who"]) in found:
            answer, (_, horizon) = data["rebuttal"], found[str(data["who"])]
            if answer.get("forecast"):
                found[str(data["who"])] = unshaped(Forecast, answer["forecast"]), horizon
    return [(who, forecast, horizon) for who, (forecast, horizon) in found.items()]
