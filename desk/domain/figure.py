"""A figure: what becomes a numbered fact when it could be computed, and a missing one when it could not."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from desk.domain.dossier import Fact, Missing
from desk.domain.money import significant


class Figure(Struct, frozen=True, kw_only=True):
    """``value`` None means it could not be had, for ``reason``. ``at`` is when its data were known."""

    name: str
    unit: str
    value: Decimal | None
    reason: str = ""
    proxy: bool = False


class Sheet(Struct, frozen=True, kw_only=True):
    """Figures of one subject: a market, a macro series or the account."""

    subject: str
    timeframe: str
    as_of: datetime
    source: str
    figures: tuple[Figure, ...]

    def facts(self, first: int) -> list[Fact]:
        """The figures that have a value, numbered from ``first``, at 8 significant digits."""
        known = [figure for figure in self.figures if figure.value is not None]
        return [self._fact(figure, f"F{number}") for number, figure in enumerate(known, start=first)]

    def _fact(self, figure: Figure, fact_id: str) -> Fact:
        assert figure.value is not None
        return Fact(
            id=fact_id,
            name=figure.name,
            symbol=self.subject,
            timeframe=self.timeframe,
            value=significant(figure.value),
            unit=figure.unit,
            as_of=self.as_of,
            source=self.source,
            proxy=figure.proxy,
        )

    def missing(self) -> list[Missing]:
        return [
            Missing(name=figure.name, symbol=self.subject, reason=figure.reason)
            for figure in self.figures
            if figure.value is None
        ]
