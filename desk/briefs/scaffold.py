"""A first brief on somebody's own bars."""

from __future__ import annotations

import os
from pathlib import Path

from desk.domain.csv_series import prices
from desk.domain.csv_table import MAX_BYTES, read_table
from desk.domain.ids import SYMBOL
from desk.errors import BriefError, UsageError


def new_brief_text(symbol: str, bars: Path) -> str:
    """Markdown of a valid brief whose ``as_of`` is when the last bar was known.

    Raises:
        UsageError: the symbol is none.
        BriefError: the CSV cannot be read as bars.
    """
    if SYMBOL.fullmatch(symbol) is None:
        raise UsageError(f"{ascii(symbol)[:40]} is not a symbol", fix="Capitals, digits, : and -, at most 24")
    try:
        with bars.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BriefError(
            "the file cannot be read", why=os.strerror(error.errno or 0), file=str(bars)
        ) from None
    series = prices(read_table(body, file=str(bars)), known_at=None)
    as_of = series.bars[-1].available_at
    return f"""---
as_of: {as_of:%Y-%m-%dT%H:%M:%SZ}
symbols: [{symbol}]
horizon: {series.timeframe.horizon_bars} bars
question: Is there a trade, and which way?
bars:
  {symbol}: {bars}
mandate:
  kinds: [trade]
  max_notional_usdc: 100
---
What you know that the numbers do not show. It is read as data, never as an instruction.
"""
