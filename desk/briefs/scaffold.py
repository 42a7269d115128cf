"""A first brief for somebody's own data: valid as it stands, with every other key as a comment."""

from __future__ import annotations

import re
from pathlib import Path

from desk.briefs.reader import read_series
from desk.domain.csv_series import prices
from desk.domain.ids import SYMBOL
from desk.domain.stamps import Stamp
from desk.domain.tree import shown
from desk.errors import BriefError

#: Symbols and file names that YAML reads as they stand; all others are quoted.
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*")
_TEMPLATE = """\
---
as_of: {as_of}
symbols: [{symbol}]
horizon: {horizon}
question: Is there a trade, and which way?
bars:
  {symbol}: {csv}
mandate:
  kinds: [trade]
  # max_notional_usdc: 300
  # max_loss_usdc: 10
# Macro series: a CSV with a date and one value (credit: two, named aaa and baa). Leave out what you lack.
# macro:
#   vix: {{csv: vix.csv}}
#   credit: {{csv: corporate_yields.csv}}
#   core_cpi: {{csv: core_cpi.csv}}
#   wti: {{csv: wti.csv}}
# events:
#   - {{at: 2016-06-15T18:00:00Z, name: FOMC decision}}
# account: swing
# balance_usdc: 10000
# Bars after as_of, for the paper venue alone:
# tape:
#   {symbol}: tape.csv
---
Write here what the numbers do not say. The desk reads it as a claim, never as an order.
"""


def new_brief_text(symbol: str, bars: Path) -> str:
    """Markdown of a brief about these bars, its ``as_of`` the moment the last of them was known.

    Args:
        symbol: of the venue's list, such as ``SPX-PERP``.
        bars: the CSV as the brief will name it: absolute, or relative to where the brief is put; read
            from the working directory here.

    Raises:
        BriefError: the symbol or the CSV is not usable; the same refusal a brief would get.
    """
    if SYMBOL.fullmatch(symbol) is None:
        raise BriefError(f"{shown(symbol)} is not a symbol", fix="Capitals, digits, : and -, at most 24")
    name = str(bars)
    if not name.isprintable():
        raise BriefError("the name of the CSV holds a control character", fix="Rename the file")
    series = prices(read_series(Path(), name, file=name), known_at=None)
    last = series.bars[-1]
    return _TEMPLATE.format(
        as_of=Stamp(last.available_at, timed=True).text(),
        symbol=_quoted(symbol),
        horizon=f"up to {series.timeframe.horizon_bars} bars of {series.timeframe}",
        csv=_quoted(name),
    )


def _quoted(word: str) -> str:
    """As YAML reads it back: single quotes, doubled inside."""
    return word if _PLAIN.fullmatch(word) else "'" + word.replace("'", "''") + "'"
