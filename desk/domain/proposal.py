"""From a verdict to one exact money-moving act: canonical, immutable, hashed.

Limit, rounding and quantity follow DESIGN section 8: a marketable LIMIT IOC at
``limit = entry·(1 ± s)``, ``s = min(1 %, 0.10 × stop distance)``, quantity ``floor(size / limit)`` to
the venue's step. Every rounding goes toward less risk.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from msgspec import Struct

from desk.domain.canonical import Plain, sha256
from desk.domain.events import Document
from desk.domain.market import Category, Market, Side
from desk.domain.money import ceil_to, floor_to
from desk.domain.shape import shaped, unshaped

MAX_SLIP = Decimal("0.01")
SLIP_OF_STOP = Decimal("0.10")
MAX_VALID = timedelta(hours=4)


class Act(Struct, frozen=True, kw_only=True, dict=True):
    """The canonical act that ``intent_hash`` covers, and nothing else.

    ``size_usdc`` is the whole-USDC size every limit counts; ``quantity`` is what is sent, in base units,
    with ``quantity × limit ≤ size_usdc``.
    """

    venue: str
    kind: str
    symbol: str
    side: Side
    size_usdc: Decimal
    quantity: Decimal
    limit: Decimal
    stop: Decimal | None
    target: Decimal | None
    leverage: int
    tif: str
    valid_until: datetime

    def document(self) -> Plain:
        """Public JSON of the act; its size goes by the contract's name ``size``."""
        document = shaped(self)
        document["size"] = document.pop("size_usdc")
        return document

    @cached_property
    def hash(self) -> str:
        return sha256(self.document())

    @property
    def stop_distance(self) -> Decimal:
        """Fraction of the limit price that is lost when the stop fills at its price."""
        return abs(self.limit - self.stop) / self.limit if self.stop is not None else Decimal(1)

    def loss_at_stop_usdc(self, taker_fee: Decimal) -> Decimal:
        """What a fill at the limit and an exit at the stop cost, both fees included."""
        if self.stop is None:
            return self.size_usdc
        return self.quantity * (abs(self.limit - self.stop) + taker_fee * (self.limit + self.stop))


class Kill(Struct, frozen=True, kw_only=True):
    """A condition that voids the act when it holds at send: ``fact_name op threshold``."""

    fact_name: str
    op: str
    threshold: Decimal
    known: Decimal | None
    by: datetime | None = None


class Mandate(Struct, frozen=True, kw_only=True):
    """What the brief allows: kinds of act, notional and loss. ``None`` is no limit beyond the gate's."""

    kinds: tuple[str, ...] = ("trade",)
    max_notional_usdc: Decimal | None = None
    max_loss_usdc: Decimal | None = None


class Basis(Struct, frozen=True, kw_only=True):
    """What the act rests on: the gate judges by it, a human reads it, the hash does not cover it.

    ``entry`` is the view's entry price, ``reference`` the last close the proposal was made from,
    ``event_within_24h`` a listed event within 24 hours either side of ``as_of``.
    """

    account: str
    as_of: datetime
    category: Category
    entry: Decimal
    reference: Decimal
    atr: Decimal | None
    worst_move: Decimal | None
    mandate: Mandate
    kill_if: tuple[Kill, ...]
    events: tuple[datetime, ...]
    dissent: tuple[Document, ...] = ()
    case_against: str = ""
    agreement: Decimal | None = None
    dossier_sha256: str = ""


class Intent(Struct, frozen=True, kw_only=True, dict=True):
    """One exact money-moving act with its identity. Bound everywhere by id *and* hash."""

    intent_id: str
    act: Act
    basis: Basis
    parent: str | None = None

    def __post_init__(self) -> None:
        _ = self.hash  # Now: an act with a figure that is not one has none, and cannot be intended.

    @cached_property
    def hash(self) -> str:
        return self.act.hash


def slip(stop_distance: Decimal) -> Decimal:
    """How far past the entry price the limit may be: ``min(1 %, 0.10 × stop distance)``."""
    return min(MAX_SLIP, SLIP_OF_STOP * stop_distance)


def opening_act(
    *,
    venue: str,
    market: Market,
    side: Side,
    size_usdc: Decimal,
    entry: Decimal,
    stop: Decimal,
    target: Decimal,
    as_of: datetime,
    bar: timedelta,
) -> Act:
    """The entry order for these levels. Prices round to the venue's step, each toward less risk:

    the limit away from the market, the stop toward the entry, the target toward the entry.
    """
    distance = abs(entry - stop) / entry
    if side is Side.BUY:
        limit = floor_to(entry * (1 + slip(distance)), market.price_step)
        stop, target = ceil_to(stop, market.price_step), floor_to(target, market.price_step)
    else:
        limit = ceil_to(entry * (1 - slip(distance)), market.price_step)
        stop, target = floor_to(stop, market.price_step), ceil_to(target, market.price_step)
    return Act(
        venue=venue,
        kind="trade",
        symbol=market.symbol,
        side=side,
        size_usdc=size_usdc,
        quantity=floor_to(size_usdc / limit, market.amount_step),
        limit=limit,
        stop=stop,
        target=target,
        leverage=1,
        tif="ioc",
        valid_until=as_of + min(bar, MAX_VALID),
    )


def act_from(data: Document) -> Act:
    """The act that ``Act.document`` wrote."""
    return unshaped(Act, {("size_usdc" if name == "size" else name): value for name, value in data.items()})
