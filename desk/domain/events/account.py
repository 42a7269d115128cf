"""Money that comes and goes otherwise than by a trade."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from desk.domain.events.fact import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsDeposited(Event):
    """``nav`` is what a unit was worth then: so many units more."""

    account: str
    amount_usdc: Decimal
    nav: Decimal
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsWithdrawn(Event):
    """``nav`` is what a unit was worth then: so many units fewer."""

    account: str
    amount_usdc: Decimal
    nav: Decimal
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaucetClaimed(Event):
    """Money that was given. It buys units at ``nav``, as a deposit does, so that it is no gain."""

    account: str
    amount_usdc: Decimal
    nav: Decimal
    claim_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BetPlaced(Event):
    """``amount_usdc`` is the stake, which has left the account."""

    account: str
    bet_id: str
    game: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BetWon(Event):
    """``amount_usdc`` is all that was paid out, stake included."""

    account: str
    bet_id: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BetLost(Event):
    """The stake is gone."""

    account: str
    bet_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowLocked(Event):
    """``amount_usdc`` has left the account for the escrow, whatever fee is taken from it later."""

    account: str
    escrow_id: str
    counterparty: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowReleased(Event):
    """``amount_usdc`` is what this account received: zero for the one that had locked the money."""

    account: str
    escrow_id: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowDisputed(Event):
    """What is locked stays locked until somebody has decided."""

    account: str
    escrow_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowRefunded(Event):
    """``amount_usdc`` is what came back, after the venue's fee."""

    account: str
    escrow_id: str
    amount_usdc: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeCharged(Event):
    """A fee that stands alone; those of a trade are in its figures."""

    account: str
    amount_usdc: Decimal
    what: str
