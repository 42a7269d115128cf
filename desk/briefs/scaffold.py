"""A first brief for somebody's own data: valid as it stands, with every other key as a comment."""

from __future__ import annotations

from pathlib import Path

from desk.briefs.reader import label, read_series
from desk.domain.csv_series import prices
from desk.domain.ids import SYMBOL
from desk.domain.stamps import Stamp
from desk.domain.tree import shown
from desk.errors import BriefError

_TEMPLATE = """\
---
as_of: {as_of}
symbols: [{symbol}]
horizon: {horizon}
question: Is there a trade in {symbol}?
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


def new_brief_text(symbol: str, csv_path: str) -> str:
    """Markdown of a brief about these bars, its ``as_of`` the moment the last of them was known.

    Args:
        symbol: of the venue's list, such as ``SPX-PERP``.
        csv_path: as the brief will name it: absolute, or relative to where the brief is put; read from
            the working directory here.

    Raises:
        BriefError: the symbol or the CSV is not usable; the same refusal a brief would get.
    """
    if SYMBOL.fullmatch(symbol) is None:
        raise BriefError(f"{shown(symbol)} is not a symbol", fix="Capitals, digits, : and -, at most 24")
    if not csv_path.isprintable():
        raise BriefError("the name of the CSV holds a control character", fix="Rename the file")
    series = prices(read_series(Path(), csv_path, file=label(csv_path)), known_at=None)
    last = series.bars[-1]
    return _TEMPLATE.format(
        as_of=Stamp(last.available_at, timed=True).text(),
        symbol=symbol,
        horizon=f"up to {series.timeframe.horizon_bars} bars of {series.timeframe}",
        csv="'" + csv_path.replace("'", "''") + "'",
    )
