"""Money that comes and goes otherwise than by a trade."""

from __future__ import annotations

from decimal import Decimal

from desk.domain.events.fact import Event


class FundsDeposited(Event, frozen=True, kw_only=True):
    """``nav`` is what a unit was worth then: so many units more."""

    account: str
    amount_usdc: Decimal
    nav: Decimal
    source: str


class FundsWithdrawn(Event, frozen=True, kw_only=True):
    """``nav`` is what a unit was worth then: so many units fewer."""

    account: str
    amount_usdc: Decimal
    nav: Decimal
    target: str


class FaucetClaimed(Event, frozen=True, kw_only=True):
    """Money that was given. It buys units at ``nav``, as a deposit does, so that it is no gain."""

    account: str
    amount_usdc: Decimal
    nav: Decimal
    claim_id: str


class BetPlaced(Event, frozen=True, kw_only=True):
    """``amount_usdc`` is the stake, which has left the account."""

    account: str
    bet_id: str
    game: str
    amount_usdc: Decimal


class BetWon(Event, frozen=True, kw_only=True):
    """``amount_usdc`` is all that was paid out, stake included."""

    account: str
    bet_id: str
    amount_usdc: Decimal


class BetLost(Event, frozen=True, kw_only=True):
    """The stake is gone."""

    account: str
    bet_id: str


class EscrowLocked(Event, frozen=True, kw_only=True):
    """``amount_usdc`` has left the account for the escrow, whatever fee is taken from it later."""

    account: str
    escrow_id: str
    counterparty: str
    amount_usdc: Decimal


class EscrowReleased(Event, frozen=True, kw_only=True):
    """``amount_usdc`` is what this account received: zero for the one that had locked the money."""

    account: str
    escrow_id: str
    amount_usdc: Decimal


class EscrowDisputed(Event, frozen=True, kw_only=True):
    """What is locked stays locked until somebody has decided."""

    account: str
    escrow_id: str
    reason: str


class EscrowRefunded(Event, frozen=True, kw_only=True):
    """``amount_usdc`` is what came back, after the venue's fee."""

    account: str
    escrow_id: str
    amount_usdc: Decimal


class FeeCharged(Event, frozen=True, kw_only=True):
    """A fee that stands alone; those of a trade are in its figures."""

    account: str
    amount_usdc: Decimal
    what: str
