"""Where fault injection may reach into the engine; by default, nowhere."""

from __future__ import annotations

from decimal import Decimal


class Quirks:
    """How a well-behaved venue behaves. Fault injection overrides it; nothing else does."""

    def rejects(self) -> bool:
        """True to reject the order now being placed."""
        return False

    def fill_share(self) -> Decimal:
        """The share of the order now being placed that fills at once."""
        return Decimal(1)

    def attaches_legs(self) -> bool:
        """Whether stop_loss and take_profit become orders when the entry fills."""
        return True

    def is_open(self, symbol: str) -> bool:
        """Every market trades around the clock."""
        return True
