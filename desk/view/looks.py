"""How everything looks, once: as a style sheet for pages and pictures, as declarations for notebooks.

Colours are variables with a tone between as fallback: where nobody sets them (in a notebook, whose theme is
not known) they can be read on light and on dark. Nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Name of a colour: on light, on dark, and where neither is known.
COLOURS: Final = {
    "ink": ("#1b1530", "#ece8fa", "inherit"),
    "paper": ("#f7f5fd", "#120e1c", "transparent"),
    "card": ("#ffffff", "#1b152c", "transparent"),
    "line": ("#ddd7ee", "#372e52", "rgba(128,118,160,.45)"),
    "dim": ("#5f5679", "#aaa1c8", "#80769a"),
    "brand": ("#5b2bb5", "#bda4ff", "#8d68e0"),
    "good": ("#0b6e45", "#5fd6a3", "#1f9a69"),
    "warn": ("#8a5200", "#f2b75c", "#b9770e"),
    "bad": ("#b3261e", "#ff8f86", "#d9544d"),
    "soft": ("#efeaff", "#2a2145", "rgba(141,104,224,.14)"),
    "track": ("#e7e2f4", "#2f2649", "rgba(128,118,160,.25)"),
    "veil": ("#f1eefa", "#231b38", "rgba(128,118,160,.12)"),
}
#: Colours that lines and fillings have.
TONES: Final = ("good", "bad", "warn", "brand", "dim", "ink")
FONT: Final = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif"


def _colours(which: int) -> str:
    return "".join(f"--desk-{name}:{tones[which]};" for name, tones in COLOURS.items())


def _tone(name: str) -> str:
    return f"var(--desk-{name},{COLOURS[name][2]})"


def _svg(**declared: str) -> str:
    return ";".join(f"{name.replace('_', '-')}:{value}" for name, value in declared.items())


def _text(tone: str, font: str) -> str:
    """Words with a rim of the ground's colour: lines that cross them do not strike them out."""
    rim = {"stroke": _tone("card"), "stroke_width": "3", "paint_order": "stroke"}
    return _svg(fill=_tone(tone), font=f"{font} {FONT}", **rim)


