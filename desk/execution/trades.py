"""Writes the steps of a trade's life into its own stream, each checked against the table."""

from __future__ import annotations

from typing import Any

from desk.domain import ids
from desk.domain.events import Event, InvalidTransitionAttempted, TradeMoved
from desk.domain.lifecycle import TRADE, TradeState, move
from desk.domain.proposal import Act
from desk.errors import InvalidTransition
from desk.execution.exits import Exit, figures
from desk.execution.log import SessionLog
from desk.ports import Transaction


class Trade:
    """One trade, from setup to its end. ``moved`` raises on a step the table lacks, after recording it."""

    def __init__(
        self, trade_id: str, act: Act, log: SessionLog, state: TradeState = TradeState.SCANNING
    ) -> None:
        self.trade_id = trade_id
        self.state = state
        self._log = log
        self._known: dict[str, Any] = {
            "trade_id": trade_id,
            "account": log.account,
            "symbol": act.symbol,
            "side": act.side.value,
            "stop": act.stop,
            "target_price": act.target,
        }

    def moved(self, tx: Transaction | None, *steps: TradeState, reason: str) -> None:
        """Go through ``steps``: written in ``tx``, or held for the session's next write.

        Raises:
            InvalidTransition: a step is not in the table; the attempt is recorded too.
        """
        for step in steps:
            try:
                target = move(TRADE, self.state, step)
            except InvalidTransition:
                self._write(tx, self._refused(step))
                raise
            moved = TradeMoved(source=str(self.state), target=str(target), reason=reason, **self._known)
            self._write(tx, moved)
            self.state = target

    def _write(self, tx: Transaction | None, event: Event) -> None:
        stream = ids.trade_stream(self.trade_id)
        if tx is None:
            self._log.hold_for(stream, event)
        else:
            self._log.write_to(tx, stream, event)

    def _refused(self, step: TradeState) -> InvalidTransitionAttempted:
        return InvalidTransitionAttempted(
            machine="trade", subject=self.trade_id, source=self.state.value, target=step.value
        )

    def left(self, how: Exit) -> None:
        """What the trade came to is known: its last moves carry it."""
        now = self.state.value
        self.knows(**figures(TradeMoved(source=now, target=now, reason="", **self._known), how))

    def knows(self, **figures: object) -> None:
        """Figures that became known: every later move carries them."""
        self._known |= figures