#: What is drawn.
DRAWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ground": _svg(fill=_tone("card"), stroke=_tone("line")),
        "veil": _svg(fill=_tone("veil")),
        "grid": _svg(stroke=_tone("line"), stroke_width="1"),
        "axis": _svg(stroke=_tone("dim"), stroke_width="1"),
        "track": _svg(fill=_tone("track")),
        "label": _text("ink", "13px"),
        "small": _text("dim", "12px"),
        "bad-strong": _text("bad", "600 13px"),
        "strong": _text("ink", "600 13px"),
        "heading": _text("ink", "600 15px"),
        **{f"fill-{name}": _svg(fill=_tone(name)) for name in TONES},
        **{f"line-{name}": _svg(stroke=_tone(name), stroke_width="1.6", fill="none") for name in TONES},
        "line-ground": _svg(stroke=_tone("card"), stroke_width="2", fill="none"),
        # A stroke that leaves the filling alone.
        **{f"line-{name}-edge": _svg(stroke=_tone(name), stroke_width="1.6") for name in TONES},
        "hollow": _svg(fill=_tone("card")),
        "hollow-none": _svg(fill="none"),
        "thick": _svg(stroke_width="2.4"),
        "thin": _svg(stroke_width="1"),
        "dashed": _svg(stroke_dasharray="5 4"),
        "faint": _svg(opacity=".55"),
    }
)
#: What is written.
WRITTEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "root": f"font:15px/1.5 {FONT};color:{_tone('ink')};max-width:64rem;overflow-wrap:anywhere",
        "figure": "margin:0 0 .6rem;max-width:62rem",
        "caption": f"font:14px/1.5 {FONT};color:{_tone('dim')};margin:.35rem 0",
        "picture": "display:block;width:100%;height:auto",
        "wide": "",
        "narrow": "display:none",
        "more": f"font:14px/1.5 {FONT};margin:.2rem 0",
        "summary": f"cursor:pointer;color:{_tone('brand')};padding:.2rem 0",
        "scroll": "overflow-x:auto",
        "table": f"border-collapse:collapse;font:13px/1.45 {FONT};font-variant-numeric:tabular-nums",
        # Cells are many: a notebook's own style sheet does what is missing here.
        "left": "text-align:left",
        "right": "",
        "dim": f"color:{_tone('dim')}",
        "good": f"color:{_tone('good')}",
        "bad": f"color:{_tone('bad')}",
        "warn": f"color:{_tone('warn')}",
        "brand": f"color:{_tone('brand')}",
        "h1": "font-size:1.5rem;line-height:1.2;margin:.2rem 0 .5rem;letter-spacing:-.01em",
        "h2": "font-size:1.05rem;margin:1.2rem 0 .5rem",
        "h3": "font-size:.98rem;margin:0 0 .3rem",
        "p": "margin:.35rem 0",
        "tag": f"display:inline-block;background:{_tone('soft')};border-radius:99px;padding:.05rem .6rem;"
        "font-size:.85rem;font-weight:600",
        "columns": "display:flex;flex-wrap:wrap;gap:.8rem;align-items:stretch;margin:.6rem 0",
        "card": f"flex:1 1 17rem;min-width:0;border:1px solid {_tone('line')};border-radius:12px;"
        f"padding:.8rem 1rem;background:{_tone('card')}",
        "figures": "display:flex;flex-wrap:wrap;gap:.3rem 1.6rem;margin:.5rem 0",
        "figure-name": f"display:block;color:{_tone('dim')};font-size:.8rem",
        "figure-value": "display:block;font-weight:600;font-variant-numeric:tabular-nums",
        "claims": "list-style:none;margin:.3rem 0;padding:0",
        "claim": "display:flex;gap:.55rem;padding:.1rem 0",
        "mark": "flex:none;width:1ch;font-weight:700",
        "fact": f"font-size:.82rem;color:{_tone('brand')};text-decoration:none;white-space:nowrap",
        "quote": f"margin:.5rem 0;padding:.2rem .9rem;border-left:4px solid {_tone('warn')}",
        "code": f"font:12px/1.5 ui-monospace,'DejaVu Sans Mono',monospace;background:{_tone('soft')};"
        "border-radius:4px;padding:.05rem .3rem",
        "block": f"font:13px/1.6 ui-monospace,'DejaVu Sans Mono',monospace;background:{_tone('soft')};"
        "border-radius:8px;padding:.6rem .9rem;margin:.5rem 0;white-space:pre-wrap",
    }
)
LOOKS: Final[Mapping[str, str]] = MappingProxyType({**DRAWN, **WRITTEN})

_DARK: Final = f"@media (prefers-color-scheme:dark){{:root{{{_colours(1)}}}}}"
_ROOT: Final = f":root{{color-scheme:light dark;{_colours(0)}}}{_DARK}"
#: Below this width a page shows the narrow pictures.
NARROW: Final = "40rem"


def _rules(looks: Mapping[str, str]) -> str:
    return "".join(f".d-{name}{{{declared}}}" for name, declared in looks.items() if declared)


#: For a picture that stands alone.
PICTURE_SHEET: Final = _ROOT + _rules(DRAWN)
#: For a page.
PAGE_SHEET: Final = (
    _ROOT
    + "*{box-sizing:border-box}"
    + _rules(LOOKS)
    + f"body{{margin:0;background:{_tone('paper')}}}"
    + "main{padding:1rem;margin:0 auto}"
    + f".d-section{{background:{_tone('card')};border:1px solid {_tone('line')};border-radius:14px;"
    + "padding:1rem 1.1rem;margin:0 0 1rem}.d-section>.d-h2:first-child{margin-top:0}"
    + f".d-table th,.d-table td{{padding:.15rem .8rem .15rem 0;border-top:1px solid {_tone('line')};"
    + "vertical-align:top;overflow-wrap:break-word}.d-table th{border-top:0;font-weight:500}"
    + f".d-table th{{color:{_tone('dim')}}}.d-right{{text-align:right}}"
    + f"tr:target td{{background:{_tone('soft')}}}"
    + f"@media (max-width:{NARROW}){{.d-wide{{display:none}}.d-narrow{{display:block}}main{{padding:.6rem}}"
    + ".d-section{padding:.8rem .7rem}}"
    + "@media print{.d-section{break-inside:avoid}}"
)
